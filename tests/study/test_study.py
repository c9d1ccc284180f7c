import errno
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy.special import softmax
from sklearn.metrics import confusion_matrix

import classblocks.study as cs
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.where import Where
from classblocks.study import StudyError
from classblocks.study.thumbnail_writer import ThumbnailWriter

# METHODS §1, worked example 1.
PROBABILITIES = np.array(
    [
        [0.6, 0.3, 0.1],
        [0.2, 0.5, 0.3],
        [0.1, 0.2, 0.7],
        [0.4, 0.35, 0.25],
        [0.05, 0.9, 0.05],
        [0.34, 0.33, 0.33],
    ]
)
TRUE = np.array([0, 2, 2, 1, 0, 2])
PRED = np.array([0, 1, 2, 0, 1, 0])


@pytest.fixture
def study(tmp_path):
    return cs.create(tmp_path / "study", ["ant", "bee", "cat"])


def files(path):
    return {
        p.relative_to(path).as_posix(): p.read_bytes()
        for p in sorted(path.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def test_worked_example(study):
    result = study.add_result("r", true=TRUE, probabilities=PROBABILITIES, model="m", epoch=2)
    for opened in (study, cs.open(study.path)):
        result = opened.results["r"]
        assert result.coordinates == cs.Coordinates("m", 2, None, None, "val")
        assert result.has_probabilities
        assert result.has_rank
        np.testing.assert_array_equal(result.sample, np.arange(6))
        np.testing.assert_array_equal(result.true, TRUE)
        np.testing.assert_array_equal(result.pred, PRED)
        np.testing.assert_array_equal(result.true_rank, [0, 1, 0, 1, 1, 2])
        np.testing.assert_allclose(result.p_pred, [0.6, 0.5, 0.7, 0.4, 0.9, 0.34], 1e-6)
        np.testing.assert_allclose(result.p_true, [0.6, 0.3, 0.7, 0.35, 0.05, 0.33], 1e-6)
        assert result.topk_class.shape == (6, 3)
        np.testing.assert_array_equal(result.topk_class[5], [0, 1, 2])
        np.testing.assert_array_equal(opened.confusion("r"), [[1, 1, 0], [1, 0, 0], [1, 1, 1]])
        top2 = opened.confusion("r", Where(top_k=2))
        assert top2.sum() == top2[2, 0] == 1
        low = opened.confusion("r", Where(p_true=(0, 0.1)))
        assert low.sum() == low[0, 1] == 1


def test_types_on_disk_are_those_of_the_format(study):
    study.add_result("r", true=TRUE, probabilities=PROBABILITIES)
    samples = pq.read_schema(study.path / "samples.parquet")
    assert [(f.name, str(f.type)) for f in samples] == [
        ("sample_id", "int64"),
        ("true", "int32"),
        ("split", "string"),
        ("uri", "string"),
    ]
    table = pq.read_table(study.path / "results/r/predictions.parquet")
    assert [(f.name, str(f.type).split("[")[0]) for f in table.schema] == [
        ("sample_id", "int64"),
        ("pred", "int32"),
        ("p_pred", "float"),
        ("p_true", "float"),
        ("true_rank", "int32"),
        ("topk_class", "fixed_size_list<element: int32 not null>"),
        ("topk_prob", "fixed_size_list<element: float not null>"),
    ]
    assert len(table.to_pandas()) == 6


def test_without_probabilities_they_are_unknown(study):
    result = study.add_result("r", true=TRUE, pred=PRED)
    assert not result.has_probabilities
    assert not result.has_rank
    assert np.isnan(result.p_pred).all()
    assert np.isnan(result.p_true).all()
    assert (result.true_rank == -1).all()
    assert result.topk_class.shape == result.topk_prob.shape == (6, 0)
    assert study.confusion("r", Where(top_k=1)).sum() == 4


@settings(deadline=None, max_examples=20)
@given(
    hnp.arrays(np.int32, st.integers(0, 40), elements=st.integers(0, 4)),
    st.randoms(use_true_random=False),
)
def test_confusion_agrees_with_scikit_learn(tmp_path_factory, true, random):
    study = cs.create(tmp_path_factory.mktemp("s") / "s", list("abcde"))
    pred = np.array([random.randrange(5) for _ in true], np.int32)
    ids = np.array(random.sample(range(-1000, 1000), len(true)), np.int64)
    study.add_result("r", true=true, pred=pred, sample_id=ids)
    expected = (
        confusion_matrix(true, pred, labels=range(5)) if len(true) else np.zeros((5, 5), np.int64)
    )
    np.testing.assert_array_equal(cs.open(study.path).confusion("r"), expected)


def test_logits_say_what_their_softmax_says(study):
    logits = np.random.default_rng(0).normal(0, 3, (300, 3)).astype(np.float32)
    true = np.arange(300) % 3
    p = softmax(logits.astype(np.float64), axis=1)
    by_logits = study.add_result("z", true=true, logits=logits + 1e4)
    by_p = study.add_result("p", true=true, probabilities=p)
    expected = np.corrcoef((logits - logits.mean(axis=1, keepdims=True)).T)
    np.testing.assert_array_equal(by_logits.pred, logits.argmax(axis=1))
    np.testing.assert_allclose(by_logits.p_true, p[np.arange(300), true], rtol=0.01)
    for result in (by_logits, by_p):
        assert result.has_logits
        assert result.logits.n_samples == 300
        np.testing.assert_allclose(result.logits.correlation(), expected, atol=1e-4)
    assert study.add_result("pred", true=true, pred=true).logits is None
    assert cs.open(study.path).results["z"].logits.is_exact


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"logits": np.zeros((6, 2))}, "numbers of shape (n, 3), got float64 (6, 2)"),
        ({"logits": np.zeros(6)}, "got float64 (6,)"),
        ({"logits": 3.0}, "logits"),
        ({"logits": [["a", "b", "c"]] * 6}, "got <U1 (6, 3)"),
        ({"logits": np.zeros((5, 3))}, "true 6, logits 5"),
        ({"logits": np.full((6, 3), -np.inf)}, "got -inf in row 0 for class 0"),
        ({"logits": np.zeros((6, 3)), "pred": PRED}, "pred follow from logits"),
        ({"logits": np.zeros((6, 3)), "probabilities": PROBABILITIES}, "probabilities follow from"),
    ],
)
def test_bad_logits_are_named_and_nothing_is_written(study, arguments, words):
    before = files(study.path)
    with pytest.raises(ValueError, match=re.escape(words)):
        study.add_result("r", true=TRUE, **arguments)
    assert files(study.path) == before


