from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.confusion import cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.partition import ALONG, OBJECTIVES, partition
from classblocks.core.similarity import confusion_similarity

# METHODS worked example 5.
A = np.array(
    [
        [0, 5, 4, 0, 0, 1],
        [6, 0, 5, 0, 1, 0],
        [4, 4, 0, 1, 0, 0],
        [0, 0, 1, 0, 7, 0],
        [0, 1, 0, 6, 0, 2],
        [1, 0, 0, 0, 1, 0],
    ]
)
ORDER = np.arange(6)


def raw(order, n_blocks, objective="size_weighted", counts=A, **more):
    return partition(counts, order, n_blocks, objective, transform="none", **more)


def value_of(matrix, cuts, objective, gamma=1.0):
    """The objective straight from its definition in METHODS §5."""
    total = matrix.sum()
    expected = np.outer(matrix.sum(1), matrix.sum(0)) / total if total else matrix * 0.0
    scores, inside, area = [], 0.0, 0
    for start, stop in pairwise(cuts):
        m = stop - start
        s = matrix[start:stop, start:stop].sum()
        inside, area = inside + s, area + m * (m - 1)
        if objective == "size_weighted":
            scores.append(s / m)
        elif objective == "modularity":
            scores.append((s - expected[start:stop, start:stop].sum()) / total if total else 0)
        elif objective == "generalised":
            scores.append(s / m**gamma)
        elif m > 1 and objective == "least_squares":
            scores.append(s * s / (m * (m - 1)))
        elif m > 1 and objective == "mean_density":
            scores.append(s / (m * (m - 1)))
    if objective == "pooled":
        return inside / area if area else float("nan")
    return sum(scores)


def all_cuts(n, n_blocks):
    for inner in combinations(range(1, n), n_blocks - 1):
        yield [0, *inner, n]


def best_by_brute_force(matrix, n_blocks, objective, gamma=1.0):
    return max(value_of(matrix, cuts, objective, gamma) for cuts in all_cuts(len(matrix), n_blocks))


@pytest.mark.parametrize(
    ("objective", "two", "three"),
    [
        ("size_weighted", 14.66667, 15.83333),
        ("mean_density", 7.33333, 11.16667),
        ("least_squares", 173.33333, 215.16667),
        ("pooled", 3.66667, 5.125),
    ],
)
def test_worked_example_5(objective, two, three):
    first, second = raw(ORDER, 2, objective), raw(ORDER, 3, objective)
    assert first.cuts.tolist() == [0, 3, 6]
    assert first.value == pytest.approx(two, abs=5e-6)
    assert first.in_block_mass == pytest.approx(0.88)
    assert second.cuts.tolist() == [0, 3, 5, 6]
    assert second.value == pytest.approx(three, abs=5e-6)
    assert second.cuts.dtype == np.int32


def test_worked_example_5_blocks():
    blocks = raw(ORDER, 3)
    assert blocks.block_sum.tolist() == [28, 13, 0]
    assert blocks.block_area.tolist() == [6, 2, 0]
    assert blocks.density[:2] == pytest.approx([28 / 6, 6.5])
    assert np.isnan(blocks.density[2])
    assert blocks.block_mass == pytest.approx([0.56, 0.26, 0])
    assert blocks.in_block_mass == pytest.approx(0.82)
    assert blocks.value_by_n == pytest.approx([8.33333, 14.66667, 15.83333], abs=5e-6)
    assert blocks.block_of_leaf.tolist() == [0, 0, 0, 1, 1, 2]


def test_modularity_chooses_the_number_of_blocks():
    auto = raw(ORDER, "auto", "modularity")
    assert auto.cuts.tolist() == [0, 3, 6]
    assert auto.value == pytest.approx(0.3512, abs=5e-5)
    best = max(best_by_brute_force(A, b, "modularity") for b in range(1, 7))
    assert auto.value == pytest.approx(best)
    assert raw(ORDER, "auto").n_blocks == 2


def example_tree():
    nested = {"a": ["0", "1", "2"], "b": {"b1": ["3", "4"], "b2": "5"}}
    return Hierarchy.from_nested(nested, list("012345"))


@pytest.mark.parametrize(
    ("n_blocks", "value", "names"),
    [
        (1, 8.3333, ["all"]),
        (2, 14.6667, ["a", "b"]),
        (3, 15.8333, ["a", "b1", "b2"]),
        (4, 9.3333, ["a", "3", "4", "b2"]),
        (6, 0, ["0", "1", "2", "3", "4", "b2"]),
    ],
)
def test_worked_example_5_along_the_tree(n_blocks, value, names):
    tree = example_tree()
    blocks = raw(tree, n_blocks, along="tree")
    assert blocks.value == pytest.approx(value, abs=5e-5)
    assert [tree.name[v] for v in blocks.nodes] == names
    assert blocks.cuts.tolist() == [*tree.start[blocks.nodes], 6]


