import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classblocks.app.filters import read_filter, shown_cells, shown_counts, shown_rows
from classblocks.app.parameters import Parameters, RequestError
from classblocks.core.confusion import confusion
from classblocks.core.where import Where


def asked(session, where, result="net"):
    given = {"result": result} if where is None else {"result": result, "where": where}
    return read_filter(session._context, Parameters("view", given))


def in_study_order(result, where, activation=None):
    """Filter the rows as they were recorded, one predicate at a time."""
    keep = np.ones(result.n_samples, bool)
    if where.get("top_k"):
        known = result.true_rank >= where["top_k"]
        keep &= np.where(result.true_rank < 0, result.true != result.pred, known)
    for name in ("p_pred", "p_true"):
        low, high = where.get(name, (0, 1))
        if low > 0 or high < 1:
            values = getattr(result, name)
            keep &= (values >= np.float32(low)) & (values <= np.float32(high))
    if activation is not None:
        keep &= activation
    counts = confusion(result.true[keep], result.pred[keep], result.n_classes)
    return np.where(counts >= where.get("min_count", 1), counts, 0)


WHERES = st.fixed_dictionaries(
    {},
    optional={
        "top_k": st.integers(0, 4),
        "p_pred": st.tuples(st.floats(-0.5, 1), st.floats(0, 1.5)).map(sorted),
        "p_true": st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
        "min_count": st.integers(0, 3),
    },
)


@given(WHERES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_cells_left_are_those_counted_from_the_rows(session, shared_study, where):
    wanted = asked(session, where)
    cells = shown_cells(session._context, wanted)
    expected = in_study_order(shared_study.results["net"], where)
    np.testing.assert_array_equal(cells.dense(), expected)
    key = cells.true.astype(int) * 5 + cells.pred
    assert (np.diff(key) > 0).all()
    all_cells = session._context.cells(wanted.result)
    counts = np.zeros((5, 5), int)
    counts[all_cells.true, all_cells.pred] = shown_counts(session._context, wanted)
    np.testing.assert_array_equal(counts, expected)
    keep = shown_rows(session._context, wanted)
    assert keep.sum() == expected.sum()


def test_rows_shown_are_those_kept(session, shared_study):
    result = shared_study.results["net"]
    wanted = asked(session, {"top_k": 1, "p_true": [0.1, 1]})
    keep = shown_rows(session._context, wanted)
    rows = session._context.rows(result)
    expected = Where(1, p_true=(0.1, 1)).keep(
        true=result.true,
        pred=result.pred,
        p_pred=result.p_pred,
        p_true=result.p_true,
        true_rank=result.true_rank,
    )
    assert sorted(rows.row[keep]) == np.flatnonzero(expected).tolist()


@pytest.mark.parametrize("neuron", range(3))
@pytest.mark.parametrize("least", [-1, 0.0, 0.5, 2.5])
def test_the_response_of_a_neuron_filters(session, shared_study, neuron, least):
    result = shared_study.results["net"]
    where = {"activation": {"layer": "relu", "neuron": neuron, "min": least}, "p_pred": [0.3, 1]}
    response = result.layers["relu"].collective[:, neuron] >= np.float32(least)
    cells = shown_cells(session._context, asked(session, where))
    np.testing.assert_array_equal(cells.dense(), in_study_order(result, where, response))


def test_without_a_filter_nothing_is_counted_again(session):
    for where in (None, {}, {"p_pred": [0, 1], "min_count": 1, "top_k": 0, "activation": None}):
        wanted = asked(session, where)
        assert wanted.keeps_all_samples
        assert shown_cells(session._context, wanted) is session._context.cells(wanted.result)


def test_equal_filters_are_counted_once(session):
    one, other = (asked(session, {"p_true": [0.2, 0.9]}) for _ in range(2))
    assert one == other
    assert shown_cells(session._context, one) is shown_cells(session._context, other)


def test_unknown_probabilities_pass_only_ranges_that_bound_nothing(session):
    assert shown_cells(session._context, asked(session, {"p_true": [0, 1]}, "table")).n_samples == 8
    wide = asked(session, {"p_true": [-1, 2]}, "table")
    assert shown_cells(session._context, wide).n_samples == 8
    part = asked(session, {"p_true": [0, 0.99]}, "table")
    assert shown_cells(session._context, part).n_samples == 0


def test_errors_are_known_without_ranks(session, shared_study):
    cells = shown_cells(session._context, asked(session, {"top_k": 1}, "table"))
    result = shared_study.results["table"]
    assert cells.n_samples == int((result.true != result.pred).sum())
    assert (cells.true != cells.pred).all()


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ([], "'where' must be an object"),
        ({"top": 1}, r"unknown filter 'top' \(known: activation, min_count"),
        ({"top_k": -1}, "'top_k' must be a whole number of at least 0, got -1"),
        ({"top_k": 1.0}, "'top_k' must be a whole number"),
        ({"top_k": True}, "'top_k' must be a whole number"),
        ({"top_k": 10**30}, "'top_k' must be a whole number"),
        ({"min_count": None}, "'min_count' must be"),
        ({"p_pred": 0.5}, r"'p_pred' must be \[low, high\]"),
        ({"p_pred": [0.5]}, r"'p_pred' must be \[low, high\]"),
        ({"p_pred": [0.5, "1"]}, r"'p_pred' must be \[low, high\]"),
        ({"p_true": [0.5, 0.4]}, "with low ≤ high"),
        ({"p_true": [float("nan"), 1]}, "with low ≤ high"),
        ({"p_true": [0, 10**400]}, r"'p_true' must be \[low, high\], got \[0, 1000"),
        ({"activation": 3}, "'activation' must be an object"),
        ({"activation": {"layer": "x", "neuron": 0, "min": 0}}, "unknown layer of result 'net'"),
        ({"activation": {"layer": "relu", "neuron": 3, "min": 0}}, r"neurons are 0\.\.2"),
        ({"activation": {"layer": "relu", "neuron": 0}}, "'min' is missing"),
        ({"activation": {"layer": "relu", "neuron": 0, "min": "0"}}, "'min' must be a number"),
        ({"activation": {"layer": "relu", "neuron": 0, "min": 0, "max": 1}}, "unknown parameter"),
    ],
)
def test_bad_filters_are_named(session, where, text):
    with pytest.raises(RequestError, match=text):
        asked(session, where)


def test_ranks_that_are_unknown_cannot_filter(session):
    with pytest.raises(RequestError, match="top_k is 2, but result 'table' does not know the rank"):
        asked(session, {"top_k": 2}, "table")
    with pytest.raises(RequestError, match="unknown layer of result 'table'"):
        asked(session, {"activation": {"layer": "relu", "neuron": 0, "min": 0}}, "table")
