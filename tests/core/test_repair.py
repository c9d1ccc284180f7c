import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.compare import dasgupta_cost
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.repair import repair_moves

NAMES = list("012345")


def moved(tree, node, beside):
    """The hierarchy after the move, built anew; groups left with one child or none vanish."""

    def build(v):
        if v == node:
            return None
        children = tree.children(v).tolist()
        if not children:
            built = int(tree.class_of_node[v])
        else:
            parts = [part for part in map(build, children) if part is not None]
            if not parts:
                return None
            built = parts[0] if len(parts) == 1 else parts
        return [built, subtree(node)] if v == beside else built

    def subtree(v):
        children = tree.children(v).tolist()
        return [subtree(c) for c in children] if children else int(tree.class_of_node[v])

    nested = build(0)
    return Hierarchy.from_nested(
        nested if isinstance(nested, list) else [nested], [str(c) for c in range(tree.n_classes)]
    )


def possible_moves(tree, counts):
    """Every pair of different branches with errors between them, and the change of the cost."""
    before = dasgupta_cost(counts, tree)
    errors = counts + counts.T
    for node in range(1, tree.n_nodes):
        if len(tree.children(tree.parent[node])) == 1:
            continue
        mine = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
        own = counts.copy()
        others = np.setdiff1d(np.arange(tree.n_classes), mine)
        own[np.ix_(others, others)] = 0
        own[np.ix_(mine, mine)] = 0
        for beside in range(1, tree.n_nodes):
            apart = tree.stop[node] <= tree.start[beside] or tree.stop[beside] <= tree.start[node]
            if not apart:
                continue
            theirs = tree.class_of_leaf[tree.start[beside] : tree.stop[beside]]
            mass = int(errors[np.ix_(mine, theirs)].sum())
            after = moved(tree, node, beside)
            if mass and dasgupta_cost(own, after, False) < dasgupta_cost(own, tree, False):
                yield node, beside, dasgupta_cost(counts, after) - before, mass


def test_worked_example():
    tree = Hierarchy.from_nested([["0", "1"], ["2", "3"], ["4", "5"]], NAMES)
    counts = np.zeros((6, 6), int)
    counts[0, 2], counts[3, 1], counts[0, 1], counts[2, 3] = 5, 5, 2, 2
    table = repair_moves(counts, tree, every_place=True)
    pairs = list(zip(table["node"].tolist(), table["beside"].tolist(), strict=True))
    groups = pairs.index((1, 4))
    assert table["change"][groups] == pytest.approx((48 - 68) / 84)
    assert table["mass"][groups] == 10
    assert dasgupta_cost(counts, moved(tree, 1, 4), normalised=False) == 48


def test_a_lost_class_is_sent_home():
    tree = Hierarchy.from_nested([["0", "1", "2", "6"], ["3", "4", "5"]], list("0123456"))
    counts = np.full((7, 7), 9)
    counts[6, 3:6] = 40
    counts[:3, 3:6] = counts[3:6, :3] = 0
    counts[6, :3] = counts[:3, 6] = 0
    row = repair_moves(counts, tree).row(0)
    assert tree.name[row["node"]] == "6"
    assert tree.name[row["beside"]] == "3"
    assert row["mass"] == 49


def test_a_group_without_errors_does_not_move_for_its_size():
    tree = Hierarchy.from_nested([["0", "1", "2", "3", ["4", "5"]], ["6", "7"]], list("01234567"))
    counts = np.zeros((8, 8), int)
    counts[:4, :4] = 20
    counts[4, :4] = 3
    counts[4, 6] = 1
    table = repair_moves(counts, tree, every_place=True)
    leaves = {tuple(tree.class_of_leaf[tree.start[v] : tree.stop[v]]) for v in table["node"]}
    assert (6,) in leaves
    for node, beside in zip(table["node"], table["beside"], strict=True):
        if tree.class_of_leaf[tree.start[node]] == 4:
            assert tree.stop[beside] <= 4


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(1, 6))
def test_moves_by_rebuilding_the_tree(random_hierarchy, seed, n, limit):
    tree = random_hierarchy(seed, n)
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.4, 2, (n, n)))
    np.fill_diagonal(counts, 3)
    if counts.sum() == 3 * n:
        assert repair_moves(counts, tree).n_rows == 0
        return
    every = {(u, v): (change, mass) for u, v, change, mass in possible_moves(tree, counts)}
    table = repair_moves(counts, tree, limit)
    for i in range(table.n_rows):
        row = table.row(i)
        change, mass = every[row["node"], row["beside"]]
        assert row["change"] == pytest.approx(change)
        assert row["mass"] == mass
    best = {}
    for (node, beside), (change, _) in sorted(every.items()):
        if change < best.get(node, (0, 0))[0] - 1e-12:
            best[node] = (change, beside)
    places = [(node, beside, change) for node, (change, beside) in best.items()]
    assert listed(table) == ranked(tree, places)[:limit]
    places = [(node, beside, change) for (node, beside), (change, _) in every.items()]
    assert (
        listed(repair_moves(counts, tree, limit, every_place=True))
        == ranked(tree, [place for place in places if place[2] < -1e-12])[:limit]
    )


def listed(table):
    return list(zip(table["change"].round(9), table["node"], table["beside"], strict=True))


def ranked(tree, places):
    """By change, node and place; one row for two siblings."""
    rows = set()
    for node, beside, change in places:
        siblings = tree.parent[node] == tree.parent[beside]
        pair = sorted((node, beside)) if siblings else (node, beside)
        rows.add((round(change, 9), *pair))
    return sorted(rows)


def test_nothing_to_repair():
    assert repair_moves(np.diag([1, 2, 3]), Hierarchy.flat(list("abc"))).n_rows == 0
    assert repair_moves([[4]], Hierarchy.flat(["only"])).n_rows == 0
    two = repair_moves([[4, 1], [1, 4]], Hierarchy.flat(["a", "b"]))
    assert two.n_rows == 0
    assert two["change"].dtype == np.float64


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"limit: expected a whole number, got 1\.5"):
        repair_moves(np.zeros((2, 2), int), Hierarchy.flat(["a", "b"]), 1.5)
    with pytest.raises(ValueError, match="limit: expected at least 1, got 0"):
        repair_moves(np.eye(3, dtype=int), Hierarchy.flat(list("abc")), 0)
    with pytest.raises(ValueError, match="expected 2 classes"):
        repair_moves(np.eye(3, dtype=int), Hierarchy.flat(list("ab")))