def test_results_are_joined_by_sample_id(study):
    study.add_result("a", true=[0, 1, 2], pred=[0, 1, 1], sample_id=[30, 10, 20])
    result = study.add_result("b", true=[2, 0, 1], pred=[2, 2, 2], sample_id=[20, 30, 99])
    np.testing.assert_array_equal(study.samples.sample_id, [30, 10, 20, 99])
    np.testing.assert_array_equal(result.sample, [2, 0, 3])
    np.testing.assert_array_equal(result.true, [2, 0, 1])
    np.testing.assert_array_equal(study.results["a"].sample, [0, 1, 2])


def test_ids_are_reused_when_rows_are_the_same_samples(study):
    study.add_result("a", true=[0, 1], pred=[0, 1], sample_id=[5, 3])
    again = study.add_result("b", true=[0, 1], pred=[1, 1])
    np.testing.assert_array_equal(again.sample_id, [5, 3])
    study.add_samples([7, 8, 9], [2, 2, 2], split="test")
    third = study.add_result("c", true=[2, 2, 2], pred=[2, 2, 2], split="test")
    np.testing.assert_array_equal(third.sample_id, [7, 8, 9])


@pytest.mark.parametrize(
    ("true", "words"),
    [
        ([0, 1, 2], "the result has 3 rows, the study 2 samples, 2 of them in split 'val'"),
        ([0, 2], "row 1 has true class 2, the study's sample there 1"),
    ],
)
def test_ids_are_asked_for_when_rows_are_unclear(study, true, words):
    study.add_result("a", true=[0, 1], pred=[0, 1])
    before = files(study.path)
    with pytest.raises(StudyError, match=f"sample_id is needed.*{words}"):
        study.add_result("b", true=true, pred=true)
    assert files(study.path) == before


