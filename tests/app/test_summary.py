import numpy as np
import pytest
from scipy import stats

from classblocks import study as studies
from classblocks.app.report.hierarchical import hierarchical_facts
from classblocks.app.session import Session
from classblocks.app.views import summary
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import cut_accuracy, wilson
from classblocks.core.outcome import outcomes

METHODS_22 = [
    [0.5, 0.3, 0.1, 0.05, 0.05],
    [0.6, 0.3, 0.05, 0.03, 0.02],
    [0.1, 0.1, 0.3, 0.3, 0.2],
    [0.0, 0.0, 0.1, 0.3, 0.6],
    [0.4, 0.1, 0.1, 0.1, 0.3],
    [0.05, 0.05, 0.1, 0.6, 0.2],
]


def numbers(reply):
    columns = reply.columns
    rows = zip(columns["value"], columns["low"], columns["high"], strict=True)
    return dict(zip(columns["name"], rows, strict=True))


def with_interval(values):
    """Mean and interval of its standard error, from SciPy."""
    return values.mean(), *stats.norm.interval(0.95, values.mean(), stats.sem(values))


def test_the_worked_example_of_methods_22(tmp_path):
    study = studies.create(tmp_path / "study", list("abcde"))
    paths = ["a/a", "a/b", "v/c", "v/b/d", "v/b/e"]
    study.add_hierarchy("given", Hierarchy.from_paths(paths))
    true = np.array([0, 1, 2, 3, 4, 3])
    study.add_result("model", true=true, probabilities=np.array(METHODS_22))
    asking = {"view": "summary", "result": "model", "tree": {"hierarchy": "given"}, "where": {}}
    found = {name: row[0] for name, row in numbers(Session(study).request(asking)).items()}
    assert found["samples"] == 6
    assert found["accuracy"] == 0.5
    assert found["mistake severity"] == pytest.approx(5 / 3)
    assert found["HD@1"] == pytest.approx(5 / 6)
    assert found["hierarchical precision"] == pytest.approx(0.714286, abs=1e-6)
    assert found["hierarchical recall"] == pytest.approx(0.666667, abs=1e-6)
    assert found["hierarchical F"] == pytest.approx(0.689655, abs=1e-6)
    height = np.array(
        [[0, 1, 3, 3, 3], [1, 0, 3, 3, 3], [3, 3, 0, 2, 2], [3, 3, 2, 0, 1], [3, 3, 2, 1, 0]]
    )
    top = outcomes(np.array(METHODS_22), true, 5).topk_class
    assert found["HD@5"] == pytest.approx(height[true[:, None], top].mean())
    assert found["best HD@5"] == found["HD@5"]
    assert found["top-5 accuracy"] == 1


@pytest.mark.parametrize("chunk", [1 << 20, 100])
@pytest.mark.parametrize("where", [{}, {"p_pred": [0.25, 0.9], "min_count": 3}])
def test_numbers_by_their_definitions(ask, planted, where, chunk, monkeypatch):
    monkeypatch.setattr(summary, "_CHUNK", chunk)
    result, tree = planted.result("model"), planted.hierarchies["planted"]
    low, high = where.get("p_pred", (0, 1))
    keep = (result.p_pred >= np.float32(low)) & (result.p_pred <= np.float32(high))
    cell = result.true * 24 + result.pred
    keep &= np.bincount(cell[keep], minlength=24 * 24)[cell] >= where.get("min_count", 1)
    true, pred = result.true[keep], result.pred[keep]
    found = numbers(ask("summary", where=where))
    n = len(true)
    assert found["samples"][0] == n
    right = int((true == pred).sum())
    assert found["accuracy"] == pytest.approx((right / n, *map(float, wilson(right, n))))
    five = int((result.true_rank[keep] < 5).sum())
    assert found["top-5 accuracy"] == pytest.approx((five / n, *map(float, wilson(five, n))))
    group, half = np.arange(24) // 6, np.arange(24) // 12
    height = np.where(np.equal.outer(half, half), 2, 3)
    height = np.where(np.equal.outer(group, group), 1, height) * (1 - np.eye(24, dtype=int))
    of_one = height[true, pred]
    assert found["mistake severity"] == pytest.approx(with_interval(of_one[true != pred]))
    assert found["HD@1"] == pytest.approx(with_interval(of_one))
    top = result.topk_class[keep][:, :5]
    assert found["HD@5"] == pytest.approx(with_interval(height[true[:, None], top].mean(axis=1)))
    assert found["best HD@5"] == pytest.approx((4 / 5, np.nan, np.nan), nan_ok=True)
    # Every class has the same depth, so that the three are one mean.
    shared = with_interval((3 - of_one) / 3)
    for name in ("precision", "recall", "F"):
        assert found[f"hierarchical {name}"] == pytest.approx(shared)
    counts = np.zeros((24, 24), int)
    np.add.at(counts, (true, pred), 1)
    for depth in (1, 2):
        value, least, most = found[f"cut accuracy, level {depth}"]
        assert value == pytest.approx(cut_accuracy(counts, tree, tree.cut(depth)))
        assert least < value < most
    assert "cut accuracy, level 3" not in found


def test_the_intervals_are_those_of_the_report(ask, planted):
    result, tree = planted.results["model"], planted.hierarchies["crossed"]
    found = numbers(ask("summary", tree="crossed", where={}))
    facts = hierarchical_facts(result, result.cells(), tree)
    for name, key in (
        ("hierarchical precision", "hp"),
        ("hierarchical recall", "hr"),
        ("hierarchical F", "hf"),
        ("mistake severity", "severity"),
        ("HD@1", "hd_1"),
        ("HD@5", "hd_5"),
    ):
        told = facts[key]
        expected = [told["value"], told["low"], told["high"]]
        assert found[name] == pytest.approx(expected, rel=1e-6), name


def test_what_is_unknown_is_undefined(session):
    asking = {"view": "summary", "result": "table", "tree": {"hierarchy": "given"}, "where": {}}
    found = numbers(session.request(asking))
    assert np.isnan(found["top-5 accuracy"]).all()
    assert np.isnan(found["HD@5"][0])
    assert np.isnan(found["best HD@5"][0])
    assert found["accuracy"][0] == 0.75


def test_without_samples_everything_but_their_number_is_undefined(ask):
    found = numbers(ask("summary", where={"p_pred": [2, 3]}))
    assert found.pop("samples")[0] == 0
    assert all(np.isnan(row).all() for row in found.values())


def test_every_number_has_its_unit_and_meaning(ask):
    columns = ask("summary", where={}).columns
    assert set(columns["unit"]) == {"samples", "share", "levels"}
    assert all(text.endswith(".") for text in columns["text"])
    assert len(set(columns["name"])) == len(columns["name"])
