import json
import shutil

import numpy as np
import pytest

import classblocks.study as cs
from classblocks.study import StudyError
from classblocks.study.check import check
from classblocks.study.hierarchies import tree_hash
from classblocks.study.importing import import_predictions

PAIRS = {
    "name": "root",
    "children": [
        {"name": "g", "children": [{"name": "class 0"}, {"name": "class 2"}]},
        {"name": "h", "children": [{"name": "class 1"}, {"name": "class 3"}]},
    ],
}


@pytest.mark.parametrize("column", ["probabilities", "logits"])
def test_an_import_is_ranked_by_distance_too(tmp_path, table, column):
    p = table["probabilities"].astype(np.float64)
    values = p if column == "probabilities" else np.log(p) + 3
    path = tmp_path / "p.npz"
    np.savez(path, true=table["true"], sample_id=table["sample_id"], **{column: values})
    (tmp_path / "pairs.json").write_text(json.dumps(PAIRS))
    done = import_predictions(
        tmp_path / "study", "r", path, hierarchy=tmp_path / "pairs.json", crm="pairs", epoch=2
    )
    distance = np.array([[0, 2, 1, 2], [2, 0, 2, 1], [1, 2, 0, 2], [2, 1, 2, 0]])
    order = np.argsort(np.round(p @ distance, 6), axis=1, kind="stable")
    assert list(done.study.results) == ["r", "r-crm"]
    assert done.reranked.coordinates == cs.Coordinates("r + crm", 2, None, None, "val")
    np.testing.assert_array_equal(done.reranked.pred, order[:, 0])
    assert (done.reranked.pred != done.result.pred).any()
    np.testing.assert_array_equal(
        done.reranked.true_rank, (order == table["true"][:, None]).argmax(axis=1)
    )
    np.testing.assert_array_equal(done.reranked.sample_id, table["sample_id"])
    inputs = done.reranked.provenance["inputs"]
    assert inputs["crm"]["hierarchy"] == "pairs"
    assert inputs["crm"]["tree"] == tree_hash(done.study.hierarchies["pairs"])
    assert inputs["imported"] == done.result.provenance["imported"]
    assert check(done.study) == []
    shutil.rmtree(tmp_path / "study" / "results" / "r-crm")  # as if killed before it
    again = import_predictions(tmp_path / "study", "r", path, crm="pairs", epoch=2)
    np.testing.assert_array_equal(again.reranked.pred, order[:, 0])
    with pytest.raises(StudyError, match="exists already"):
        import_predictions(tmp_path / "study", "r", path, crm="pairs", epoch=2)


def test_what_cannot_be_ranked_by_distance_leaves_nothing(tmp_path, write, probabilities_file):
    plain = write("p.csv", "true,pred\n0,1\n1,0\n")
    with pytest.raises(StudyError, match="needs probabilities or logits"):
        import_predictions(tmp_path / "study", "r", plain, crm="derived")
    path = probabilities_file
    with pytest.raises(StudyError, match=r"no hierarchy 'x' .* \(there will be: 'derived'\)"):
        import_predictions(tmp_path / "study", "r", path, crm="x")
    assert not (tmp_path / "study").exists()
    done = import_predictions(tmp_path / "study", "r", path, crm="derived")
    assert list(done.study.results) == ["r", "r-crm"]


def test_a_second_import_joins_the_first(tmp_path, write):
    first = write("a.csv", "true,pred\nbee,ant\nant,cat\n")
    second = write("b.tsv", "pred\ttrue\textra\nbee\tbee\t1\nbee\tant\t2\n")
    import_predictions(tmp_path / "s", "a", first)
    done = import_predictions(tmp_path / "s", "b", second, split="test")
    assert done.hierarchy is None
    assert done.ignored_columns == ("extra",)
    assert list(done.study.results) == ["a", "b"]
    assert done.study.samples.n == 2
    assert done.result.pred.tolist() == [1, 1]