NAN = float("nan")
BAD = [
    ({"true": [0, 3], "pred": [0, 1]}, "true: expected class ids 0 to 2, got 3 in row 1"),
    ({"true": [0, 1], "pred": [-1, 1]}, "pred: expected class ids 0 to 2, got -1 in row 0"),
    ({"true": [0, 1], "pred": [0]}, "one length, got true 2, pred 1"),
    ({"true": [0, 1]}, "give pred"),
    ({"true": [0.5, 1], "pred": [0, 1]}, "integer"),
    (
        {"true": [0, 1], "pred": [0, 1], "sample_id": [4, 4]},
        "sample id 4 occurs twice",
    ),
    ({"true": [0, 1], "pred": [0, 1], "sample_id": [4]}, "one length"),
    ({"true": [0, 1], "pred": [0, 1], "sample_id": [4.5, 1]}, "whole numbers"),
    ({"true": [0, 1], "pred": [0, 1], "uri": ["a"]}, "one length"),
    (
        {"true": [0, 1], "pred": [0, 1], "p_pred": [0.5, 1.5]},
        "p_pred: .*got 1.5 in row 1",
    ),
    ({"true": [0, 1], "pred": [0, 1], "p_true": [-0.5, 1]}, "p_true: .* row 0"),
    ({"true": [0, 1], "pred": [0, 1], "p_true": [0.5]}, "p_true has 1 rows, true has 2"),
    ({"true": [0, 1], "pred": [0, 2], "true_rank": [0, 0]}, "true_rank: 0 in row 1 contradicts"),
    ({"true": [0, 1], "pred": [0, 2], "true_rank": [0, 3]}, "true_rank: .*got 3 in row 1"),
    ({"true": [0], "pred": [0], "topk_class": [[0, 3]]}, "topk_class: .*got 3 in row 0"),
    ({"true": [0], "pred": [0], "topk_class": [[0]], "topk_prob": [[0.5, 0.5]]}, "shape"),
    ({"true": [0], "pred": [0], "topk_prob": [[0.5]]}, "needs topk_class"),
    ({"true": [0], "pred": [0], "probabilities": [[1, 0, 0]]}, "pred follow from probabilities"),
    ({"true": [0, 0], "probabilities": [[1, 0, 0], [NAN, 1, 0]]}, "row 1 has NaN"),
    ({"true": [0, 0], "probabilities": [[1, 0, 0], [-1, 1, 1]]}, "row 1 has the negative"),
    ({"true": [0, 0], "probabilities": [[1, 0, 0], [0.5, 0, 0]]}, "row 1 sums to 0.5"),
    ({"true": [0, 0], "probabilities": [[1, 0, 0]]}, "one length"),
    ({"true": [0], "probabilities": [[1, 0]]}, r"expected shape \(n, 3\)"),
    ({"true": [0], "pred": [0], "epoch": NAN}, "epoch must be finite"),
    ({"true": [0], "pred": [0], "provenance": {"x": {1}}}, "cannot be written as JSON"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD)
def test_bad_rows_are_named_and_nothing_is_written(study, arguments, words):
    before = files(study.path)
    with pytest.raises(ValueError, match=words):
        study.add_result("r", **arguments)
    assert files(study.path) == before
    assert not study.results


@pytest.mark.parametrize("name", ["../r", "/etc/x", "a/b", ".r", "", "r\n", "x" * 300])
def test_hostile_result_and_hierarchy_names(study, name):
    before = files(study.path.parent)
    with pytest.raises(StudyError, match="result name"):
        study.add_result(name, true=[0], pred=[0])
    with pytest.raises(StudyError, match="hierarchy name"):
        study.add_hierarchy(name, Hierarchy.flat(["ant", "bee", "cat"]))
    assert files(study.path.parent) == before


def test_results_never_change(study):
    study.add_result("r", true=[0], pred=[0])
    before = files(study.path)
    with pytest.raises(StudyError, match="'r' exists already"):
        study.add_result("r", true=[0], pred=[1])
    with pytest.raises(ValueError, match="read-only"):
        study.results["r"].pred[0] = 2
    assert files(study.path) == before


def test_another_true_class_is_a_conflict(study):
    study.add_result("a", true=[0, 1], pred=[0, 1], sample_id=[1, 2])
    before = files(study.path)
    with pytest.raises(StudyError, match=r"sample id 2 \(row 0\) has true class 0 here but 1 in"):
        study.add_result("b", true=[0], pred=[0], sample_id=[2])
    assert files(study.path) == before


def test_a_full_disk_leaves_the_study_as_it_was(study, monkeypatch):
    study.add_result("a", true=[0, 1], pred=[0, 1])
    before = files(study.path)
    real = os.fsync
    for fail_at in range(1, 40):
        calls = iter(range(1, 1000))

        def full(handle, calls=calls, fail_at=fail_at):
            if next(calls) == fail_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(handle)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            try:
                study.add_result("b", true=[0, 1], pred=[1, 1])
            except OSError:
                assert files(study.path) == before or "b" in cs.open(study.path).results
            else:
                break
        shutil.rmtree(study.path / "results/b", ignore_errors=True)
    assert fail_at > 3
    np.testing.assert_array_equal(cs.open(study.path).confusion("b").sum(), 2)


def test_a_leftover_partial_is_ignored_and_replaced(study):
    partial = study.path / "results/.r.partial"
    partial.mkdir()
    (partial / "predictions.parquet").write_bytes(b"half")
    assert not cs.open(study.path).results
    study.add_result("r", true=[0], pred=[0])
    assert not partial.exists()


def test_a_recording_under_way_is_not_thrown_away(study):
    partial = study.path / "results/.r.partial"
    partial.mkdir()
    (partial / "recording.json").write_text("{}")
    with pytest.raises(StudyError, match="a recording of 'r' is under way"):
        study.add_result("r", true=[0], pred=[0])
    assert (partial / "recording.json").exists()


def test_create_refuses_what_is_there(study, tmp_path):
    with pytest.raises(StudyError, match="exists already"):
        cs.create(study.path, ["a"])
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"x")
    with pytest.raises(StudyError, match="not empty and not a study"):
        cs.create(tmp_path / "photos", ["a"])
    with pytest.raises(StudyError, match="exists already"):
        cs.create(tmp_path / "photos/a.jpg", ["a"])
    assert cs.create(tmp_path / "deep/er", ["a"], name="Nice").name == "Nice"