def test_a_dense_pair_misleads_only_the_objectives_known_for_it():
    counts = np.kron(np.eye(2, dtype=int), np.full((4, 4), 3))
    np.fill_diagonal(counts, 0)
    counts[0, 1] = counts[1, 0] = 40
    order = np.arange(8)
    assert raw(order, 2, "mean_density", counts).cuts.tolist() == [0, 2, 8]
    assert raw(order, 2, "size_weighted", counts).cuts.tolist() == [0, 2, 8]
    pooled = raw(order, 2, "pooled", counts)
    assert pooled.cuts.tolist() == [0, 4, 8]
    assert pooled.value == pytest.approx(6.0833, abs=5e-5)
    assert partition(counts, order, 2).cuts.tolist() == [0, 4, 8]


@given(
    st.integers(0, 10_000),
    st.integers(1, 8),
    st.sampled_from(OBJECTIVES),
    st.sampled_from([0.5, 1.0, 1.7]),
)
def test_no_division_is_better(seed, n, objective, gamma):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([0.3, 4.0]), (n, n))
    order = rng.permutation(n)
    matrix = np.log1p(counts)[np.ix_(order, order)]
    np.fill_diagonal(matrix, 0)
    for n_blocks in range(1, n + 1):
        found = partition(counts, order, n_blocks, objective, gamma=gamma)
        if matrix.sum() == 0 and objective == "modularity":
            assert np.isnan(found.value)
            continue
        best = best_by_brute_force(matrix, n_blocks, objective, gamma)
        assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9, nan_ok=True)
        reached = value_of(matrix, found.cuts, objective, gamma)
        assert reached == pytest.approx(best, rel=1e-9, abs=1e-9, nan_ok=True)
        assert found.n_blocks == n_blocks
        if objective != "pooled":
            assert found.value_by_n[-1] == found.value


@given(st.integers(0, 10_000), st.integers(1, 9), st.sampled_from(OBJECTIVES))
def test_no_choice_of_nodes_is_better(random_hierarchy, seed, n, objective):
    tree = random_hierarchy(seed, n)
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.5, (n, n))
    matrix = counts[np.ix_(tree.class_of_leaf, tree.class_of_leaf)].astype(float)
    np.fill_diagonal(matrix, 0)
    nodes_below = {}
    for v in range(tree.n_nodes - 1, -1, -1):
        choices = [[]]
        for child in tree.children(v):
            choices = [left + right for left in choices for right in nodes_below[int(child)]]
        nodes_below[v] = [[v], *choices] if len(tree.children(v)) else [[v]]
    by_number = {}
    for nodes in nodes_below[0]:
        cuts = [*tree.start[nodes], n]
        by_number.setdefault(len(nodes), []).append(value_of(matrix, cuts, objective))
    for n_blocks in range(1, n + 1):
        if n_blocks not in by_number:
            with pytest.raises(ValueError, match=f"no {n_blocks} nodes .* smaller number is"):
                raw(tree, n_blocks, objective, counts, along="tree")
        elif matrix.sum():
            found = raw(tree, n_blocks, objective, counts, along="tree")
            best = max(by_number[n_blocks])
            assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9, nan_ok=True)
            assert len(found.nodes) == n_blocks
    if matrix.sum() and objective == "modularity":
        best = max(max(values) for values in by_number.values())
        auto = raw(tree, "auto", objective, counts, along="tree")
        assert auto.value == pytest.approx(best, abs=1e-9)


def planted(n_classes, n_blocks, seed=0):
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(5, n_classes - 5, 6), n_blocks - 1, replace=False))
    block = np.searchsorted(cuts, np.arange(n_classes), "right")
    rate = np.where(block[:, None] == block, 0.8, 0.02)
    return rng.poisson(rate), [0, *cuts.tolist(), n_classes]


def test_planted_blocks_are_found():
    counts, cuts = planted(1000, 20)
    assert partition(counts, np.arange(1000), 20).cuts.tolist() == cuts
    assert partition(counts, np.arange(1000), 20, "least_squares").cuts.tolist() == cuts


def test_the_order_decides_what_is_a_block():
    counts, cuts = planted(120, 6)
    shuffle = np.random.default_rng(1).permutation(120)
    mixed = counts[np.ix_(shuffle, shuffle)]
    again = partition(mixed, np.argsort(shuffle), 6)
    assert again.cuts.tolist() == cuts
    sparse = partition(cells_of(mixed), np.argsort(shuffle), 6)
    assert sparse.value == again.value


