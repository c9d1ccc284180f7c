import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import confusion_matrix

import classblocks.study as cs
from classblocks.study import StudyError
from classblocks.study.importing import import_predictions

NAMES = ["ant", "bee", "cat", "dog"]


def frame_of(table, names=None):
    frame = pd.DataFrame({k: v for k, v in table.items() if np.ndim(v) == 1})
    for rank in range(3):
        frame[f"topk_class_{rank}"] = table["topk_class"][:, rank]
        frame[f"topk_prob_{rank}"] = table["topk_prob"][:, rank]
    if names is not None:
        for column in ["true", "pred", "topk_class_0", "topk_class_1", "topk_class_2"]:
            frame[column] = np.array(names)[frame[column]]
    return frame


def saved(folder, table, form):
    path = folder / f"p.{form.removeprefix('names ')}"
    names = NAMES if form.startswith("names ") else None
    if form.endswith("csv"):
        frame_of(table, names).to_csv(path, index=False)
    elif form == "csv.gz":
        frame_of(table).to_csv(path, index=False, compression="gzip")
    elif form == "tsv":
        frame_of(table).to_csv(path, index=False, sep="\t")
    elif form == "npz":
        np.savez(path, **{k: v for k, v in table.items() if k != "probabilities"})
    else:
        lists = {k: list(table[k]) for k in ("topk_class", "topk_prob")}
        columns = {k: v for k, v in table.items() if np.ndim(v) == 1}
        if names is not None:
            columns["true"] = pd.Categorical.from_codes(columns["true"], names)
            columns["pred"] = pd.Categorical.from_codes(columns["pred"], names)
            lists["topk_class"] = [[names[i] for i in row] for row in table["topk_class"]]
        pd.DataFrame({**columns, **lists}).to_parquet(path)
    return path


@pytest.mark.parametrize(
    "form", ["csv", "names csv", "csv.gz", "tsv", "npz", "parquet", "names parquet"]
)
def test_every_form_gives_the_same_result(tmp_path, table, form, write):
    classes = write("classes.txt", "\n".join(NAMES) + "\n\n")
    file = saved(tmp_path, table, form)
    done = import_predictions(
        tmp_path / "study", "r", file, classes_file=classes, model="net", epoch=3
    )
    assert done.ignored_columns == ()
    study = cs.open(tmp_path / "study")
    result = study.results["r"]
    assert study.classes.names == tuple(NAMES)
    assert result.coordinates == cs.Coordinates("net", 3, None, None, "val")
    assert result.has_probabilities
    assert result.has_rank
    for name in ("sample_id", "true", "pred", "true_rank", "topk_class"):
        np.testing.assert_array_equal(getattr(result, name), table[name])
    for name in ("p_pred", "p_true", "topk_prob"):
        np.testing.assert_allclose(getattr(result, name), table[name], rtol=1e-6)
    np.testing.assert_array_equal(
        study.confusion("r"), confusion_matrix(table["true"], table["pred"])
    )
    assert study.default_hierarchy == done.hierarchy == "derived"
    assert sorted(study.hierarchies["derived"].class_of_leaf) == [0, 1, 2, 3]
    assert result.provenance["imported"]["file"] == file.name


@pytest.mark.parametrize("form", ["npz", "parquet", "parquet lists"])
def test_probabilities_say_everything(tmp_path, table, form):
    kept = {"true": table["true"], "probabilities": table["probabilities"]}
    path = tmp_path / f"p.{form.split()[0]}"
    if form == "npz":
        np.savez(path, **kept)
    else:
        flat = pa.array(table["probabilities"].reshape(-1))
        lists = (
            pa.FixedSizeListArray.from_arrays(flat, 4)
            if form == "parquet"
            else pa.array(table["probabilities"].tolist())
        )
        pq.write_table(pa.table({"true": table["true"], "probabilities": lists}), path)
    result = import_predictions(tmp_path / "study", "r", path).result
    assert cs.open(tmp_path / "study").classes.names[3] == "class 3"
    np.testing.assert_array_equal(result.pred, table["pred"])
    np.testing.assert_array_equal(result.true_rank, table["true_rank"])
    np.testing.assert_allclose(result.p_true, table["p_true"], rtol=1e-6)


