import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from classblocks.core.confusion import count_cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import (
    GroupCounter,
    cut_accuracy,
    group_metrics,
    level_mass,
    pair_mass,
    wilson,
)

M = np.array([[5, 2, 1, 0], [1, 6, 0, 1], [0, 1, 7, 2], [0, 0, 3, 5]])


def two_groups():
    return Hierarchy.from_nested({"a": ["0", "1"], "b": ["2", "3"]}, list("0123"))


def test_worked_example_3():
    table = group_metrics(M, two_groups())
    rows = {name: i for i, name in enumerate(table["name"])}
    expected = {
        "a": (14, 1, 2, 0.93333, 0.875, 0.90323),
        "b": (17, 2, 1, 0.89474, 0.94444, 0.91892),
        "0": (5, 1, 3, 0.83333, 0.625, 0.71429),
        "all": (34, 0, 0, 1, 1, 1),
    }
    for name, values in expected.items():
        row = table.row(rows[name])
        got = [row[key] for key in ("tp", "fp", "fn", "precision", "recall", "f1")]
        assert got == pytest.approx(values, abs=5e-6)
    assert table["tp"].dtype == np.int64
    assert cut_accuracy(M, two_groups(), [1, 4]) == pytest.approx(0.91176, abs=5e-6)
    assert cut_accuracy(M, two_groups(), two_groups().cut(2)) == pytest.approx(0.67647, abs=5e-6)
    assert level_mass(M, two_groups()) == pytest.approx([1, 8 / 11])


def test_wilson_example_and_scipy():
    low, high = wilson(875, 1000)
    assert (low, high) == (pytest.approx(0.8531, abs=5e-5), pytest.approx(0.8941, abs=5e-5))
    for k, n in [(0, 7), (7, 7), (3, 11), (1, 1), (0, 1), (999, 1000)]:
        interval = binomtest(k, n).proportion_ci(method="wilson")
        assert wilson(k, n) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert wilson(0, 7)[0] == 0
    assert wilson(7, 7)[1] == 1
    assert np.isnan(wilson(0, 0)).all()


def test_leaves_are_what_scikit_learn_says():
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 12, (2, 300))
    pred[pred == 11] = 10
    true[true == 4] = 5
    tree = Hierarchy.from_nested([list(range(6)), list(range(6, 12))], [str(i) for i in range(12)])
    table = group_metrics(count_cells(true, pred, 12), tree)
    leaves = tree.node_of_class
    nan = np.nan
    precision, recall, f1, n_true = precision_recall_fscore_support(
        true, pred, labels=np.arange(12), zero_division=nan
    )
    assert table["precision"][leaves] == pytest.approx(precision, nan_ok=True)
    assert table["recall"][leaves] == pytest.approx(recall, nan_ok=True)
    # scikit-learn fills a half-defined F1 with 0, as METHODS §3 does; both undefined never occurs.
    assert table["f1"][leaves] == pytest.approx(np.nan_to_num(f1))
    assert (table["n_true"][leaves] == n_true).all()


def test_undefined_is_nan_and_never_zero():
    counts = np.zeros((4, 4), int)
    counts[0, 1] = 3
    table = group_metrics(counts, Hierarchy.flat(list("0123")))
    assert np.isnan(table["precision"]).tolist() == [False, True, False, True, True]
    assert np.isnan(table["recall"]).tolist() == [False, False, True, True, True]
    assert table["f1"][1:3].tolist() == [0, 0]
    assert np.isnan(table["f1"][3:]).all()
    assert np.isnan(table["precision_low"]).tolist() == np.isnan(table["precision"]).tolist()
    assert np.isnan(table["recall_high"]).tolist() == np.isnan(table["recall"]).tolist()


def test_no_samples():
    table = group_metrics(np.zeros((4, 4), int), two_groups())
    for name in ("precision", "recall", "f1", "recall_low"):
        assert np.isnan(table[name]).all()
    assert np.isnan(cut_accuracy(np.zeros((4, 4), int), two_groups(), [0]))
    assert np.isnan(level_mass(np.eye(4, dtype=int), two_groups())).all()


SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.integers(1, 20))
def test_brute_force_on_random_trees(random_hierarchy, seed, n_classes):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.4, (n_classes, n_classes))
    tree = random_hierarchy(seed, n_classes)
    table = group_metrics(counts, tree)
    for v in range(tree.n_nodes):
        inside = tree.class_of_leaf[tree.start[v] : tree.stop[v]]
        tp = counts[np.ix_(inside, inside)].sum()
        assert table["tp"][v] == tp
        assert table["fp"][v] == counts[:, inside].sum() - tp
        assert table["fn"][v] == counts[inside].sum() - tp
    if counts.sum():
        assert table["precision"][0] == table["recall"][0] == table["f1"][0] == 1

    wrong = counts * (1 - np.eye(n_classes, dtype=int))
    mass = level_mass(counts, tree)
    for depth, share in enumerate(mass):
        groups = tree.cut(depth)
        blocks = [tree.class_of_leaf[tree.start[v] : tree.stop[v]] for v in groups]
        inside = sum(wrong[np.ix_(block, block)].sum() for block in blocks)
        expected = inside / wrong.sum() if wrong.sum() else np.nan
        assert share == pytest.approx(expected, nan_ok=True)
        tp = sum(counts[np.ix_(block, block)].sum() for block in blocks)
        accuracy = tp / counts.sum() if counts.sum() else np.nan
        assert cut_accuracy(counts, tree, groups) == pytest.approx(accuracy, nan_ok=True)


@given(SEEDS, st.integers(1, 20))
def test_sorting_and_contraction_change_no_group(random_hierarchy, seed, n_classes):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.4, (n_classes, n_classes))
    tree = random_hierarchy(seed, n_classes)

    def by_group(changed):
        table = group_metrics(counts, changed)
        return {
            frozenset(changed.class_of_leaf[changed.start[v] : changed.stop[v]].tolist()): tuple(
                table[name][v] for name in ("tp", "fp", "fn")
            )
            for v in range(changed.n_nodes)
        }

    expected = by_group(tree)
    assert by_group(tree.sort_children(rng.random(tree.n_nodes))) == expected
    assert by_group(tree.contract()) == expected


@pytest.mark.parametrize("seed", range(5))
def test_errors_on_all_pairs_alike_have_the_level_mass_of_chance(random_hierarchy, seed):
    tree = random_hierarchy(seed, 12)
    np.testing.assert_allclose(pair_mass(tree), level_mass(1 - np.eye(12, dtype=np.int64), tree))


def test_a_single_class_has_no_pairs():
    assert np.isnan(pair_mass(Hierarchy.flat(["only"]))).all()


def test_counts_of_other_classes():
    with pytest.raises(ValueError, match="expected 4 classes as in the hierarchy, got 3"):
        group_metrics(np.zeros((3, 3), int), two_groups())
    with pytest.raises(ValueError, match="expected a square matrix"):
        level_mass(np.zeros((3, 4), int), two_groups())


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([1], "leave a gap at 2"),
        ([4], "leave a gap at 0"),
        ([0, 1], "overlap at 4"),
        ([1, 2, 4], "overlap at 2"),
        ([], "leave a gap at 0"),
        ([9], "expected 0 to 6, got 9"),
    ],
)
def test_cuts_that_are_no_partition(nodes, message):
    with pytest.raises(ValueError, match=message):
        cut_accuracy(M, two_groups(), nodes)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(0, 60))
def test_a_counter_filters_as_counting_again_does(seed, n_classes, n):
    rng = np.random.default_rng(seed)
    true, pred = rng.integers(0, n_classes, (2, n))
    paths = [[f"g{c % 3}", f"h{c % 2}", str(c)] for c in rng.permutation(n_classes)]
    tree = Hierarchy.from_paths(paths)
    keep = rng.random(n) < 0.6
    cells = count_cells(true, pred, n_classes)
    found = GroupCounter(cells, tree).metrics(cells.kept(keep))
    for name, values in group_metrics(count_cells(true[keep], pred[keep], n_classes), tree).items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    for node in range(tree.n_nodes):
        group = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
        is_true, is_pred = np.isin(true[keep], group), np.isin(pred[keep], group)
        counted = [
            (is_true & is_pred).sum(),
            (~is_true & is_pred).sum(),
            (is_true & ~is_pred).sum(),
        ]
        assert [found[name][node] for name in ("tp", "fp", "fn")] == counted


def test_a_counter_wants_one_count_for_each_cell():
    with pytest.raises(ValueError, match="one for each of 11 cells"):
        GroupCounter(M, two_groups()).metrics([1, 2])