def test_splits_and_uris_of_the_file_are_kept(tmp_path, write):
    file = write("p.csv", "true,pred,split,uri,sample_id\n0,1,train,a.jpg,4\n1,1,test,,9\n")
    study = import_predictions(tmp_path / "s", "r", file).study
    assert study.samples.split.to_pylist() == ["train", "test"]
    assert study.samples.uri.to_pylist() == ["a.jpg", ""]
    assert study.results["r"].coordinates.split is None
    file = write("p.csv", "true,pred,split\n0,1,train\n1,1,train\n")
    study = import_predictions(tmp_path / "t", "r", file).study
    assert study.results["r"].coordinates.split == "train"


def test_a_failed_import_leaves_an_existing_study_alone(tmp_path, write):
    file = write("p.csv", "true,pred\n0,1\n1,1\n")
    import_predictions(tmp_path / "study", "r", file)
    other = write("q.csv", "true,pred\n0,1\n1,9\n")
    with pytest.raises(ValueError, match="got 9 in row 1"):
        import_predictions(tmp_path / "study", "q", other)
    with pytest.raises(StudyError, match="result 'r' exists already"):
        import_predictions(tmp_path / "study", "r", file)
    assert list(cs.open(tmp_path / "study").results) == ["r"]


def test_an_empty_folder_stays_when_the_import_fails(tmp_path, write):
    (tmp_path / "study").mkdir()
    file = write("p.csv", "true,pred,p_pred\n0,1,7\n")
    with pytest.raises(StudyError, match="p_pred"):
        import_predictions(tmp_path / "study", "r", file)
    assert list((tmp_path / "study").iterdir()) == []


@pytest.mark.parametrize("name", ["../r", "a/b", ""])
def test_hostile_names(tmp_path, name, write):
    file = write("p.csv", "true,pred\n0,1\n")
    with pytest.raises(StudyError, match="result name"):
        import_predictions(tmp_path / "study", name, file)
    assert [p.name for p in tmp_path.iterdir()] == ["p.csv"]


def test_a_killed_import_goes_on_where_it_stopped(tmp_path, monkeypatch, write):
    file = write("p.csv", "true,pred\n0,1\n1,1\n")

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("classblocks.study.importing._add_hierarchy", killed)
        with pytest.raises(KeyboardInterrupt):
            import_predictions(tmp_path / "study", "r", file)
    before = (tmp_path / "study/results/r/result.json").read_bytes()
    assert import_predictions(tmp_path / "study", "r", file).hierarchy == "derived"
    assert (tmp_path / "study/results/r/result.json").read_bytes() == before
    with pytest.raises(StudyError, match="result 'r' exists already"):
        import_predictions(tmp_path / "study", "r", file)


def test_a_full_disk_leaves_the_samples_alone(tmp_path, monkeypatch, write):
    first = write("p.csv", "sample_id,true,pred\n1,0,1\n2,1,1\n")
    import_predictions(tmp_path / "study", "r", first)
    before = (tmp_path / "study/samples.parquet").read_bytes()
    second = write("q.csv", "sample_id,true,pred\n3,0,1\n4,1,1\n")

    def full(*given):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("classblocks.study.adding.write_predictions", full)
        with pytest.raises(OSError, match="No space left"):
            import_predictions(tmp_path / "study", "q", second)
    assert (tmp_path / "study/samples.parquet").read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "study/results").iterdir()) == ["r"]


def test_nothing_is_imported_beside_results_without_samples(tmp_path, write):
    file = write("p.csv", "true,pred\n0,1\n1,1\n")
    import_predictions(tmp_path / "study", "r", file)
    (tmp_path / "study/samples.parquet").unlink()
    other = write("q.csv", "true,pred\n1,1\n0,1\n")
    with pytest.raises(StudyError, match=r"samples\.parquet is missing"):
        import_predictions(tmp_path / "study", "q", other)
    assert not (tmp_path / "study/samples.parquet").exists()
