from itertools import combinations, pairwise

import numpy as np
import pytest

from classblocks.app import criteria as criteria_table
from classblocks.app.parameters import RequestError
from classblocks.core.confusion import confusion
from classblocks.core.outliers import block_outliers
from classblocks.core.partition import partition

HALVES = {"n_blocks": 2, "objective": "size_weighted", "along": "order"}


def errors(study, where=None):
    """Errors by class, counted from the rows; ``where`` bounds p_pred."""
    result = study.result("model")
    low = 0 if where is None else where["p_pred"][0]
    keep = (result.p_pred >= np.float32(low)) & (result.true != result.pred)
    return confusion(result.true[keep], result.pred[keep], 24)


def brute_force_best(counts, n_blocks):
    """The best size-weighted cuts of log1p counts, over all cuts."""
    weight = np.log1p(counts)
    np.fill_diagonal(weight, 0)
    best = (-1.0, None)
    for inner in combinations(range(1, len(counts)), n_blocks - 1):
        cuts = [0, *inner, len(counts)]
        blocks = [weight[a:b, a:b].sum() / (b - a) for a, b in pairwise(cuts)]
        best = max(best, (sum(blocks), cuts), key=lambda found: found[0])
    return best


@pytest.mark.parametrize("where", [None, {"p_pred": [0.6, 1]}])
def test_partition_is_the_best_one(ask, planted, where):
    counts = errors(planted, where)
    reply = ask("partition", where=where or {}, **{**HALVES, "n_blocks": 4})
    value, cuts = brute_force_best(counts, 4)
    assert reply.columns["cut"].tolist() == cuts
    assert float(reply.metadata["value"]) == pytest.approx(value)
    assert reply.metadata["n_blocks"] == "4"
    assert reply.metadata["note"] == ""
    for k in range(4):
        block = counts[cuts[k] : cuts[k + 1], cuts[k] : cuts[k + 1]]
        assert reply.columns["sum"][k] == block.sum()
        assert reply.columns["area"][k] == len(block) * (len(block) - 1)
        assert reply.columns["density"][k] == pytest.approx(block.sum() / reply.columns["area"][k])
    inside = reply.columns["sum"][:4].sum() / counts.sum()
    assert float(reply.metadata["in_block_mass"]) == pytest.approx(inside)
    for name in ("sum", "area", "density"):
        assert np.isnan(reply.columns[name][4])


def test_planted_groups_are_found_in_any_tree_with_their_order(ask):
    reply = ask("partition", where={}, **{**HALVES, "n_blocks": "auto"})
    assert reply.columns["cut"].tolist() == [0, 6, 12, 18, 24]
    along = {"n_blocks": 4, "objective": "size_weighted", "along": "tree"}
    assert ask("partition", where={}, **along).columns["cut"].tolist() == [0, 6, 12, 18, 24]
    arrays = {"parent": [-1] + [0] * 24, "class": [-1, *range(24)]}
    by_array = ask("partition", tree=arrays, where={}, **{**HALVES, "n_blocks": 4})
    assert by_array.columns["cut"].tolist() == [0, 6, 12, 18, 24]


def test_cuts_of_many_classes_are_coarse_and_say_so(ask, planted, monkeypatch):
    monkeypatch.setattr(criteria_table, "_MOST_EXACT_CLASSES", 6)
    reply = ask("partition", where={}, **{**HALVES, "n_blocks": 3})
    assert (reply.columns["cut"] % 4 == 0).all()
    assert reply.metadata["note"] == "cuts lie at multiples of 4 classes"
    values = ask("criteria", where={}).columns["value"]
    expected = partition(errors(planted), np.arange(24), 6, step=4).in_block_mass
    assert values[0] == pytest.approx(expected)


def test_without_errors_values_are_undefined(ask):
    reply = ask("partition", where={"p_pred": [2, 3]}, **{**HALVES, "objective": "modularity"})
    assert reply.metadata["value"] == reply.metadata["in_block_mass"] == "nan"
    found = ask("outliers", where={"p_pred": [2, 3]}, cuts=[0, 12, 24], limit=5)
    assert found.columns["true"].size == 0
    assert found.metadata == {"n_outliers": "0", "mass": "0", "share": "nan"}
    values = ask("criteria", where={"p_pred": [2, 3]}).columns
    assert np.isnan(values["value"][values["name"].index("in-block mass")])


