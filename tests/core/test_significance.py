import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, multinomial

from classblocks.core.confusion import confusion
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import group_metrics
from classblocks.core.significance import (
    difference_interval,
    group_differences,
    mcnemar,
    paired_differences,
    paired_interval,
)


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombe_1998_table_2(k1, n1, k2, n2, low, high):
    assert difference_interval(k1, n1, k2, n2) == (
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 4))
def test_interval_properties(n1, n2, share1, share2, z):
    k1, k2 = round(share1 * n1), round(share2 * n2)
    low, high = difference_interval(k1, n1, k2, n2, z)
    change = k1 / n1 - k2 / n2
    assert -1 - 1e-12 <= low <= change + 1e-12
    assert change - 1e-12 <= high <= 1 + 1e-12
    swapped = difference_interval(k2, n2, k1, n1, z)
    assert (low, high) == (pytest.approx(-swapped[1]), pytest.approx(-swapped[0]))
    wider = difference_interval(k1, n1, k2, n2, z + 0.5)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for n1, p1, n2, p2 in [(50, 0.3, 80, 0.5), (30, 0.05, 30, 0.1), (200, 0.9, 40, 0.9)]:
        k1, k2 = rng.binomial(n1, p1, 20_000), rng.binomial(n2, p2, 20_000)
        low, high = difference_interval(k1, n1, k2, n2)
        assert 0.94 < ((low <= p1 - p2) & (p1 - p2 <= high)).mean() < 0.985


def test_no_trials_is_undefined():
    low, high = difference_interval([0, 3], [0, 5], [1, 0], [4, 0])
    assert np.isnan(low).all()
    assert np.isnan(high).all()


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_sign_test(b, c):
    expected = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_far_out_and_bad():
    assert mcnemar([10**6], [10**6])[0] == pytest.approx(1, abs=1e-3)
    assert 0 <= mcnemar(0, 5000) < 1e-300
    with pytest.raises(ValueError, match="expected numbers of samples, got -1"):
        mcnemar([3, -1], [2, 2])


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((1, 1, 7, 12), -0.507, -0.026), ((20, 12, 2, 16), 0.0562, 0.3292)],
)
def test_the_paired_interval_of_published_tables(table, low, high):
    # Airway hyper-responsiveness of 21 children, and two media for the same 50 sputa.
    assert paired_interval(*table) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(any), st.floats(0.5, 4))
def test_paired_interval_properties(table, z):
    both, first, second, neither = table
    low, high = paired_interval(*table, z)
    change = (first - second) / sum(table)
    assert -1 - 1e-12 <= low <= change + 1e-12
    assert change - 1e-12 <= high <= 1 + 1e-12
    swapped = paired_interval(both, second, first, neither, z)
    assert (low, high) == (pytest.approx(-swapped[1]), pytest.approx(-swapped[0]))
    against = paired_interval(neither, second, first, both, z)
    assert (low, high) == (pytest.approx(-against[1]), pytest.approx(-against[0]))


@pytest.mark.parametrize(
    "share", [(0.6, 0.1, 0.1, 0.2), (0.3, 0.4, 0.1, 0.2), (0.7, 0.05, 0.2, 0.05)]
)
def test_the_paired_interval_covers_as_often_as_it_says(share):
    # Every table of 24 samples, weighed with its probability.
    n = 24
    grid = np.array(
        [
            (a, b, c, n - a - b - c)
            for a in range(n + 1)
            for b in range(n + 1 - a)
            for c in range(n + 1 - a - b)
        ]
    )
    low, high = paired_interval(*grid.T)
    change = share[1] - share[2]
    weight = multinomial(n, share).pmf(grid)
    assert weight.sum() == pytest.approx(1)
    assert 0.93 < weight[(low <= change) & (change <= high)].sum() < 0.995


