from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import classblocks as cb
from classblocks.core.branch_cuts import choose_cuts, even_nodes, note_of, parts
from classblocks.core.separability import separability

#            root
#        ┌────┴─────┐
#        A          B
#     ┌──┴──┐    ┌──┴──┐
#     AA    AB   BA    BB      two classes each: 0 … 7
TREE = cb.Hierarchy.from_nested(
    {"A": {"AA": ["0", "1"], "AB": ["2", "3"]}, "B": {"BA": ["4", "5"], "BB": ["6", "7"]}},
    list("01234567"),
)
FINAL = 100 * np.eye(8, dtype=int)


def mixed(size, n_classes=8):
    """Classes in runs of ``size`` are taken for each other evenly, and for no others."""
    return np.kron(np.eye(n_classes // size, dtype=int), np.full((size, size), 96 // size))


def names(tree, nodes):
    return [tree.name[node] for node in nodes]


def cuts_of(tree, probes, final, **given):
    return choose_cuts(tree, separability(probes, final, tree), **given)


def all_cuts(tree, node=0):
    """Every set of nodes that partitions the classes of a node; chains count once."""
    below = parts(tree, node).tolist()
    yield (node,)
    for chosen in product(*(list(all_cuts(tree, child)) for child in below)):
        if below:
            yield sum(chosen, ())


def recall_of(counts, tree, node):
    group = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
    total = counts[group].sum()
    return counts[np.ix_(group, group)].sum() / total if total else np.nan


def kept(counts, tree, node):
    group = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
    return int(counts[np.ix_(group, group)].sum())


def is_told(node, counts, final, tree, tau):
    """Whether a group keeps tau of the recall; None where there is nothing to judge by."""
    now, last = recall_of(counts, tree, node), recall_of(final, tree, node)
    if np.isnan(now) or not last > 0:
        return None
    return now / last >= tau - 1e-9


def may_split(node, counts, final, tree, tau):
    told = [is_told(child, counts, final, tree, tau) for child in parts(tree, node).tolist()]
    return bool(told) and False not in told and True in told


def naive(counts, final, tree, tau, most, prefer):
    """The greedy of METHODS §16.3, read aloud and measured anew at every step."""
    cut = parts(tree, 0).tolist()
    if False in [is_told(node, counts, final, tree, tau) for node in cut]:
        return cut
    while True:
        able = [
            node
            for node in cut
            if may_split(node, counts, final, tree, tau)
            and len(cut) - 1 + len(parts(tree, node)) <= most
        ]
        if not able:
            return sorted(cut)
        lost = {
            node: kept(counts, tree, node)
            - sum(kept(counts, tree, child) for child in parts(tree, node).tolist())
            for node in able
        }
        if prefer == "size":
            lost = {node: -(tree.stop[node] - tree.start[node]) for node in able}
        cheapest = min(able, key=lambda node: (lost[node], node))
        cut.remove(cheapest)
        cut += parts(tree, cheapest).tolist()


@pytest.mark.parametrize(("size", "expected"), [(4, ["A", "B"]), (2, ["AA", "AB", "BA", "BB"])])
def test_the_planted_depth_is_found(size, expected):
    (cut,) = cuts_of(TREE, {"layer": mixed(size)}, FINAL, most=8)
    assert names(TREE, cut.nodes) == expected
    assert cut.qualifies
    assert cut.inherited_from is None
    assert cut.min_recall_ratio == cut.cut_accuracy == cut.min_f1 == 1


def test_every_layer_gets_what_it_separates():
    probes = {"early": mixed(4), "middle": mixed(2), "late": FINAL}
    cuts = cuts_of(TREE, probes, FINAL, most=8)
    assert [len(cut.nodes) for cut in cuts] == [2, 4, 8]
    assert [cut.layer for cut in cuts] == ["early", "middle", "late"]
    assert note_of(TREE, cuts, 0.8) == ""


def test_only_the_side_that_is_separable_is_split():
    probe = mixed(4)
    probe[:4, :4] = mixed(2)[:4, :4]
    (cut,) = cuts_of(TREE, {"layer": probe}, FINAL, most=8)
    assert names(TREE, cut.nodes) == ["AA", "AB", "B"]


def test_the_threshold_is_a_share_of_the_final_recall_and_includes_its_own_value():
    # B keeps 0.72 of its samples in the layer and 0.9 in the network: 0.8 of it.
    tree = cb.Hierarchy.from_nested({"A": ["0", "1"], "B": ["2", "3"]}, list("0123"))
    layer = np.array([[50, 0, 0, 0], [0, 50, 0, 0], [14, 0, 36, 0], [0, 14, 0, 36]])
    final = np.array([[50, 0, 0, 0], [0, 50, 0, 0], [5, 0, 45, 0], [0, 5, 0, 45]])
    (cut,) = cuts_of(tree, {"l": layer}, final, most=2)
    assert cut.qualifies
    assert cut.min_recall_ratio == pytest.approx(0.8)
    (cut,) = cuts_of(tree, {"l": layer}, final, tau=0.81, most=2)
    assert not cut.qualifies
    assert names(tree, cut.nodes) == ["A", "B"]


def test_what_no_layer_separates_is_the_coarsest_cut_and_is_said():
    cuts = cuts_of(TREE, {"early": mixed(8), "late": mixed(2)}, FINAL, most=8)
    assert names(TREE, cuts[0].nodes) == ["A", "B"]
    assert not cuts[0].qualifies
    assert cuts[0].min_recall_ratio == 0.5
    note = note_of(TREE, cuts, 0.8)
    assert note == (
        "early does not tell the top groups apart (A keeps 0.50 of the final recall, 0.8 is asked "
        "for): coarsest cut"
    )


def test_the_number_of_groups_never_falls():
    probes = {"a": mixed(2), "b": mixed(4), "c": mixed(8), "d": FINAL}
    cuts = cuts_of(TREE, probes, FINAL, most=8)
    assert [len(cut.nodes) for cut in cuts] == [4, 4, 4, 8]
    assert [cut.inherited_from for cut in cuts] == [None, "a", "a", None]
    assert [cut.qualifies for cut in cuts] == [True, False, False, True]
    assert cuts[1].min_recall_ratio == 0.5
    assert "b alone would get fewer groups: those of a" in note_of(TREE, cuts, 0.8)


def test_as_many_groups_of_other_classes_are_a_layers_own():
    left, right = mixed(4), mixed(4)
    left[:4, :4] = right[4:, 4:] = mixed(2)[:4, :4]
    cuts = cuts_of(TREE, {"a": left, "b": right}, FINAL, most=8)
    assert [names(TREE, cut.nodes) for cut in cuts] == [["AA", "AB", "B"], ["A", "BA", "BB"]]
    assert [cut.inherited_from for cut in cuts] == [None, None]


def test_the_cheapest_split_comes_first():
    probe = mixed(2)
    probe[0, 0] -= 3
    probe[0, 2] += 3  # three samples more lost between AA and AB
    (cut,) = cuts_of(TREE, {"l": probe}, FINAL, most=3)
    assert names(TREE, cut.nodes) == ["A", "BA", "BB"]
    (tie,) = cuts_of(TREE, {"l": mixed(2)}, FINAL, most=3)
    assert names(TREE, tie.nodes) == ["AA", "AB", "B"]


def test_the_largest_group_first_where_that_is_preferred():
    nested = {"L": [["0", "1", "2"], ["3", "4", "5"]], "S": [["6", "7"], ["8", "9"]]}
    tree = cb.Hierarchy.from_nested(nested, list("0123456789"))
    probe = 100 * np.eye(10, dtype=int)
    probe[0, 3] = probe[3, 0] = 9
    sizes = {
        prefer: (tree.stop - tree.start)[
            cuts_of(tree, {"l": probe}, 100 * np.eye(10, dtype=int), most=4, prefer=prefer)[0].nodes
        ].tolist()
        for prefer in ("accuracy", "size")
    }
    assert sizes == {"accuracy": [6, 1, 1, 2], "size": [3, 3, 2, 2]}


def test_groups_without_samples_neither_block_nor_are_split():
    probe, final = mixed(2), FINAL.copy()
    probe[4:] = final[4:] = 0
    (cut,) = cuts_of(TREE, {"l": probe}, final, most=8)
    assert names(TREE, cut.nodes) == ["AA", "AB", "B"]
    assert cut.qualifies
    nothing = np.zeros((8, 8), int)
    (cut,) = cuts_of(TREE, {"l": nothing}, nothing, most=8)
    assert names(TREE, cut.nodes) == ["A", "B"]
    assert not cut.qualifies
    assert np.isnan([cut.min_recall_ratio, cut.min_f1, cut.cut_accuracy]).all()
    assert note_of(TREE, [cut], 0.8) == "l has no samples to judge by: coarsest cut"


def test_an_unequal_binary_tree():
    # A caterpillar, as single linkage makes it: {0}, then {1}, … and the rest.
    nested = "7"
    for class_id in range(6, -1, -1):
        nested = {"name": f"rest {class_id}", "children": [str(class_id), nested]}
    tree = cb.Hierarchy.from_nested(nested, list("01234567"))
    probe = FINAL.copy()
    probe[4:, 4:] = 25
    (cut,) = cuts_of(tree, {"l": probe}, FINAL, most=8)
    assert names(tree, cut.nodes) == ["0", "1", "2", "3", "rest 4"]
    (cut,) = cuts_of(tree, {"l": probe}, FINAL)
    assert names(tree, cut.nodes) == ["0", "rest 1"]


def test_chains_of_single_children_count_once():
    nested = {"top": {"only": {"A": {"inner": ["0", "1"]}, "B": {"C": {"D": ["2", "3"]}}}}}
    tree = cb.Hierarchy.from_nested(nested, list("0123"))
    (cut,) = cuts_of(tree, {"l": mixed(2, 4)}, 48 * np.eye(4, dtype=int))
    assert names(tree, cut.nodes) == ["inner", "D"]
    (cut,) = cuts_of(tree.contract(), {"l": mixed(2, 4)}, 48 * np.eye(4, dtype=int))
    assert names(tree.contract(), cut.nodes) == ["inner", "D"]


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_classes = draw(st.integers(3, 8))
    noise = draw(st.sampled_from([0.1, 0.5, 2.0]))

    def counts():
        total = rng.integers(0, 30, n_classes) * (rng.random(n_classes) < 0.85)
        share = np.eye(n_classes) * 4 + noise * rng.random((n_classes, n_classes))
        share /= share.sum(axis=1, keepdims=True)
        rows = zip(total, share, strict=True)
        return np.array([rng.multinomial(n, p) for n, p in rows])

    return int(rng.integers(10_000)), n_classes, counts(), counts(), draw(st.integers(2, 10))


@given(problems(), st.sampled_from([0.5, 0.8, 1.0]), st.sampled_from(["accuracy", "size"]))
def test_the_greedy_among_all_cuts(random_hierarchy, problem, tau, prefer):
    seed, n_classes, probe, final, extra = problem
    tree = random_hierarchy(seed, n_classes)
    top = len(parts(tree, 0))
    if top == n_classes:
        return
    most = max(top, min(extra, n_classes))
    (cut,) = cuts_of(tree, {"l": probe}, final, tau=tau, most=most, prefer=prefer)
    chosen = cut.nodes.tolist()
    cuts = [set(found) for found in all_cuts(tree) if len(found) >= 2]
    assert set(chosen) in cuts
    assert top <= len(chosen) <= most
    assert chosen == naive(probe, final, tree, tau, most, prefer)

    told = [is_told(node, probe, final, tree, tau) for node in chosen]
    assert cut.qualifies == (False not in told and True in told)
    if not cut.qualifies:
        assert chosen == parts(tree, 0).tolist()
        return
    for node in chosen:
        n_groups = len(chosen) - 1 + len(parts(tree, node))
        assert not may_split(node, probe, final, tree, tau) or n_groups > most
    reachable = [found for found in cuts if _by_splits(found, probe, final, tree, tau)]
    finest = max(map(len, reachable))
    assert len(chosen) <= finest
    if finest <= most:
        assert set(chosen) in reachable
        assert len(chosen) == finest


def _by_splits(cut, probe, final, tree, tau):
    """Whether every group above the cut, the root aside, may be split."""
    above = {int(a) for node in cut for a in tree.ancestors(node)} - {0}
    split = [a for a in above if len(tree.children(a)) > 1 and a not in _chain_to(tree, 0)]
    return all(may_split(a, probe, final, tree, tau) for a in split)


def _chain_to(tree, node):
    """Nodes with the classes of ``node``."""
    same = (tree.start == tree.start[node]) & (tree.stop == tree.stop[node])
    return set(np.flatnonzero(same).tolist())


@given(problems(), st.integers(1, 4))
def test_numbers_of_groups_never_fall_whatever_the_evidence(random_hierarchy, problem, n_layers):
    seed, n_classes, probe, final, _ = problem
    tree = random_hierarchy(seed, n_classes)
    if len(parts(tree, 0)) == n_classes:
        return
    rng = np.random.default_rng(seed)
    probes = {str(i): rng.permutation(probe, axis=1) if i else probe for i in range(n_layers)}
    cuts = cuts_of(tree, probes, final, most=n_classes)
    sizes = [len(cut.nodes) for cut in cuts]
    assert sizes == sorted(sizes)
    for before, cut in pairwise(cuts):
        alone = cuts_of(tree, {cut.layer: probes[cut.layer]}, final, most=n_classes)[0]
        if len(alone.nodes) < len(before.nodes):
            assert cut.nodes.tolist() == before.nodes.tolist()
            assert cut.inherited_from == (before.inherited_from or before.layer)
        else:
            assert cut.nodes.tolist() == alone.nodes.tolist()


@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(2, 6), st.integers(1, 5))
def test_even_cuts_grow_and_nest(random_hierarchy, seed, n_classes, first, n_layers):
    tree = random_hierarchy(seed, n_classes)
    top = len(parts(tree, 0))
    if top == n_classes:
        return
    most = max(top, n_classes // 2)
    cuts = even_nodes(tree, n_layers, first, 2.5, most)
    sizes = [len(nodes) for nodes in cuts]
    assert sizes == sorted(sizes)
    assert sizes[-1] <= most
    for coarse, fine in pairwise(cuts):
        starts = set(tree.start[fine].tolist())
        assert set(tree.start[coarse].tolist()) <= starts
    for number, nodes in enumerate(cuts):
        assert tree.start[nodes].tolist() == [0, *tree.stop[nodes][:-1].tolist()]
        assert tree.stop[nodes[-1]] == n_classes
        wanted = min(first * 2.5**number, most)
        for node in nodes.tolist():
            n_parts = len(parts(tree, node))
            then = len(nodes) - 1 + n_parts
            nearer = n_parts and abs(then - wanted) < abs(len(nodes) - wanted)
            assert not nearer or then > most


def test_even_cuts_divide_the_largest_group():
    sizes = {"a": 12, "b": 6, "c": 2}
    nested, ids = {}, iter(range(20))

    def half(n):
        if n == 1:
            return str(next(ids))
        return [half(n // 2), half(n - n // 2)]

    nested = {name: half(n) for name, n in sizes.items()}
    tree = cb.Hierarchy.from_nested(nested, [str(i) for i in range(20)])
    cuts = even_nodes(tree, 2, 3, 2, most=None)
    assert [(tree.stop[n] - tree.start[n]).tolist() for n in cuts] == [[12, 6, 2], [3, 3, 6, 6, 2]]


@pytest.mark.parametrize(
    ("tree", "given", "words"),
    [
        (cb.Hierarchy.flat(list("0123")), {}, "its root has the 4 classes as children and no grou"),
        (cb.Hierarchy.flat(["0"]), {}, "expected at least 2 groups, it has 1 class"),
        (TREE, {"most": 1}, "most: expected at least 2, got 1"),
        (TREE, {"most": 2.5}, "most: expected a whole number, got 2.5"),
        (TREE, {"tau": 0}, "tau: expected a number above 0 and at most 1, got 0"),
        (TREE, {"tau": 1.01}, "tau: expected"),
        (TREE, {"tau": float("nan")}, "tau: expected"),
        (TREE, {"tau": True}, "tau: expected"),
        (TREE, {"tau": "0.8"}, "tau: expected"),
        (TREE, {"prefer": "both"}, "prefer: expected one of accuracy, size, got 'both'"),
    ],
)
def test_bad_input_is_named(tree, given, words):
    counts = np.eye(tree.n_classes, dtype=int)
    with pytest.raises(ValueError, match=words):
        cuts_of(tree, {"l": counts}, counts, **given)


def test_a_limit_below_the_top_of_the_tree_is_refused():
    tree = cb.Hierarchy.from_nested([["0", "1"], ["2"], ["3"]], list("0123"))
    counts = np.eye(4, dtype=int)
    with pytest.raises(ValueError, match="most: expected at least 3, the children of the root"):
        cuts_of(tree, {"l": counts}, counts, most=2)
    (cut,) = cuts_of(tree, {"l": counts}, counts)
    assert len(cut.nodes) == 3