def test_create_goes_on_after_a_kill(tmp_path):
    for left in ("results", "hierarchies"):
        (tmp_path / left).mkdir()
    (tmp_path / ".study.json.1-0.tmp").write_text("{")
    assert cs.create(tmp_path, ["a"]).classes.names == ("a",)


def test_open_says_what_is_missing(study, tmp_path):
    with pytest.raises(StudyError, match=r"nothing is not a folder"):
        cs.open(tmp_path / "nothing")
    (study.path / "study.json").unlink()
    with pytest.raises(StudyError, match=r"study.json is missing \(found hierarchies, results"):
        cs.open(study.path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "format version 2, this classblocks reads version 1"),
        ({"version": None}, "format version None, this classblocks reads version 1"),
        ({"format": "zip"}, "format 'zip', expected 'classblocks-study'"),
        ({"classes": [{"key": "x"}]}, "study.json lacks or misuses 'name'"),
        ({"classes": []}, "at least one class"),
        ({"classes": 3}, "study.json lacks or misuses"),
    ],
)
def test_other_formats_are_refused(study, change, words):
    path = study.path / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(StudyError, match=words):
        cs.open(study.path)


def test_truncated_files_are_named(study):
    study.add_result("r", true=[0, 1, 2], pred=[0, 1, 1])
    study.add_result("s", true=[0, 1, 2], pred=[0, 1, 1])
    for name, words in [
        ("study.json", "study.json is not complete JSON"),
        ("samples.parquet", "samples.parquet is not complete Parquet"),
    ]:
        path = study.path / name
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(StudyError, match=words):
            _ = cs.open(study.path).samples.n
        path.write_bytes(whole)
    path = study.path / "results/r/result.json"
    path.write_bytes(path.read_bytes()[:50])
    opened = cs.open(study.path)
    assert list(opened.results) == ["s"]
    assert "result.json is not complete JSON" in opened.damaged["r"]
    with pytest.raises(StudyError, match="result 'r' is damaged"):
        opened.confusion("r")
    path = study.path / "results/s/predictions.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(StudyError, match=r"predictions.parquet cannot be read"):
        opened.confusion("s")


def test_an_unknown_result_lists_the_known(study):
    study.add_result("r", true=[0], pred=[0])
    with pytest.raises(StudyError, match=r"no result 'q' .*there are: 'r'"):
        study.confusion("q")


def test_a_study_from_elsewhere_cannot_point_outside(study):
    study.add_result("r", true=[0], pred=[0])
    path = study.path / "results/r/result.json"
    description = json.loads(path.read_text())
    layer = {"n_neurons": 1, "side": 1, "n_top": 1, "nonnegative": True}
    path.write_text(json.dumps({**description, "layers": {"../../../x": layer}}))
    assert "layer name '../../../x' is not allowed" in cs.open(study.path).damaged["r"]


