import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from classblocks import study as studies
from classblocks.app.parameters import RequestError
from classblocks.app.session import Session

NET = {"result": "net"}
RELU = {"result": "net", "layer": "relu"}


def ask(session, view, **parameters):
    return session.request({"view": view, **parameters})


def test_cells_are_counted_as_by_scikit_learn(session, shared_study):
    for name in ("net", "table"):
        reply = ask(session, "cells", result=name)
        dense = np.zeros((5, 5), int)
        dense[reply.columns["true"], reply.columns["pred"]] = reply.columns["count"]
        result = shared_study.results[name]
        expected = confusion_matrix(result.true, result.pred, labels=range(5))
        np.testing.assert_array_equal(dense, expected)
        key = reply.columns["true"].astype(int) * 5 + reply.columns["pred"]
        assert (np.diff(key) > 0).all()
        assert reply.metadata == {"n_samples": str(result.n_samples), "n_classes": "5"}


@pytest.mark.parametrize("name", ["net", "table"])
def test_rows_stand_by_cell_then_sample(session, shared_study, name):
    cells = ask(session, "cells", result=name).columns
    rows = ask(session, "rows", result=name).columns
    cell_of_row = np.repeat(np.arange(cells["count"].size), cells["count"])
    result = shared_study.results[name]
    row_of_sample = {int(s): row for row, s in enumerate(result.sample)}
    original = np.array([row_of_sample[int(s)] for s in rows["sample"]])
    np.testing.assert_array_equal(result.true[original], cells["true"][cell_of_row])
    np.testing.assert_array_equal(result.pred[original], cells["pred"][cell_of_row])
    np.testing.assert_array_equal(result.p_true[original], rows["p_true"])
    np.testing.assert_array_equal(result.p_pred[original], rows["p_pred"])
    np.testing.assert_array_equal(result.true_rank[original], rows["true_rank"])
    inside = np.diff(cell_of_row) == 0
    assert (np.diff(rows["sample"])[inside] > 0).all()


def test_activations_are_aligned_with_rows(session, shared_study):
    rows = ask(session, "rows", **NET).columns
    result = shared_study.results["net"]
    row_of_sample = {int(s): row for row, s in enumerate(result.sample)}
    for neuron in range(3):
        value = ask(session, "activations", **RELU, neuron=neuron).columns["value"]
        collective = result.layers["relu"].collective[:, neuron]
        expected = [collective[row_of_sample[int(s)]] for s in rows["sample"]]
        np.testing.assert_array_equal(value, expected)


def test_samples_come_as_asked_with_everything_known(session, make):
    columns = ask(session, "samples", **NET, samples=[2, 0, 2]).columns
    assert list(columns["sample"]) == [2, 0, 2]
    assert columns["sample_id"] == [str(2**53 + 1), "700", str(2**53 + 1)]
    assert list(columns["true"]) == [2, 0, 2]
    assert columns["uri"] == ["images/2.png", "images/0.png", "images/2.png"]
    assert columns["user:camera"] == ["B", "A", "B"]
    assert columns["user:width"] == ["12", "10", "12"]
    assert list(columns["top_class_0"]) == list(columns["pred"])
    total = sum(columns[f"top_prob_{k}"].astype(float) for k in range(5))
    np.testing.assert_allclose(total, 1, atol=1e-5)


def test_samples_a_result_lacks_have_no_prediction(session):
    columns = ask(session, "samples", result="table", samples=[3, 0]).columns
    assert list(columns["pred"]) == [-1, 0]
    assert list(columns["true"]) == [3, 0]
    assert list(columns["true_rank"]) == [-1, -1]
    assert np.isnan(columns["p_pred"]).all()
    assert columns["thumb"][0] == ""
    assert len(columns["thumb"][1]) == 16


def quartiles_ratio(values, in_group):
    return np.quantile(values[in_group], 0.25) / np.quantile(values[~in_group], 0.75)


