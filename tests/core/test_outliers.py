import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import poisson

from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outliers import block_outliers, surprise
from classblocks.core.partition import partition

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


def flat(n):
    return Hierarchy.flat([str(i) for i in range(n)])


def fitted(matrix, block):
    """Iterative proportional fitting on the dense cells outside the blocks."""
    outside = block[:, None] != block
    target = matrix * outside
    fit = outside.astype(float)
    for _ in range(100):
        for axis in (1, 0):
            now = fit.sum(axis, keepdims=True)
            want = target.sum(axis, keepdims=True)
            fit = fit * np.divide(want, now, out=np.zeros(want.shape), where=now > 0)
    return fit


def test_worked_example():
    table = block_outliers(A, partition(A, np.arange(6), 2, transform="none"), flat(6))
    pairs = list(zip(table["true"].tolist(), table["pred"].tolist(), strict=True))
    assert pairs == [(0, 5), (1, 4), (2, 3), (3, 2), (4, 1), (5, 0)]
    assert table["count"].tolist() == [1] * 6
    assert table["expected"] == pytest.approx([1 / 3] * 6)
    assert table["surprise"] == pytest.approx([0.5475] * 6, abs=5e-5)
    assert table["count"].sum() / A.sum() == pytest.approx(0.12)


@given(st.integers(0, 10_000), st.integers(2, 9))
def test_expected_is_what_dense_fitting_gives(random_hierarchy, seed, n):
    rng = np.random.default_rng(seed)
    tree = random_hierarchy(seed, n)
    counts = rng.poisson(rng.gamma(0.5, 4, (n, n)))
    inner = np.flatnonzero(rng.random(n - 1) < 0.5) + 1
    cuts = np.array([0, *inner, n])
    block = np.searchsorted(cuts, tree.leaf_of_class, "right")
    table = block_outliers(counts, cuts, tree)
    expected = fitted(counts, block)
    found = expected[table["true"], table["pred"]]
    assert table["expected"] == pytest.approx(found, rel=1e-6, abs=1e-12)
    outside = np.nonzero(counts * (block[:, None] != block))
    assert sorted(zip(table["true"], table["pred"], strict=True)) == sorted(
        zip(*outside, strict=True)
    )
    assert (table["count"] == counts[table["true"], table["pred"]]).all()


def test_sorted_by_count_then_height_then_classes(random_hierarchy):
    tree = random_hierarchy(3, 12)
    counts = np.random.default_rng(0).integers(0, 3, (12, 12))
    table = block_outliers(counts, np.array([0, 4, 8, 12]), tree)
    key = list(
        zip(-table["count"], -table["lca_height"], table["true"], table["pred"], strict=True)
    )
    assert key == sorted(key)
    assert (table["lca_height"] == tree.height[tree.lca(table["true"], table["pred"])]).all()
    again = block_outliers(cells_of(counts), np.array([0, 4, 8, 12]), tree)
    for name, values in table.items():
        assert (again[name] == values).all()


def test_one_block_has_no_outliers_and_a_single_class_only_outliers():
    assert block_outliers(A, np.array([0, 6]), flat(6)).n_rows == 0
    assert (
        block_outliers(A, np.array([0, 5, 6]), flat(6))["count"].sum() == A[5].sum() + A[:, 5].sum()
    )
    assert block_outliers(A, np.arange(7), flat(6))["count"].sum() == A.sum()
    assert block_outliers(np.diag([1, 2]), np.array([0, 1, 2]), flat(2)).n_rows == 0


def test_cells_that_a_filter_left_empty_are_no_outliers():
    cells = cells_of(A)
    kept = Cells(6, cells.true, cells.pred, cells.count * (cells.count > 1), cells.row_order)
    table = block_outliers(kept, np.array([0, 2, 4, 6]), flat(6))
    outside = A * (np.arange(6)[:, None] // 2 != np.arange(6) // 2)
    assert table.n_rows == (outside > 1).sum()
    assert table["count"].sum() == outside[outside > 1].sum()


def test_surprise_is_the_poisson_tail():
    count = np.array([1, 1, 2, 5, 40, 7])
    mean = np.array([0.3, 1e-9, 3.0, 0.01, 10.0, 7.0])
    assert surprise(count, mean) == pytest.approx(-np.log10(poisson.sf(count - 1, mean)))


@pytest.mark.parametrize(
    ("count", "mean"),
    [(400, 0.5), (3, 1e-120), (5000, 1000.0), (100_000, 60_000.0), (10**7, 9_800_000.0)],
)
def test_surprise_where_the_probability_underflows(count, mean):
    tail = logsumexp(poisson.logpmf(np.arange(count, count + 200_000), mean)) / np.log(10)
    assert tail < -290
    assert surprise(np.array([count]), np.array([mean]))[0] == pytest.approx(-tail, rel=1e-9)


def test_common_confusions_do_not_surprise():
    assert surprise(np.array([1, 3]), np.array([900.0, 900.0])).tolist() == [0, 0]


@pytest.mark.parametrize("cuts", [[0], [0, 3, 3, 6], [0, 3], [1, 6], [[0, 6]], [0.0, 6.0]])
def test_bad_cuts(cuts):
    with pytest.raises(ValueError, match="ascending cuts from 0 to 6"):
        block_outliers(A, cuts, flat(6))


def test_other_classes():
    with pytest.raises(ValueError, match="expected 5 classes"):
        block_outliers(A, [0, 5], flat(5))