@pytest.mark.parametrize("form", ["npz", "npz with more", "parquet lists"])
def test_logits_say_everything(tmp_path, table, form, probabilities_file):
    logits = np.log(table["probabilities"]) + np.arange(50)[:, None]
    path = tmp_path / f"p.{form.split()[0]}"
    if form == "npz with more":
        np.savez(path, **{**table, "logits": logits})
    elif form == "npz":
        np.savez(path, true=table["true"], logits=logits)
    else:
        rows = {"true": table["true"], "logits": pa.array(logits.tolist())}
        pq.write_table(pa.table(rows), path)
    done = import_predictions(tmp_path / "study", "r", path)
    assert ("probabilities" in done.ignored_columns) == (form == "npz with more")
    np.testing.assert_array_equal(done.result.pred, table["pred"])
    np.testing.assert_allclose(done.result.p_true, table["p_true"], rtol=1e-4)
    logs = np.log(table["probabilities"])
    expected = np.corrcoef((logs - logs.mean(axis=1, keepdims=True)).T)
    np.testing.assert_allclose(done.result.logits.correlation(), expected, atol=1e-4)
    again = import_predictions(tmp_path / "study", "p", probabilities_file).result
    np.testing.assert_allclose(again.logits.correlation(), expected, atol=1e-5)


def test_gaps_are_unknown(tmp_path, write):
    file = write("p.csv", "true,pred,p_pred,true_rank\n0,1,,\n1,1,0.5,0\n")
    result = import_predictions(tmp_path / "s", "r", file).result
    np.testing.assert_array_equal(result.p_pred, np.array([np.nan, 0.5], np.float32))
    assert result.true_rank.tolist() == [-1, 0]
    assert not result.has_rank


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.csv", "pred,p\n1,2\n", "p.csv: column true missing; found pred, p"),
        (
            "p.csv",
            "true,p\n1,2\n",
            r"column pred \(or probabilities, logits\) missing; found true, p",
        ),
        ("p.csv", "true,pred\n1,2\n\n1,2,3\n", "p.csv, line 4: expected 2 values as in .*, got 3"),
        ("p.csv", "true,pred\n1,2\n1\n", "line 3: expected 2 values as in the header, got 1"),
        ("p.csv", 'true,pred\n"a\nb",2\n1\n', "line 4: expected 2 values"),
        ("p.csv", "", "p.csv is empty"),
        ("p.csv", "true,pred\n", "no rows that would tell the classes"),
        ("p.csv", "true,true,pred\n1,1,1\n", "column 'true' occurs twice"),
        ("p.csv", "true,pred\na,b\na,\n", "pred: no class in row 1"),
        ("p.csv", "true,pred,p_pred\n0,1,high\n", "p_pred: expected numbers.*'high' in row 0"),
        (
            "p.csv",
            "true,pred,p_pred\n0,1,0.5\n0,1,2\n",
            "p_pred: .*got 2 in row 1",
        ),
        ("p.csv", "true,pred,sample_id\n0,1,a\n", "sample_id: expected whole numbers, got 'a'"),
        ("p.csv", "true,pred,sample_id\n0,1,1\n0,1,\n", "sample_id: nothing in row 1"),
        ("p.csv", "true,pred,sample_id\n0,1,1\n0,1,1\n", "sample id 1 occurs twice: rows 0 and 1"),
        ("p.csv", "true,pred\n0,123456789012\n", "class ids up to 123456789012: name the classes"),
        ("p.csv", "true,pred\n0,-1\n", "pred: expected class ids 0 to 0, got -1 in row 0"),
        ("p.tsv", "true,pred\n0,1\n", "column true missing; found true,pred"),
        ("p.txt", "true,pred\n0,1\n", r"expected .csv, .tsv"),
        ("p.npz", "PK", "is not a complete NPZ file"),
        ("p.parquet", "PAR1", "is not complete Parquet"),
    ],
)
def test_bad_files(tmp_path, name, text, words, write):
    file = write(name, text)
    with pytest.raises(ValueError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()


def test_bad_text_and_bad_archives(tmp_path):
    file = tmp_path / "p.csv"
    file.write_bytes(b"true,pred\n\xff\xfe,a\n")
    with pytest.raises(StudyError, match=r"p.csv is not UTF-8 text: .* at byte 10"):
        import_predictions(tmp_path / "study", "r", file)
    file = tmp_path / "p.csv.gz"
    file.write_bytes(gzip.compress(b"true,pred\n" + b"0,1\n" * 10_000)[:40])
    with pytest.raises(StudyError, match=r"p.csv.gz"):
        import_predictions(tmp_path / "study", "r", file)
    file = tmp_path / "p.npz"
    np.savez(file, true=np.array([print], object), pred=[0])
    with pytest.raises(StudyError, match="array 'true' holds Python objects"):
        import_predictions(tmp_path / "study", "r", file)
    np.savez(file, true=[0, 1], pred=[0])
    with pytest.raises(StudyError, match="pred has 1 rows, true has 2"):
        import_predictions(tmp_path / "study", "r", file)
    with pytest.raises(StudyError, match="no such file"):
        import_predictions(tmp_path / "study", "r", tmp_path / "none.csv")


def test_parquet_lists_of_unequal_length(tmp_path):
    file = tmp_path / "p.parquet"
    columns = {"true": [0, 1], "pred": [0, 1], "topk_class": [[0, 1], [1]]}
    pq.write_table(pa.table(columns), file)
    with pytest.raises(StudyError, match="topk_class: 1 values in row 1, 2 in row 0"):
        import_predictions(tmp_path / "study", "r", file)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([1e30, 2]), r"sample_id: .* got 1e\+30 in row 0"),
        (np.array([2, np.inf]), "sample_id: .* got inf in row 1"),
        (np.array([3, 2**63 + 5], np.uint64), "sample_id: .* got 9223372036854775813 in row 1"),
    ],
)
def test_ids_that_do_not_fit_are_refused(tmp_path, values, words):
    file = tmp_path / "p.parquet"
    pq.write_table(pa.table({"sample_id": values, "true": [0, 1], "pred": [1, 1]}), file)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "study", "r", file)
    assert not (tmp_path / "study").exists()


