import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from classblocks.core.confusion import cells_of, confusion, count_cells

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40)


def test_worked_example_1():
    counts = confusion([0, 2, 2, 1, 0, 2], [0, 1, 2, 0, 1, 0], 3)
    assert counts.tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert counts.dtype == np.int64


def test_scikit_learn_counts_the_same():
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 30, (2, 5000))
    expected = confusion_matrix(true, pred, labels=np.arange(30))
    assert (confusion(true, pred, 30) == expected).all()
    assert (count_cells(true, pred, 30).dense() == expected).all()


@given(PAIRS)
def test_cells_are_sorted_and_list_their_rows(pairs):
    true = np.array([t for t, _ in pairs], np.int64)
    pred = np.array([p for _, p in pairs], np.int64)
    cells = count_cells(true, pred, 5)
    assert list(zip(cells.true, cells.pred, strict=True)) == sorted(set(pairs))
    assert cells.row_start[-1] == len(pairs) == cells.n_samples
    for j in range(len(cells.count)):
        rows = cells.row_order[cells.row_start[j] : cells.row_start[j + 1]]
        cell = (cells.true[j], cells.pred[j])
        assert rows.tolist() == [i for i, pair in enumerate(pairs) if pair == cell]


@given(PAIRS, st.integers(0, 2**40 - 1), st.integers(1, 4))
def test_filtering_cells_is_counting_the_kept_rows(pairs, bits, min_count):
    true = np.array([t for t, _ in pairs], np.int64)
    pred = np.array([p for _, p in pairs], np.int64)
    keep = np.array([bits >> i & 1 for i in range(len(pairs))], bool)
    part = count_cells(true, pred, 5).filtered(keep)
    assert (part.dense() == confusion(true[keep], pred[keep], 5)).all()
    assert sorted(part.row_order) == np.flatnonzero(keep).tolist()
    large = part.at_least(min_count)
    dense = part.dense()
    assert (large.dense() == np.where(dense >= min_count, dense, 0)).all()
    assert len(large.row_order) == large.n_samples


def test_no_samples():
    assert confusion([], [], 2).tolist() == [[0, 0], [0, 0]]
    cells = count_cells([], [], 2)
    assert cells.n_samples == 0
    assert cells.filtered(np.empty(0, bool)).n_samples == 0


def test_more_classes_than_sixteen_bits():
    true = np.array([70_000, 3, 70_000, 65_536])
    pred = np.array([1, 69_999, 1, 0])
    cells = count_cells(true, pred, 70_001)
    assert cells.true.tolist() == [3, 65_536, 70_000]
    assert cells.count.tolist() == [1, 1, 2]
    assert cells.row_order.tolist() == [1, 3, 0, 2]


def test_more_classes_than_fit_one_sort_key():
    n_classes = 2**31 - 1
    true = np.array([n_classes - 1, 3, n_classes - 1, 7, 3])
    pred = np.array([1, n_classes - 1, 1, 0, 2])
    cells = count_cells(true, pred, n_classes)
    assert cells.true.tolist() == [3, 3, 7, n_classes - 1]
    assert cells.pred.tolist() == [2, n_classes - 1, 0, 1]
    assert cells.row_order.tolist() == [4, 1, 3, 0, 2]


def test_cells_of_a_matrix():
    dense = np.array([[5, 0], [2, 0]])
    cells = cells_of(dense)
    assert (cells.true.tolist(), cells.pred.tolist()) == ([0, 1], [0, 0])
    assert (cells.dense() == dense).all()
    assert cells_of(cells) is cells


def test_errors():
    with pytest.raises(ValueError, match="true 2, pred 1"):
        confusion([0, 1], [0], 2)
    with pytest.raises(ValueError, match="pred: expected class ids 0 to 1, got 2 in row 1"):
        count_cells([0, 1], [0, 2], 2)
    with pytest.raises(ValueError, match="keep: expected 1 rows"):
        count_cells([0], [0], 2).filtered(np.ones(2, bool))