def test_a_coarse_partition_says_so_and_is_the_best_of_its_kind():
    counts, _ = planted(60, 4)
    matrix = np.log1p(counts)
    np.fill_diagonal(matrix, 0)
    found = partition(counts, np.arange(60), 3, step=7)
    assert found.step == 7
    allowed = range(7, 60, 7)
    best = max(
        value_of(matrix, [0, *inner, 60], "size_weighted") for inner in combinations(allowed, 2)
    )
    assert found.value == pytest.approx(best)
    assert all(cut % 7 == 0 for cut in found.cuts[:-1])
    with pytest.raises(ValueError, match="at most 9"):
        partition(counts, np.arange(60), 10, step=7)
    with pytest.raises(ValueError, match="step: expected 1 to 60, got 0"):
        partition(counts, np.arange(60), 2, step=0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_errors(objective):
    zero = partition(np.diag([3, 0, 2, 1]), np.arange(4), 2, objective)
    assert zero.cuts.tolist() == [0, 1, 4]
    assert zero.block_sum.tolist() == [0, 0]
    assert np.isnan(zero.in_block_mass)
    assert np.isnan(zero.block_mass).all()
    assert partition(np.zeros((4, 4), int), np.arange(4), objective=objective).n_blocks == 1


@pytest.mark.parametrize("along", ALONG)
def test_one_and_two_classes(along):
    one = partition([[5]], Hierarchy.flat(["only"]), 1, along=along)
    assert one.cuts.tolist() == [0, 1]
    assert one.value == 0
    assert np.isnan(one.density[0])
    two = partition([[5, 1], [2, 5]], Hierarchy.flat(["a", "b"]), 2, along=along)
    assert two.cuts.tolist() == [0, 1, 2]
    assert two.value == 0
    assert two.in_block_mass == 0
    whole = partition([[5, 1], [2, 5]], Hierarchy.flat(["a", "b"]), 1, along=along)
    assert whole.block_sum.tolist() == [3]
    assert whole.in_block_mass == 1


def test_single_class_blocks_have_no_pooled_density():
    assert np.isnan(raw(ORDER, 6, "pooled").value)


def test_ties_take_the_leftmost_cut():
    equal = np.ones((100, 100), int)
    assert partition(equal, np.arange(100), 4).cuts.tolist() == [0, 1, 2, 3, 100]
    assert partition(equal, np.arange(100)).cuts.tolist() == [0, 100]


def test_one_class_far_above_all_others():
    counts = np.ones((30, 30), int)
    counts[3, 4] = 10**12
    blocks = partition(counts, np.arange(30), 3)
    block = blocks.block_of_leaf[3]
    assert blocks.block_of_leaf[4] == block
    assert blocks.block_sum[block] == 10**12 + blocks.block_area[block] - 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((A, ORDER, 7), "expected 1 to 6"),
        ((A, ORDER, 0), "expected 1 to 6"),
        ((A, ORDER, "many"), "a number or 'auto'"),
        ((A, ORDER, True), "a number or 'auto'"),
        ((A, ORDER, 2.5), "a number or 'auto', got 2.5"),
        ((A, ORDER, None), "a number or 'auto', got None"),
        ((A, ORDER, 2, "density"), "objective: expected one of size_weighted"),
        ((A, np.arange(5), 2), "each of 6 class ids once"),
        ((A, np.array([0, 1, 2, 3, 4, 4]), 2), "each of 6 class ids once"),
        ((A, Hierarchy.flat(list("abc")), 2), "expected 3 classes"),
        ((np.zeros((0, 0), int), np.empty(0, int), 1), "at least one class"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        partition(*arguments)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"transform": "sqrt"}, "transform: expected one of log1p, none"),
        ({"along": "rows"}, "along: expected one of order, tree"),
        ({"step": 1.5}, "step: expected 1 to 6, got 1.5"),
        ({"step": 7}, "step: expected 1 to 6, got 7"),
        ({"along": "tree"}, "a class order has no nodes"),
        ({"objective": "generalised", "gamma": float("nan")}, "finite exponent"),
        ({"objective": "generalised", "gamma": "2"}, "finite exponent, got '2'"),
        ({"gamma": None}, "finite exponent, got None"),
    ],
)
def test_bad_words(more, message):
    with pytest.raises(ValueError, match=message):
        partition(A, ORDER, 2, **more)
    with pytest.raises(ValueError, match="expected 1 along the tree"):
        partition(A, example_tree(), 2, along="tree", step=2)


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_rows_at_a_time_do_not_show(objective, step, monkeypatch):
    counts, _ = planted(100, 5)
    whole = partition(counts, np.arange(100), 6, objective, step=step)
    auto = partition(counts, np.arange(100), objective=objective, step=step)
    monkeypatch.setattr("classblocks.core.segmentation._CHUNK", 600)
    parts = partition(counts, np.arange(100), 6, objective, step=step)
    assert (parts.cuts == whole.cuts).all()
    assert (parts.value_by_n == whole.value_by_n)[5 if objective == "pooled" else 0 :].all()
    again = partition(counts, np.arange(100), objective=objective, step=step)
    assert (again.cuts == auto.cuts).all()


def test_a_similarity_is_partitioned_as_it_is():
    counts, cuts = planted(80, 4)
    similarity = confusion_similarity(cells_of(counts))
    found = partition(similarity, np.arange(80), 4)
    assert found.cuts.tolist() == cuts
    assert found.transform == "none"
    assert found.value == pytest.approx(partition(counts, np.arange(80), 4).value)
    inside = [similarity[a:b][:, a:b].sum() for a, b in pairwise(cuts)]
    assert found.block_sum == pytest.approx(inside)
    assert found.in_block_mass == pytest.approx(sum(inside) / similarity.sum())
