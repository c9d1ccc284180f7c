import json

import numpy as np
import pytest

from classblocks.app.parameters import RequestError
from classblocks.core.confusion import confusion


def leaves(tree, node):
    return set(tree.class_of_leaf[tree.start[node] : tree.stop[node]].tolist())


def wrong_counts(study):
    result = study.result("model")
    wrong = result.true != result.pred
    return confusion(result.true[wrong], result.pred[wrong], 24)


def dasgupta(counts, tree):
    cost = 0
    for i, j in zip(*np.nonzero(counts), strict=True):
        both = [v for v in range(tree.n_nodes) if {i, j} <= leaves(tree, v)]
        cost += counts[i, j] * min(len(leaves(tree, v)) for v in both)
    return cost / (counts.sum() * 24)


def test_the_best_match_has_the_largest_jaccard_index(ask, planted):
    reply = ask("compare", where={}, **{"with": {"hierarchy": "crossed"}})
    tree, other = planted.hierarchies["planted"], planted.hierarchies["crossed"]
    for node in range(tree.n_nodes):
        mine = leaves(tree, node)
        scores = [
            len(mine & leaves(other, v)) / len(mine | leaves(other, v))
            for v in range(other.n_nodes)
        ]
        best = reply.columns["best"][node]
        assert reply.columns["jaccard"][node] == pytest.approx(max(scores))
        assert scores[best] == max(scores)
        assert reply.columns["best_name"][node] == other.name[best]


def test_mass_and_scores_are_of_the_errors(ask, planted):
    reply = ask("compare", where={"top_k": 1}, **{"with": {"hierarchy": "crossed"}})
    tree, other = planted.hierarchies["planted"], planted.hierarchies["crossed"]
    counts = wrong_counts(planted)
    for node in range(tree.n_nodes):
        inside = np.isin(np.arange(24), list(leaves(tree, node)))
        share = counts[np.ix_(inside, inside)].sum() / counts.sum()
        assert reply.columns["mass"][node] == pytest.approx(share)
    costs = json.loads(reply.metadata["dasgupta"])
    assert costs == pytest.approx([dasgupta(counts, tree), dasgupta(counts, other)])
    half, group = np.arange(24) // 12, np.arange(24) // 6
    levels = [1] + [counts[np.equal.outer(of, of)].sum() / counts.sum() for of in (half, group)]
    mine, theirs = json.loads(reply.metadata["level_mass"])
    assert mine == pytest.approx(levels)
    third = np.arange(24) % 3
    assert theirs[:2] == pytest.approx(
        [1, counts[np.equal.outer(third, third)].sum() / counts.sum()]
    )
    chance = json.loads(reply.metadata["pair_mass"])
    assert chance[0] == pytest.approx([1, 11 / 23, 5 / 23])
    assert chance[1][:2] == pytest.approx([1, 7 / 23])


def test_without_errors_shares_are_null(ask):
    nothing = {"p_pred": [2, 3]}
    reply = ask("compare", where=nothing, **{"with": {"hierarchy": "planted"}})
    assert json.loads(reply.metadata["dasgupta"]) == [None, None]
    assert np.isnan(reply.columns["mass"]).all()
    assert (reply.columns["jaccard"] == 1).all()
    assert ask("repair", where=nothing, limit=3).columns["node"].size == 0


def test_a_repair_changes_the_cost_as_it_says(ask, planted):
    # The first planted group is split between two groups far apart.
    parent = [-1, 0, *[1] * 9, 0, *[11] * 15]
    class_id = [-1, -1, 0, 1, 2, *range(6, 12), -1, 3, 4, 5, *range(12, 24)]
    tree = {"parent": parent, "class": class_id}
    moves = ask("repair", tree=tree, where={}, limit=5).columns
    assert moves["node"].size == 5
    assert (np.diff(moves["change"]) >= 0).all()
    counts = wrong_counts(planted)
    groups = {
        v: {class_id[u] for u in range(27) if class_id[u] >= 0 and v in above(parent, u)}
        for v in range(27)
    }
    before = cost(counts, groups.values())
    for row in range(5):
        node, beside = int(moves["node"][row]), int(moves["beside"][row])
        moved = dict(groups)
        for v in above(parent, node) - {node} - above(parent, beside):
            moved[v] = groups[v] - groups[node]
        for v in above(parent, beside) - {beside} - above(parent, node):
            moved[v] = groups[v] | groups[node]
        after = cost(counts, [*moved.values(), groups[node] | groups[beside]])
        assert moves["change"][row] == pytest.approx(after - before, abs=1e-6)
        assert after < before
        between = counts[np.ix_(list(groups[node]), list(groups[beside]))].sum()
        between += counts[np.ix_(list(groups[beside]), list(groups[node]))].sum()
        assert moves["mass"][row] == between


def cost(counts, groups):
    """Dasgupta cost of nested groups."""
    size = np.full((24, 24), 24)
    for group in sorted(groups, key=len, reverse=True):
        size[np.ix_(list(group), list(group))] = len(group)
    return (counts * size).sum() / (counts.sum() * 24)


def above(parent, node):
    """``node`` and its ancestors."""
    found = {node}
    while parent[node] >= 0:
        node = parent[node]
        found.add(node)
    return found


@pytest.mark.parametrize(
    ("view", "given", "text"),
    [
        ("compare", {"with": {"hierarchy": "x"}}, "unknown hierarchy 'x'"),
        ("compare", {"with": "planted"}, "'with' must be"),
        ("compare", {"with": {"parent": [-1], "class": [0]}}, "'with' must be"),
        ("compare", {}, "'with' is missing"),
        ("repair", {"limit": 201}, r"limits are 1\.\.200"),
        ("repair", {"limit": "5"}, "'limit' must be an integer"),
    ],
)
def test_bad_requests_are_named(ask, view, given, text):
    with pytest.raises(RequestError, match=text):
        ask(view, where={}, **given)