def test_relevance_is_equation_2(session, shared_study):
    reply = ask(session, "relevance", **RELU, classes=[2, 0, 2])
    result = shared_study.results["net"]
    values = result.layers["relu"].collective.astype(np.float64)
    in_group = np.isin(result.true, [0, 2])
    assert reply.metadata == {"score": "relevance"}
    assert np.isposinf(reply.columns["score"][0])
    for neuron in (1, 2):
        expected = quartiles_ratio(values[:, neuron], in_group)
        np.testing.assert_allclose(reply.columns["score"][neuron], expected, rtol=1e-5)
    np.testing.assert_allclose(reply.columns["mean_in"], values[in_group].mean(0), rtol=1e-5)
    np.testing.assert_allclose(reply.columns["mean_all"], values.mean(0), rtol=1e-5)


def test_layers_with_negative_responses_get_the_margin(session, shared_study):
    reply = ask(session, "relevance", result="net", layer="linear", classes=[3])
    result = shared_study.results["net"]
    values, in_group = result.layers["linear"].collective, result.true == 3
    assert reply.metadata == {"score": "margin"}
    for neuron in range(2):
        column = values[:, neuron].astype(np.float64)
        low, high = np.quantile(column, [0.25, 0.75])
        gap = np.quantile(column[in_group], 0.25) - np.quantile(column[~in_group], 0.75)
        np.testing.assert_allclose(reply.columns["score"][neuron], gap / (high - low), rtol=1e-4)


@pytest.mark.parametrize("classes", [[], [4], [0, 1, 2, 3, 4]])
def test_a_group_without_inside_or_outside_is_undefined(session, classes):
    columns = ask(session, "relevance", **RELU, classes=classes).columns
    assert np.isnan(columns["score"]).all()
    assert np.isfinite(columns["mean_all"]).all()
    assert np.isnan(columns["mean_in"]).all() == (len(classes) < 5)


def test_relevance_in_chunks_is_the_same(session, shared_study, monkeypatch):
    whole = ask(session, "relevance", **RELU, classes=[0]).columns
    monkeypatch.setattr("classblocks.app.views.responses._CHUNK_BYTES", 1)
    parts = ask(Session(shared_study), "relevance", **RELU, classes=[0]).columns
    for name in whole:
        np.testing.assert_allclose(whole[name], parts[name], rtol=1e-6)


def test_profile_is_row_major_over_class_neuron_position(session, shared_study):
    reply = ask(session, "profile", **RELU, neurons=[2, 0])
    assert reply.metadata == {"shape": "5,2,4"}
    value = reply.columns["value"].reshape(5, 2, 4)
    profile = shared_study.results["net"].layers["relu"].profile
    np.testing.assert_array_equal(value, profile[:, [2, 0]])
    assert np.isnan(value[4]).all()


def test_neuron_means_are_by_class(session, shared_study):
    columns = ask(session, "neuron", **RELU, neuron=1).columns
    result = shared_study.results["net"]
    collective = result.layers["relu"].collective[:, 1].astype(np.float64)
    for class_id in range(4):
        expected = collective[result.true == class_id].mean()
        np.testing.assert_allclose(columns["mean"][class_id], expected, rtol=1e-6)
    assert np.isnan(columns["mean"][4])
    assert list(columns["count"]) == [3, 2, 3, 2, 0]


def test_top_samples_fall(session, shared_study):
    columns = ask(session, "top_samples", **RELU, neuron=1).columns
    result = shared_study.results["net"]
    collective = result.layers["relu"].collective[:, 1]
    expected = np.argsort(-collective, kind="stable")[:4]
    np.testing.assert_array_equal(columns["value"], collective[expected])
    np.testing.assert_array_equal(columns["sample"], result.sample[expected])


def test_hierarchy_and_classes(session, shared_study):
    columns = ask(session, "hierarchy", hierarchy="given").columns
    assert list(columns["class"][columns["class"] >= 0]) == [0, 2, 3, 1, 4]
    assert columns["parent"][0] == -1
    assert "living thing" in [alias for text in columns["aliases"] for alias in text.split(" › ")]
    assert ask(session, "classes").columns["key"][0] == "n01558993"