def test_pairs_that_agree_make_the_interval_narrower():
    # 80 % and 70 % right of 200 samples, first as alike as they can be, then independent.
    alike, apart = paired_interval(140, 20, 0, 40), paired_interval(112, 48, 28, 12)
    unpaired = difference_interval(160, 200, 140, 200)
    assert alike[1] - alike[0] < 0.6 * (unpaired[1] - unpaired[0])
    assert apart == (pytest.approx(unpaired[0]), pytest.approx(unpaired[1]))
    assert np.isnan(paired_interval(0, 0, 0, 0)).all()
    with pytest.raises(ValueError, match="paired_interval: expected numbers of samples, got -2"):
        paired_interval([1, 4], [1, -2], 3, 4)


def two_results(seed, n_classes, n):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    first = np.where(rng.random(n) < 0.5, true, rng.integers(0, n_classes, n))
    second = np.where(rng.random(n) < 0.6, true, rng.integers(0, n_classes, n))
    return true, first, second


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(0, 60))
def test_paired_differences_by_counting(random_hierarchy, seed, n_classes, n):
    tree = random_hierarchy(seed, n_classes)
    true, old, new = two_results(seed, n_classes, n)
    table = paired_differences(true, new, old, tree)
    for v in range(tree.n_nodes):
        group = tree.class_of_leaf[tree.start[v] : tree.stop[v]]
        inside = np.isin(true, group)
        was, now = inside & np.isin(old, group), inside & np.isin(new, group)
        row = table.row(v)
        assert row["n_true"] == inside.sum()
        assert row["gained"] == (now & ~was).sum()
        assert row["lost"] == (was & ~now).sum()
        assert row["p_value"] == pytest.approx(mcnemar(row["gained"], row["lost"]))
        change = (now.sum() - was.sum()) / inside.sum() if inside.any() else np.nan
        assert row["recall"] == pytest.approx(change, nan_ok=True)
        both = (was & now).sum()
        neither = (inside & ~was & ~now).sum()
        low, high = paired_interval(both, row["gained"], row["lost"], neither)
        assert row["recall_low"] == pytest.approx(low, nan_ok=True)
        assert row["recall_high"] == pytest.approx(high, nan_ok=True)


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(0, 60))
def test_group_differences(random_hierarchy, seed, n_classes, n):
    tree = random_hierarchy(seed, n_classes)
    true, old, new = two_results(seed, n_classes, n)
    before, after = confusion(true, old, n_classes), confusion(true, new, n_classes)
    table = group_differences(after, before, tree)
    was, now = group_metrics(before, tree), group_metrics(after, tree)
    low, high = difference_interval(now["tp"], now["n_pred"], was["tp"], was["n_pred"])
    assert table["precision_low"] == pytest.approx(low, nan_ok=True)
    assert table["precision_high"] == pytest.approx(high, nan_ok=True)
    low, high = difference_interval(now["tp"], now["n_true"], was["tp"], was["n_true"])
    assert table["recall_low"] == pytest.approx(low, nan_ok=True)
    for metric in ("precision", "recall", "f1"):
        change = now[metric] - was[metric]
        assert table[metric] == pytest.approx(change, nan_ok=True)
        known = ~np.isnan(change)
        assert (table[f"{metric}_low"][known] <= change[known] + 1e-12).all()
        assert (table[f"{metric}_high"][known] >= change[known] - 1e-12).all()


def test_the_interval_of_f1_covers_as_often_as_it_says():
    # A group of 300 samples, recall 0.8, and 0.1 of 700 others predicted into it: F1 240 / 305.
    rng = np.random.default_rng(0)
    tree = Hierarchy.flat(["in", "out"])
    leaf = int(tree.node_of_class[0])
    f1 = 2 * 240 / (2 * 240 + 60 + 70)
    covered = 0
    for tp, fp in zip(rng.binomial(300, 0.8, 1000), rng.binomial(700, 0.1, 1000), strict=True):
        row = group_metrics([[tp, 300 - tp], [fp, 700 - fp]], tree).row(leaf)
        assert row["f1_low"] < row["f1"] < row["f1_high"]
        covered += row["f1_low"] <= f1 <= row["f1_high"]
    assert 0.93 < covered / 1000 < 0.999
