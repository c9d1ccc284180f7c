import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.study.format import Classes, Coordinates, StudyError, check_name, partial_directory


@pytest.mark.parametrize("name", ["r", "epoch 3", "net@90", "a.b-c+d=e_f", "Größe", "x" * 128])
def test_good_names_are_kept(name):
    assert check_name(name, "result") == name


HOSTILE = [
    "",
    ".",
    "..",
    ".a",
    "a/b",
    "/a",
    "a\\b",
    "a\n",
    "a\0b",
    " a",
    "a ",
    "-rf",
    "a:b",
    "~",
    "*",
]


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 129, "é" * 127, None, 3])
def test_hostile_names_are_refused(name):
    with pytest.raises(StudyError, match="result name"):
        check_name(name, "result")


@given(st.text(max_size=200))
def test_no_allowed_name_leaves_the_folder(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp()
    try:
        check_name(name, "result")
    except StudyError:
        return
    for path in (root / name, partial_directory(root, name)):
        assert path.resolve().is_relative_to(root.resolve())
        assert len(path.name.encode()) <= 255
    assert (root / name).parent == root


def test_coordinates_sort_by_epoch_and_by_numbers_in_layer_names():
    unsorted = [
        Coordinates("m", 10, "conv2"),
        Coordinates("m", 2, "conv10"),
        Coordinates("m", 2, "conv2"),
        Coordinates("m", None),
        Coordinates(None, 5),
        Coordinates("m", 2, None, "grey"),
        Coordinates("m", 2.5),
    ]
    ordered = sorted(unsorted, key=lambda c: c.sort_key("r"))
    assert [unsorted.index(c) for c in ordered] == [4, 3, 5, 2, 1, 6, 0]
    assert Coordinates().sort_key("r2") < Coordinates().sort_key("r10")


@pytest.mark.parametrize("epoch", [float("nan"), float("inf"), "3", True])
def test_epochs_are_finite_numbers(epoch):
    with pytest.raises(StudyError, match="epoch"):
        Coordinates(epoch=epoch)


def test_classes_are_found_by_name_and_key():
    classes = Classes.of([("crane", "n02012849"), ("crane", "n03126707"), ("jay", "n01580077")])
    assert len(classes) == 3
    assert classes.id_of["n03126707"] == 1
    assert classes.id_of["jay"] == 2
    assert "crane" not in classes.id_of
    assert Classes.of(["a", "b"]).id_of == {"a": 0, "b": 1}


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([], "at least one"),
        ("abc", "sequence of names"),
        (["a", "b", "a"], "classes 0 and 2 share the name 'a'"),
        ([("a", "k"), ("b", "k")], "classes 0 and 1 share the key 'k'"),
        (["a", ""], "class 1 has an empty name"),
        ([("a", "b", "c")], "class 0: expected a name or a pair"),
    ],
)
def test_bad_classes_are_named(classes, words):
    with pytest.raises(StudyError, match=words):
        Classes.of(classes)
