import pytest

from classblocks.study import StudyError
from classblocks.study.importing import import_predictions


def test_classes_follow_from_the_file(tmp_path, write):
    file = write("p.csv", "true,pred\nbee,ant\nant,cat\n")
    study = import_predictions(tmp_path / "a", "r", file).study
    assert study.classes.names == ("ant", "bee", "cat")
    assert study.results["r"].pred.tolist() == [0, 2]
    file = write("p.csv", "true,pred\n0,3\n1,0\n")
    assert import_predictions(tmp_path / "b", "r", file).study.classes.names == tuple(
        f"class {i}" for i in range(4)
    )


CLASSES = {
    "c.txt": "ant, formic\nbee\n",
    "c.tsv": "label\twnid\tname\n1\tn02206856\tbee\n0\tn02219486\tant, formic\n",
    "c.csv": 'name,key\n"ant, formic",n02219486\nbee,n02206856\n',
}


@pytest.mark.parametrize("name", CLASSES)
def test_class_files(tmp_path, name, write):
    classes = write(name, CLASSES[name])
    rows = "0,1\n1,1\n" if name == "c.txt" else "n02219486,n02206856\nbee,bee\n"
    file = write("p.csv", "true,pred\n" + rows)
    study = import_predictions(tmp_path / "s", "r", file, classes_file=classes).study
    assert study.classes.names == ("ant, formic", "bee")
    assert study.classes.keys[1] == ("" if name == "c.txt" else "n02206856")
    assert study.results["r"].true.tolist() == [0, 1]
    assert study.results["r"].pred.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("c.txt", "\n\n", "c.txt is empty"),
        ("c.txt", "a\nb\na\n", "c.txt: classes 0 and 2 share the name 'a'"),
        ("c.csv", "title\na\n", "column name missing; found title"),
        ("c.csv", "name,key\na\n", "c.csv, line 2: expected 2 values"),
        (
            "c.tsv",
            "label\tname\n0\ta\n2\tb\n",
            "row 1: class number '2' is repeated or",
        ),
        ("c.tsv", "label\tname\nx\ta\n", "row 0: class number 'x'"),
    ],
)
def test_bad_class_files(tmp_path, name, text, words, write):
    classes = write(name, text)
    file = write("p.csv", "true,pred\n0,0\n")
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, classes_file=classes)


def test_other_classes_than_those_of_the_study(tmp_path, write):
    file = write("p.csv", "true,pred\n0,0\n")
    classes = write("c.txt", "a\nb\n")
    import_predictions(tmp_path / "s", "r", file, classes_file=classes)
    write(classes, "a\nc\n")
    with pytest.raises(StudyError, match="2 classes that are not the 2 of the study"):
        import_predictions(tmp_path / "s", "q", file, classes_file=classes)
