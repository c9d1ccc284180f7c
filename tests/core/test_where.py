import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.confusion import confusion, count_cells
from classblocks.core.outcome import outcomes
from classblocks.core.where import Where

P = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.05, 0.9, 0.05]]
P += [[0.34, 0.33, 0.33]]
TRUE = np.array([0, 2, 2, 1, 0, 2], np.int32)


def columns(p=P, true=TRUE):
    o = outcomes(p, true)
    return {"true": true, "pred": o.pred, "p_pred": o.p_pred, "p_true": o.p_true} | {
        "true_rank": o.true_rank
    }


def kept(where, **rows):
    return np.flatnonzero(where.keep(**(rows or columns()))).tolist()


def test_examples_of_methods_8_2():
    assert kept(Where(top_k=2)) == [5]
    assert kept(Where(top_k=1, p_pred=(0.5, 1))) == [1, 4]
    assert kept(Where(top_k=1, p_pred=(0.5, 1), p_true=(0, 0.1))) == [4]
    assert kept(Where()) == [0, 1, 2, 3, 4, 5]


def test_bounds_are_inclusive_and_compared_as_float32():
    assert kept(Where(p_pred=(0.34, 0.4))) == [3, 5]
    assert kept(Where(p_true=(0.05, 0.05))) == [4]
    assert float(np.float32(0.4)) > 0.4


def test_unknown_probabilities_pass_only_the_full_range():
    rows = columns() | {"p_true": np.full(6, np.nan, np.float32)}
    assert kept(Where(p_true=(0, 1)), **rows) == [0, 1, 2, 3, 4, 5]
    assert kept(Where(p_true=(0, 0.999)), **rows) == []


def test_unknown_ranks():
    rows = columns() | {"true_rank": np.full(6, -1, np.int32)}
    assert kept(Where(top_k=1), **rows) == [1, 3, 4, 5]
    with pytest.raises(ValueError, match="top_k=2: the rank of the true class is unknown in row 0"):
        Where(top_k=2).keep(**rows)
    some = columns()
    some["true_rank"][3] = -1
    assert kept(Where(top_k=1), **some) == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"top_k": -1}, "top_k: expected at least 0, got -1"),
        ({"p_pred": (0.6, 0.4)}, "p_pred: expected"),
        ({"p_true": (float("nan"), 1)}, "p_true: expected"),
        ({"p_true": (0,)}, "p_true: expected"),
    ],
)
def test_bad_filters(given, message):
    with pytest.raises(ValueError, match=message):
        Where(**given)


def test_columns_of_unequal_length():
    with pytest.raises(ValueError, match="expected arrays of one length"):
        Where().keep(**(columns() | {"p_true": np.zeros(5, np.float32)}))


def random_columns(seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(6), 80)
    return columns(p, rng.integers(0, 6, 80).astype(np.int32))


UNIT = st.floats(0, 1)


@given(st.integers(0, 99), st.integers(0, 6), UNIT, UNIT, UNIT, UNIT, st.integers(1, 4))
def test_filtering_commutes_and_recounting_agrees(seed, top_k, a, b, c, d, min_count):
    rows = random_columns(seed)
    pred, true = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    where = Where(top_k, pred, true, min_count)
    keep = where.keep(**rows)
    parts = [Where(top_k), Where(p_pred=pred), Where(p_true=true)]
    assert (keep == np.logical_and.reduce([part.keep(**rows) for part in parts])).all()

    names = ("p_pred", "p_true", "true_rank")
    cells = count_cells(rows["true"], rows["pred"], 6)
    shown = where.cells(cells, **{name: rows[name] for name in names})
    counts = confusion(rows["true"][keep], rows["pred"][keep], 6)
    assert (shown.dense() == np.where(counts >= min_count, counts, 0)).all()
    assert set(shown.row_order) <= set(np.flatnonzero(keep))


def test_the_top_k_error_never_rises_with_k():
    rows = random_columns(0)
    errors = [Where(k).keep(**rows).sum() for k in range(7)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == 80
    assert errors[6] == 0