def test_refresh_sees_what_others_add(study):
    other = cs.open(study.path)
    assert not other.refresh()
    study.add_result("b", true=[0, 1], pred=[0, 1], model="m", epoch=1)
    assert other.refresh()
    assert not other.refresh()
    first = other.results["b"]
    study.add_result("a", true=[0, 1, 2], pred=[0, 1, 2], sample_id=[0, 1, 2], model="m", epoch=0)
    assert other.refresh()
    assert list(other.results) == ["a", "b"]
    assert other.results["b"] is first
    np.testing.assert_array_equal(other.results["a"].true, [0, 1, 2])
    study.add_hierarchy("h", Hierarchy.flat(["ant", "bee", "cat"]), default=True)
    assert other.refresh()
    assert other.default_hierarchy == "h"
    writer = ThumbnailWriter(study)
    writer.add(0, Image.new("RGB", (4, 4)))
    writer.finish()
    assert other.refresh()
    assert len(other.thumbnails) == 1
    shutil.rmtree(study.path / "results/a")
    assert other.refresh()
    assert list(other.results) == ["b"]


def test_opening_reads_no_rows(study, monkeypatch):
    study.add_result("r", true=[0], pred=[0])
    monkeypatch.setattr(pq, "read_table", None)
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    opened = cs.open(study.path)
    assert opened.samples.n == 1
    assert opened.results["r"].n_samples == 1


def test_hierarchies_round_trip(study):
    tree = Hierarchy.from_nested(
        {"insect": ["ant", "bee"], "mammal": ["cat"]}, ["ant", "bee", "cat"]
    )
    assert study.default_hierarchy is None
    study.add_hierarchy("flat", Hierarchy.flat(["ant", "bee", "cat"]))
    study.add_hierarchy("given", tree, default=True)
    for opened in (study, cs.open(study.path)):
        assert list(opened.hierarchies) == ["flat", "given"]
        assert opened.default_hierarchy == "given"
        assert opened.hierarchies["given"].name == tree.name
        np.testing.assert_array_equal(opened.hierarchies["given"].stop, tree.stop)
    with pytest.raises(KeyError):
        _ = study.hierarchies["../study"]
    with pytest.raises(StudyError, match="hierarchy 'x' has 2 classes, the study 3"):
        study.add_hierarchy("x", Hierarchy.flat(["a", "b"]))
    path = study.path / "hierarchies/given.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 7'))
    with pytest.raises(StudyError, match=r"given.json: .*expected format version 1, got 7"):
        _ = cs.open(study.path).hierarchies["given"]
    path.unlink()
    assert cs.open(study.path).default_hierarchy == "flat"


def test_activity_is_that_of_a_living_process(study):
    assert study.activity() is None
    study.set_activity("recording epoch 3", 0.25)
    assert cs.open(study.path).activity() == {"message": "recording epoch 3", "fraction": 0.25}
    path = study.path / "activity.json"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": dead.pid}))
    assert study.activity() is None
    path.write_text("{")
    assert study.activity() is None
    study.clear_activity()
    study.clear_activity()
    assert not path.exists()


def test_an_empty_result_is_legal(study):
    result = study.add_result("r", true=np.empty(0, int), pred=np.empty(0, int))
    assert result.n_samples == 0
    np.testing.assert_array_equal(study.confusion("r"), np.zeros((3, 3)))
    assert not cs.open(study.path).results["r"].has_rank


def test_probes_stand_after_their_network_from_the_input_to_the_output(tmp_path):
    study = cs.create(tmp_path / "study", ["a", "b"])
    layers = ["stem", "body", "head"]
    for layer, epoch in [("head", 2), (None, 2), ("body", 2), ("stem", 2), ("stem", 1), (None, 1)]:
        study.add_result(
            f"{layer}-{epoch}",
            true=[0, 1],
            pred=[0, 0],
            model="net",
            epoch=epoch,
            layer=layer,
            provenance={"layers": layers} if layer else {},
        )
    study.add_result("other-2", true=[0, 1], pred=[0, 0], model="net", epoch=2, layer="aside")
    assert list(study.results) == [
        "None-1", "stem-1", "None-2", "stem-2", "body-2", "head-2", "other-2",
    ]  # fmt: skip