def test_outliers_are_the_errors_between_blocks(ask, planted):
    where = {"p_pred": [0.3, 1]}
    reply = ask("outliers", where=where, cuts=[0, 6, 12, 18, 24], limit=40)
    counts = errors(planted, where)
    block = np.arange(24) // 6
    crossing = np.where(block[:, None] != block[None, :], counts, 0)
    assert reply.metadata["n_outliers"] == str(np.count_nonzero(crossing))
    assert reply.metadata["mass"] == str(crossing.sum())
    assert float(reply.metadata["share"]) == pytest.approx(crossing.sum() / counts.sum())
    found = reply.columns
    assert found["true"].size == 40
    np.testing.assert_array_equal(found["count"], crossing[found["true"], found["pred"]])
    assert found["count"][0] == crossing.max()
    assert (np.diff(found["count"]) <= 0).all()
    half = np.arange(24) // 12
    crosses_half = half[found["true"]] != half[found["pred"]]
    np.testing.assert_array_equal(found["lca_height"], np.where(crosses_half, 3, 2))
    oracle = block_outliers(counts, [0, 6, 12, 18, 24], planted.hierarchies["planted"])
    np.testing.assert_allclose(found["expected"], oracle["expected"][:40], rtol=1e-6)
    np.testing.assert_allclose(found["surprise"], oracle["surprise"][:40], rtol=1e-5)


def test_a_smaller_limit_is_the_head(ask):
    many = ask("outliers", where={}, cuts=[0, 12, 24], limit=50)
    few = ask("outliers", where={}, cuts=[0, 12, 24], limit=3)
    assert few.metadata == many.metadata
    for name, column in few.columns.items():
        np.testing.assert_array_equal(column, many.columns[name][:3])


def test_criteria_by_their_definitions(ask, planted):
    counts = errors(planted)
    columns = ask("criteria", where={}).columns
    value = dict(zip(columns["name"], columns["value"], strict=True))
    weight = np.log1p(counts)
    similarity = (weight + weight.T) / 2
    distance = np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    assert value["linear seriation"] == pytest.approx((similarity * distance).sum() / 2)
    assert value["2-SUM"] == pytest.approx((similarity * distance**2).sum() / 2)
    near = counts[distance <= 2].sum() / counts.sum()
    assert value["band mass"] == pytest.approx(near)
    events = sum(
        int(similarity[i, k] > similarity[i, j]) + int(similarity[i, k] > similarity[j, k])
        for k in range(24)
        for j in range(k)
        for i in range(j)
    )
    assert value["anti-Robinson events"] == events
    group, half = np.arange(24) // 6, np.arange(24) // 12
    size = np.where(np.equal.outer(half, half), 12, 24)
    size = np.where(np.equal.outer(group, group), 6, size)
    assert value["Dasgupta cost"] == pytest.approx((counts * size).sum() / (counts.sum() * 24))
    best = partition(counts, np.arange(24), 6)
    size = np.diff(best.cuts)
    assert value["in-block mass"] == pytest.approx(best.in_block_mass)
    by_chance = (size * (size - 1)).sum() / (24 * 23)
    assert value["above chance"] == pytest.approx(best.in_block_mass - by_chance)
    assert dict(zip(columns["name"], columns["better"], strict=True)) == {
        "in-block mass": "",
        "above chance": "higher",
        "band mass": "higher",
        "linear seriation": "lower",
        "2-SUM": "lower",
        "anti-Robinson events": "lower",
        "Dasgupta cost": "lower",
    }


def test_the_planted_tree_is_better_than_the_crossed_one(ask):
    planted, crossed = (ask("criteria", tree=t, where={}).columns for t in ("planted", "crossed"))
    for one, other, better in zip(
        planted["value"], crossed["value"], planted["better"], strict=True
    ):
        if better:
            assert one < other if better == "lower" else one > other


@pytest.mark.parametrize(
    ("view", "changed", "text"),
    [
        ("partition", {"n_blocks": 0}, r"'n_blocks' must be \"auto\" or 1..24, got 0"),
        ("partition", {"n_blocks": 25}, r"1\.\.24, got 25"),
        ("partition", {"n_blocks": "many"}, "got 'many'"),
        ("partition", {"n_blocks": True}, "got True"),
        ("partition", {"objective": "best"}, "unknown objective 'best'"),
        ("partition", {"along": "leaf"}, "unknown way to divide 'leaf'"),
        ("partition", {"along": "tree", "n_blocks": 5}, "no 5 nodes of this hierarchy"),
        ("outliers", {"cuts": [0, 24, 12]}, "ascending cuts"),
        ("outliers", {"cuts": [0, 12]}, "ascending cuts from 0 to 24"),
        ("outliers", {"cuts": []}, "ascending cuts"),
        ("outliers", {"cuts": [0, 25]}, r"'cuts'\[1\] is 25"),
        ("outliers", {"limit": 0}, "'limit' is 0"),
        ("outliers", {"limit": 10_001}, r"limits are 1\.\.10000"),
        ("criteria", {"where": {"p_pred": 1}}, "'p_pred' must be"),
        ("criteria", {"limit": 1}, "unknown parameter 'limit'"),
    ],
)
def test_bad_requests_are_named(ask, view, changed, text):
    good = {
        "partition": HALVES,
        "outliers": {"cuts": [0, 12, 24], "limit": 5},
        "criteria": {},
    }[view]
    with pytest.raises(RequestError, match=text):
        ask(view, **{"where": {}, **good, **changed})
