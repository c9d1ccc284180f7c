import pytest

from classblocks.core.build import Draft, arrange
from classblocks.core.hierarchy import Hierarchy


def shape(tree, node=0):
    """Nested tuples of names, for comparison by eye."""
    below = tree.children(node).tolist()
    return (tree.name[node], *(shape(tree, v) for v in below)) if below else tree.name[node]


def test_all_forms_of_nesting_give_one_tree():
    names = ["cat", "dog", "oak"]
    expected = ("all", ("animal", "cat", "dog"), ("plant", "oak"))
    forms = [
        {"animal": ["cat", "dog"], "plant": ["oak"]},
        {"animal": {"cat": None, "dog": None}, "plant": "oak"},
        {"animal": [0, 1], "plant": {"oak": 2}},
        [{"animal": ["cat", "dog"]}, {"plant": ["oak"]}],
        {
            "name": "all",
            "children": [
                {"name": "animal", "children": [{"name": "cat"}, {"name": "dog", "class": 1}]},
                {"name": "plant", "children": ["oak"]},
            ],
        },
    ]
    for form in forms:
        tree = Hierarchy.from_nested(form, names)
        assert shape(tree) == expected
        assert tree.class_of_leaf.tolist() == [0, 1, 2]


def test_groups_are_named_by_the_first_synonym():
    tree = Hierarchy.from_nested(
        [["goldfish, Carassius auratus", "eel"], [", odd"]],
        ["goldfish, Carassius auratus", "eel", ", odd"],
    )
    assert [tree.name[v] for v in tree.children(0)] == ["goldfish + 1", ", odd"]


def test_nameless_groups_are_named_after_their_first_class():
    tree = Hierarchy.from_nested([["cat", "dog", "fox"], ["oak"]], ["cat", "dog", "fox", "oak"])
    assert shape(tree) == ("all", ("cat + 2", "cat", "dog", "fox"), ("oak", "oak"))


def test_one_class_alone_gets_a_root():
    assert shape(Hierarchy.from_nested("cat", ["cat"])) == ("all", "cat")
    assert shape(Hierarchy.from_paths(["cat"])) == ("all", "cat")
    assert shape(Hierarchy.flat(["cat"])) == ("all", "cat")


def test_classes_of_one_name_are_given_by_id():
    names = ["crane", "crane", "owl"]
    tree = Hierarchy.from_nested({"bird": [{"name": "crane", "class": 1}, "owl"], "m": [0]}, names)
    assert tree.class_of_leaf.tolist() == [1, 2, 0]
    assert tree.name[-1] == "crane"
    with pytest.raises(ValueError, match="leaf 'crane' names classes 0 and 1; give the class id"):
        Hierarchy.from_nested(names, names)


@pytest.mark.parametrize(
    ("nested", "message"),
    [
        ({"a": ["0", "1"], "b": ["0"]}, r"class 0 is on two leaves, all/a/0 and all/b/0"),
        ({"a": ["0"]}, "1 of 2 classes missing: 1"),
        (["0", "1", "2"], "leaf '2' is not one of the 2 classes"),
        (["0", "1", 7], "expected classes 0 to 1, got 7"),
        ({"a": ["0", "1"], "b": []}, "no class below the inner node 'b'"),
        ({"a": ["0", "1"], "b": {}}, "no class below the inner node 'b'"),
        (["0", "1", 0.5], "expected a name, list or object, got float"),
        (["0", "1", True], "expected a name, list or object, got bool"),
        (["0", {"name": "1", "class": "1"}], "expected a class id on leaf '1', got '1'"),
        ({"name": "r", "children": {"0": None}}, "expected a list of children of 'r', got dict"),
    ],
)
def test_bad_nesting(nested, message):
    with pytest.raises(ValueError, match=message):
        Hierarchy.from_nested(nested, ["0", "1"])


def test_an_object_that_contains_itself():
    loop = {"a": ["0"]}
    loop["b"] = loop
    with pytest.raises(ValueError, match="the same object twice, at or below 'b'"):
        Hierarchy.from_nested(loop, ["0"])


def test_no_class_at_all():
    for make in (lambda: Hierarchy.flat([]), lambda: Hierarchy.from_paths([])):
        with pytest.raises(ValueError, match="expected at least one class, got none"):
            make()