def test_a_study_without_hierarchy_shows_its_classes_in_file_order(tmp_path):

    session = Session(studies.create(tmp_path / "bare", ["a", "b", "c"]))
    manifest = session.manifest()
    assert manifest["default_hierarchy"] == "flat"
    assert [entry["name"] for entry in manifest["hierarchies"]] == ["flat"]
    columns = ask(session, "hierarchy", hierarchy="flat").columns
    assert list(columns["class"]) == [-1, 0, 1, 2]
    session.warm()


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"view": "hierarchy", "hierarchy": "none"}, r"unknown hierarchy 'none' \(known: flat, g"),
        ({"view": "rows", "result": "x"}, "unknown result 'x'"),
        ({"view": "samples", **NET, "samples": [0] * 2001}, "2001 entries, at most 2000"),
        ({"view": "samples", **NET, "samples": [0, 10]}, r"'samples'\[1\] is 10, .* 0\.\.9"),
        ({"view": "samples", **NET, "samples": [-1]}, r"\[0\] is -1"),
        ({"view": "samples", **NET, "samples": [1.0]}, r"\[0\] is 1.0"),
        ({"view": "samples", **NET, "samples": [True]}, r"\[0\] is True"),
        ({"view": "samples", **NET, "samples": [10**30]}, r"\[0\] is 1000"),
        ({"view": "samples", **NET, "samples": "0"}, "must be a list, got '0'"),
        (
            {"view": "relevance", **NET, "layer": "x", "classes": []},
            "unknown layer of result 'net'",
        ),
        ({"view": "relevance", "result": "table", "layer": "x", "classes": []}, "no responses"),
        ({"view": "relevance", **RELU, "classes": [5]}, r"classes are 0\.\.4"),
        ({"view": "profile", **RELU, "neurons": [3]}, r"neurons are 0\.\.2"),
        ({"view": "neuron", **RELU, "neuron": 3}, r"'neuron' is 3, neurons are 0\.\.2"),
        ({"view": "neuron", **RELU, "neuron": "1"}, "must be an integer, got '1'"),
        ({"view": "neuron", **RELU, "neuron": None}, "must be an integer, got None"),
        ({"view": "top_samples", **RELU}, "parameter 'neuron' is missing"),
        ({"view": "cells", **NET, "where": "1=1"}, "unknown parameter 'where'"),
    ],
)
def test_bad_parameters_are_named(session, message, text):
    with pytest.raises(RequestError, match=text):
        session.request(message)


def test_too_large_a_profile_is_refused(session, monkeypatch):
    monkeypatch.setattr("classblocks.app.views.responses._MOST_PROFILE_BYTES", 100)
    with pytest.raises(RequestError, match="ask for fewer neurons"):
        ask(session, "profile", **RELU, neurons=[0, 1])


def test_every_view_answers_a_study_without_samples(tmp_path):

    study = studies.create(tmp_path / "empty", ["a", "b"])
    study.add_result("none", true=np.empty(0, int), pred=np.empty(0, int))
    session = Session(study)
    assert ask(session, "cells", result="none").columns["count"].size == 0
    assert ask(session, "rows", result="none").columns["sample"].size == 0
    assert ask(session, "samples", result="none", samples=[]).columns["sample"].size == 0


@pytest.mark.parametrize("asked", [[7, 0, 2, 7, 9], []])
def test_samples_of_a_large_study_are_read_from_disk(session, shared_study, monkeypatch, asked):
    kept = ask(session, "samples", **NET, samples=asked).columns
    monkeypatch.setattr("classblocks.study.samples.MOST_KEPT_ROWS", 0)
    monkeypatch.setattr("classblocks.study.result.MOST_KEPT_ROWS", 0)
    study = studies.open(shared_study.path)
    read = ask(Session(study), "samples", **NET, samples=asked).columns
    assert list(read) == list(kept)
    for name, column in read.items():
        np.testing.assert_array_equal(column, kept[name], err_msg=name)
    assert "sample_id" not in vars(study.samples)
