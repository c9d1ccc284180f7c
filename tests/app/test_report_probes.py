import json

import numpy as np
import pytest
from click.testing import CliRunner

import classblocks as cb
from classblocks import study as studies
from classblocks.app.context import Context
from classblocks.app.report import html, report, text
from classblocks.cli import main

N_CLASSES, PER_CLASS = 16, 60
LAYERS = ("stem", "stage1", "stage2")


def noisy(rng, true, size, right):
    """The true run of ``size`` classes, any class in it, with probability ``right``."""
    near = true // size * size + rng.integers(0, size, len(true))
    return np.where(rng.random(len(true)) < right, near, rng.integers(0, N_CLASSES, len(true)))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Layers that tell 2 halves, 4 quarters and classes; stage1 knows class 5 best of all."""
    rng = np.random.default_rng(2)
    study = studies.create(
        tmp_path_factory.mktemp("probes") / "study", [f"class {i}" for i in range(N_CLASSES)]
    )
    paths = [[f"half {c // 8}", f"quarter {c // 4}", f"class {c}"] for c in range(N_CLASSES)]
    study.add_hierarchy("given", cb.Hierarchy.from_paths(paths), default=True)
    true = np.repeat(np.arange(N_CLASSES), PER_CLASS)
    ids = rng.permutation(len(true))
    study.add_samples(ids, true)
    final = noisy(rng, true, 1, 0.8)
    final[true == 5] = rng.integers(0, N_CLASSES, PER_CLASS)
    study.add_result("net", sample_id=ids, true=true, pred=final, model="m", epoch=3)
    part = rng.permutation(len(true))[: len(true) * 3 // 4]
    for layer, size, right in zip(LAYERS, (8, 4, 1), (0.8, 0.75, 0.7), strict=True):
        pred = noisy(rng, true[part], size, right)
        if layer == "stage1":
            pred[true[part] == 5] = 5
        study.add_result(
            f"trained-probe-{layer}",
            sample_id=ids[part],
            true=true[part],
            pred=pred,
            model="m",
            epoch=3,
            layer=layer,
            transform="none",
            provenance={"layers": list(LAYERS), "converged": layer != "stage2"},
        )
    study.add_result("m2", sample_id=ids, true=true, pred=final, model="m2", epoch=3)
    study.add_result("net-2", sample_id=ids, true=true, pred=final, model="m", epoch=2)
    study.refresh()
    return study


def facts(study, name="net", **options):
    return report(Context(study), study.results[name], "given", **options)


@pytest.fixture(scope="module")
def found(study):
    return facts(study)


def aligned(study, name):
    net, probe = study.results["net"], study.results[f"trained-probe-{name}"]
    position = {sample_id: row for row, sample_id in enumerate(net.sample_id.tolist())}
    rows = [position[sample_id] for sample_id in probe.sample_id.tolist()]
    return net.true[rows], probe.pred, net.pred[rows]


def test_layers_are_measured_by_level_as_numpy_does(study, found):
    found = found["probes"]
    assert found["layers"] == list(LAYERS)
    assert (found["final"], found["final_layer"], found["n_samples"]) == ("net", "output", 720)
    assert [level["n_groups"] for level in found["levels"]] == [2, 4, 16]
    for level, size in zip(found["levels"], (8, 4, 1), strict=True):
        beyond = []
        for row, layer in enumerate(LAYERS):
            true, pred, last = (values // size for values in aligned(study, layer))
            for cell, guess in ((level["layers"][row], pred), (level["layers"][-1], last)):
                assert cell["cut_accuracy"] == pytest.approx((true == guess).mean())
                assert cell["low"] < cell["cut_accuracy"] < cell["high"]
                chance = sum((true == g).mean() * (guess == g).mean() for g in range(16 // size))
                assert cell["by_chance"] == pytest.approx(chance)
                beyond.append(cell["cut_accuracy"] - chance)
            share = level["layers"][row]["of_final"]
            assert share == pytest.approx(beyond[-2] / beyond[-1])
        assert level["layers"][-1]["of_final"] == 1


def test_early_layers_come_near_the_output_for_high_groups_only(found):
    levels = found["probes"]["levels"]
    halves, classes = levels[0]["layers"], levels[-1]["layers"]
    assert halves[0]["of_final"] > 0.85
    assert classes[0]["of_final"] < 0.2
    separation = found["probes"]["separation"]
    assert separation[0]["first"][0] == 2
    assert separation[1]["first"][0] == 0
    assert separation[-1]["first"][0] <= 1
    for level in separation:
        assert sum(level["first"]) + level["n_undefined"] == level["n_groups"]


def test_only_the_planted_class_is_told_better_by_an_earlier_layer(study, found):
    classes = found["probes"]["classes"]
    assert [row["name"] for row in classes["better"]] == ["class 5"]
    row = classes["better"][0]
    assert row["layer"] == "stage1"
    true, pred, last = aligned(study, "stage1")
    ours = true == 5
    assert row["recall"] == (pred == 5)[ours].mean() == 1
    assert row["final_recall"] == pytest.approx((last == 5)[ours].mean())
    assert row["low"] < row["difference"] < row["high"]
    assert row["p_value"] < 0.01
    assert classes["n_tested"] == 16
    assert classes["n_best"] >= classes["n_better"] == 1
    assert facts(study, worst=0)["probes"]["classes"]["better"] == []


def test_a_probe_tells_of_its_network_and_others_have_none(study, found):
    assert facts(study, "trained-probe-stem")["probes"] == found["probes"]
    assert facts(study, "m2")["probes"] is None
    assert facts(study, "net-2")["probes"] is None
    json.dumps(found, allow_nan=False)


def test_the_tables_say_what_the_facts_say(study, found):
    written = text(found)
    assert "right group by layer" in written
    assert "level  groups    stem  stage1  stage2  output" in written
    assert (
        "linear classifiers on the output of each layer alone, beside net, on 720 samp" in written
    )
    assert "did not converge: stage2" in written
    assert "classes that a layer tells better than output, beyond chance: 1\n" in written
    assert "class 5  stage1  100.0 %" in written
    page = html(found)
    assert "<h2>groups by the first layer with 95 % of the recall of output</h2>" in page
    assert "right group by layer" not in text(facts(study, "m2"))


@pytest.fixture
def small(tmp_path):
    study = studies.create(tmp_path / "study", ["a", "b", "c", "d"])
    paths = [["x", "a"], ["x", "b"], ["y", "c"], ["y", "d"]]
    study.add_hierarchy("given", cb.Hierarchy.from_paths(paths))
    return study


def add(study, name, rows, layer=None, **given):
    true = np.arange(40) % 3
    study.add_result(
        name, sample_id=rows, true=true[rows], pred=true[rows], model="m", layer=layer, **given
    )


def test_without_the_network_the_last_layer_stands_for_it(small):
    small.add_samples(np.arange(40), np.arange(40) % 3)
    for layer in ("b1", "b2"):
        add(small, f"n-probe-{layer}", np.arange(40), layer)
    found = facts(small, "n-probe-b1")["probes"]
    assert (found["layers"], found["final_layer"]) == (["b1"], "b2")
    assert found["classes"]["n_tested"] == 3
    assert found["separation"][-1]["n_undefined"] == 1
    assert "unknown" in text(facts(small, "n-probe-b1"))


def test_the_command_reports_the_network_and_not_its_probe(small):
    small.add_samples(np.arange(40), np.arange(40) % 3)
    add(small, "net", np.arange(40))
    add(small, "net-probe-b1", np.arange(40), "b1")
    assert list(small.results) == ["net", "net-probe-b1"]
    done = CliRunner().invoke(main, ["report", str(small.path)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("study · net\n")
    assert "first layer with 95 % of the recall of output" in done.output


def test_one_probe_alone_is_compared_with_nothing(small):
    small.add_samples(np.arange(40), np.arange(40) % 3)
    add(small, "n-probe-b1", np.arange(40), "b1")
    assert facts(small, "n-probe-b1")["probes"] is None


def test_probes_of_other_samples_are_named(small):
    small.add_samples(np.arange(40), np.arange(40) % 3)
    add(small, "net", np.arange(40))
    add(small, "net-probe-b1", np.arange(30), "b1")
    add(small, "net-probe-b2", np.arange(20), "b2")
    found = facts(small, "net")["probes"]
    assert "are of other samples" in found["problem"]
    written = text(facts(small, "net"))
    assert "results 'net-probe-b1' and 'net-probe-b2' are of other samples" in written
    html(facts(small, "net"))


def test_probes_without_samples_have_no_numbers(small):
    add(small, "net", np.empty(0, int))
    add(small, "net-probe-b1", np.empty(0, int), "b1")
    found = facts(small, "net")
    json.dumps(found, allow_nan=False)
    assert found["probes"]["levels"][0]["layers"][0]["cut_accuracy"] is None
    assert "beyond chance: 0" in text(found)