def test_paths_as_strings_and_lists():
    tree = Hierarchy.from_paths(["animal/dog", ["plant", "oak/tree"], "/animal/cat"])
    assert shape(tree) == ("all", ("animal", "dog", "cat"), ("plant", "oak/tree"))
    assert tree.class_of_leaf.tolist() == [0, 2, 1]


def test_paths_with_one_first_name_take_it_as_the_root():
    assert shape(Hierarchy.from_paths(["r/a/x", "r/y"])) == ("r", ("a", "x"), "y")


def test_a_path_that_is_also_a_group_gets_a_leaf_in_it():
    tree = Hierarchy.from_paths(["a/dog", "a/dog/pug", "b"])
    assert shape(tree) == ("all", ("a", ("dog", "dog", "pug")), "b")


def test_two_classes_of_one_path_are_two_leaves():
    tree = Hierarchy.from_paths(["bird/crane", "bird/crane"])
    assert shape(tree) == ("bird", "crane", "crane")
    assert tree.class_of_leaf.tolist() == [0, 1]


@pytest.mark.parametrize("path", ["", "a//x", [], ["a", " "]])
def test_empty_names_in_paths(path):
    with pytest.raises(ValueError, match="empty name in the path of class 1"):
        Hierarchy.from_paths(["ok/x", path])


def test_child_parent_rows():
    rows = [("x", "a"), ("a", "r"), ("r", ""), ("y", "a"), ("z", "r")]
    tree = Hierarchy.from_parents(rows, ["z", "y", "x"])
    assert shape(tree) == ("r", ("a", "x", "y"), "z")
    assert tree.class_of_leaf.tolist() == [2, 1, 0]


def test_a_class_with_children_gets_a_leaf_of_its_own():
    tree = Hierarchy.from_parents(
        [("pug", "dog"), ("dog", "all"), ("cat", "all")], ["dog", "pug", "cat"]
    )
    assert shape(tree) == ("all", ("dog", "pug", "dog"), "cat")
    assert tree.class_of_leaf.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("x", "a"), ("a", "b"), ("b", "a"), ("y", "r")], "cycle a → b → a|cycle x → a → b → a"),
        ([("x", "a"), ("y", "b")], "expected one root, got 2: 'a', 'b'"),
        ([("x", "a"), ("x", "b"), ("y", "a")], r"class 'x' is below both 'a' and 'b' \(row 1\)"),
        ([("x", "a"), ("y", "a"), ("a", "r"), ("a", "q")], r"node 'a' is below both 'r' and 'q'"),
        ([("x", "a")], "1 of 2 classes are in no row, first 'y'"),
        ([("x", "a"), ("y", "a"), ("z", "a")], "no class below the inner node 'z'"),
        ([("x", "a", "b")], "expected \\(child, parent\\) in row 0"),
        ([("", "a")], "expected \\(child, parent\\) in row 0"),
    ],
)
def test_bad_rows(rows, message):
    with pytest.raises(ValueError, match=message):
        Hierarchy.from_parents(rows, ["x", "y"])


def test_a_cycle_without_any_root():
    with pytest.raises(ValueError, match="cycle x → y → x"):
        Hierarchy.from_parents([("x", "y"), ("y", "x")], ["x", "y"])


def test_a_long_cycle_is_shortened():
    rows = [(str(i), str((i + 1) % 50)) for i in range(50)]
    with pytest.raises(ValueError, match="cycle 0 → 1 → 2 → 3 → 4 → … → 0"):
        Hierarchy.from_parents(rows, ["0"])


def test_repeated_class_names_in_rows():
    with pytest.raises(ValueError, match="classes: 'x' occurs twice"):
        Hierarchy.from_parents([("x", "r")], ["x", "x"])


def test_drafts_that_cannot_come_from_files():
    lone = Draft()
    lone.add("x", -1, 0)
    with pytest.raises(ValueError, match="expected a node above class 0"):
        arrange(lone, 1)
    parent = Draft()
    parent.add("r", -1)
    parent.add("x", 0, 0)
    parent.add("y", 1, 1)
    with pytest.raises(ValueError, match=r"class 0 \('x'\) has children"):
        arrange(parent, 2)