def test_a_probability_beyond_float32_is_refused_without_a_warning(tmp_path, write):
    file = write("p.csv", "true,pred,p_pred\n0,1,1e300\n")
    with pytest.raises(StudyError, match="p_pred: expected 0 to 1, got inf in row 0"):
        import_predictions(tmp_path / "study", "r", file)


def test_a_single_value_is_no_column(tmp_path):
    np.savez(tmp_path / "p.npz", true=np.array(3), pred=np.array(3))
    with pytest.raises(StudyError, match="true is a single value"):
        import_predictions(tmp_path / "study", "r", tmp_path / "p.npz")


def test_numbers_beside_names_are_names(tmp_path, write):
    names = write("names.txt", "10\n2\nother\n")
    file = write("p.csv", "true,pred,topk_class_0\n10,2,2\nother,10,10\n")
    result = import_predictions(tmp_path / "study", "r", file, classes_file=names).result
    assert result.true.tolist() == [0, 2]
    assert result.pred.tolist() == [1, 0]
    assert result.topk_class[:, 0].tolist() == [1, 0]


def test_numbers_that_are_names_of_other_classes_are_refused(tmp_path, write):
    names = write("names.txt", "0\n1\n10\n2\n")
    file = write("p.csv", "true,pred\n0,1\n2,1\n")
    with pytest.raises(StudyError, match="2 can mean class id 2 or the class named '2'"):
        import_predictions(tmp_path / "study", "r", file, classes_file=names)
    np.savez(tmp_path / "p.npz", true=[0, 2], pred=[1, 1])
    result = import_predictions(
        tmp_path / "study", "r", tmp_path / "p.npz", classes_file=names
    ).result
    assert result.true.tolist() == [0, 2]


def test_ids_beside_names_need_the_classes(tmp_path, write):
    file = tmp_path / "p.parquet"
    pq.write_table(pa.table({"true": ["bee", "ant"], "pred": [1, 0]}), file)
    with pytest.raises(StudyError, match="pred holds class ids, other columns names"):
        import_predictions(tmp_path / "study", "r", file)
    names = write("names.txt", "\n".join(NAMES))
    result = import_predictions(tmp_path / "study", "r", file, classes_file=names).result
    assert (result.true.tolist(), result.pred.tolist()) == ([1, 0], [1, 0])


def test_no_rows_of_probabilities(tmp_path, write):
    file = tmp_path / "p.parquet"
    empty = {
        "true": pa.array([], pa.int64()),
        "probabilities": pa.array([], pa.list_(pa.float64())),
    }
    pq.write_table(pa.table(empty), file)
    names = write("names.txt", "\n".join(NAMES))
    study = import_predictions(tmp_path / "study", "r", file, classes_file=names).study
    assert not study.confusion("r").any()
