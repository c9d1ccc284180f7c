import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classblocks.study import StudyError
from classblocks.study.importing import import_predictions

NAMES = ["ant", "bee", "cat"]
COUNTS = np.array([[5, 2, 0], [1, 7, 3], [0, 0, 4]])


def cells():
    return [(NAMES[i], NAMES[j], int(COUNTS[i, j])) for i in range(3) for j in range(3)]


def csv_of(header, rows, before=""):
    return "\n".join([header, *(before + ",".join(map(str, row)) for row in rows)]) + "\n"


def counts_of(imported):
    counted = imported.study.confusion("r")
    order = [imported.study.classes.names.index(name) for name in NAMES]
    return counted[np.ix_(order, order)]


@pytest.mark.parametrize(
    "header", ["true,pred,count", "actual,observed,count", "Ground Truth,Prediction,Count"]
)
def test_a_table_of_counts_is_as_many_samples(tmp_path, header):
    file = tmp_path / "counts.csv"
    file.write_text(csv_of(header, cells()))
    imported = import_predictions(tmp_path / "study", "r", file)
    assert imported.ignored_columns == ()
    assert imported.result.n_samples == COUNTS.sum()
    np.testing.assert_array_equal(counts_of(imported), COUNTS)


def test_an_unnamed_column_of_row_numbers_is_left_out(tmp_path):
    file = tmp_path / "counts.csv"
    file.write_text(csv_of(",Ground Truth,Prediction,Count", cells(), before="193,"))
    imported = import_predictions(tmp_path / "study", "r", file)
    assert imported.ignored_columns == ()
    np.testing.assert_array_equal(counts_of(imported), COUNTS)


def test_ids_and_splits_in_parquet(tmp_path):
    true, pred = np.nonzero(COUNTS)
    split = ["val", "test"] * 3
    table = {"true": true, "pred": pred, "count": COUNTS[true, pred], "split": split}
    pq.write_table(pa.table(table), tmp_path / "counts.parquet")
    imported = import_predictions(tmp_path / "study", "r", tmp_path / "counts.parquet")
    np.testing.assert_array_equal(imported.study.confusion("r"), COUNTS)
    splits = np.array(imported.study.samples.split.to_pylist())[imported.result.sample]
    for i, j, name in zip(true, pred, split, strict=True):
        of_cell = splits[(imported.result.true == i) & (imported.result.pred == j)]
        assert set(of_cell.tolist()) == {name}


def test_count_beside_facts_about_samples_is_no_number_of_samples(tmp_path):
    file = tmp_path / "samples.csv"
    file.write_text("true,pred,p_pred,count\nant,ant,0.5,7\nbee,ant,0.25,9\n")
    imported = import_predictions(tmp_path / "study", "r", file)
    assert imported.result.n_samples == 2
    assert imported.ignored_columns == ("count",)


@pytest.mark.parametrize("wrapped", [True, False])
def test_json_of_labels_with_groups(tmp_path, wrapped):
    label = {"ant": "root:insect:ant", "bee": "root:insect:bee", "cat": "root:cat"}
    rows = [{"actual": [label[t]], "observed": [label[p]], "count": n} for t, p, n in cells()]
    file = tmp_path / "counts.json"
    file.write_text(json.dumps({"data": {"values": rows}} if wrapped else rows))
    imported = import_predictions(tmp_path / "study", "r", file)
    np.testing.assert_array_equal(counts_of(imported), COUNTS)
    assert imported.hierarchy == "given"
    tree = imported.study.hierarchies["given"]
    assert sorted(tree.name) == ["all", "ant", "bee", "cat", "insect"]
    assert tree.path(tree.name.index("bee"))[-2:] == ("insect", "bee")


def test_labels_without_groups_give_a_derived_hierarchy(tmp_path):
    rows = [{"actual": f"root:{t}", "observed": f"root:{p}", "count": n} for t, p, n in cells()]
    file = tmp_path / "counts.json"
    file.write_text(json.dumps(rows))
    imported = import_predictions(tmp_path / "study", "r", file)
    assert imported.hierarchy == "derived"
    assert sorted(imported.study.classes.names) == NAMES


def test_classes_of_one_name_in_two_groups_keep_both_parts(tmp_path):
    labels = ["sea:seal", "office:seal", "office:pen"]
    rows = [{"actual": [a], "observed": [b], "count": 1} for a in labels for b in labels]
    file = tmp_path / "counts.json"
    file.write_text(json.dumps(rows))
    study = import_predictions(tmp_path / "study", "r", file).study
    assert sorted(study.classes.names) == ["office:seal", "pen", "sea:seal"]


def test_a_second_table_of_the_same_samples_joins_the_first(tmp_path):
    csv = tmp_path / "a.csv"
    csv.write_text(csv_of("true,pred,count", cells()))
    import_predictions(tmp_path / "study", "a", csv)
    other = [["bee", "ant", 9], ["cat", "bee", 4], ["ant", "ant", 7], ["bee", "cat", 2]]
    rows = [{"actual": [f"all:g:{t}"], "observed": [f"all:g:{p}"], "count": n} for t, p, n in other]
    file = tmp_path / "b.json"
    file.write_text(json.dumps(rows))
    again = import_predictions(tmp_path / "study", "b", file)
    assert again.hierarchy is None
    np.testing.assert_array_equal(again.study.confusion("b"), [[7, 0, 0], [9, 0, 2], [0, 4, 0]])
    with pytest.raises(StudyError, match="true"):
        fewer = tmp_path / "c.csv"
        fewer.write_text(csv_of("true,pred,count", [("ant", "bee", 8), ("cat", "cat", 14)]))
        import_predictions(tmp_path / "study", "c", fewer)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("true,pred,count\nant,bee,-1\n", "count: -1 in row 0 is no number of samples"),
        ("true,pred,count\nant,bee,1\nant,ant,0.5\n", "count: 0.5 in row 1"),
        ("true,pred,count\nant,bee,many\n", "count: expected whole numbers, got \\['many'\\]"),
        ("true,pred,count\nant,bee,2000000000\nant,ant,2000000000\n", "4,000,000,000 samples"),
        ("true,pred,count\nant,bee,\n", "count: nothing in row 0"),
    ],
)
def test_bad_counts(tmp_path, text, words):
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ('{"a": 1}', "expected a list of confusions"),
        ('[{"actual": ["a"], "count": 1}]', "expected objects with actual, observed and count"),
        (
            '[{"actual": ["a:b", "c:d"], "observed": ["a:b", "c:e"], "count": 1}]',
            "actual in row 0 has 2 labels",
        ),
        ('[{"actual": ["a::b"], "observed": ["a:b"], "count": 1}]', "actual in row 0 is no label"),
        ('[{"actual": ["a"], "observed": [3], "count": 1}]', "observed in row 0 is no label: 3"),
        ('[{"actual": ["a"], "observed": ["a"], "count": 1.5}]', "1.5 in row 0 is no number"),
        ('[{"actual": ["a"], "observed": ["a"], "count": true}]', "True in row 0 is no number"),
    ],
)
def test_bad_json(tmp_path, content, words):
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()
