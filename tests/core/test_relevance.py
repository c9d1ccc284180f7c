import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from classblocks.core import relevance as module
from classblocks.core.relevance import auroc, margin, relevance

INSIDE, OUTSIDE = [4, 5, 6, 8], [0, 1, 1, 2, 3, 0, 0, 1]


def column(inside, outside):
    f = np.array([*inside, *outside], np.float32)[:, None]
    return f, np.arange(len(f)) < len(inside)


def test_example_of_methods_10():
    f, group = column(INSIDE, OUTSIDE)
    assert relevance(f, group) == pytest.approx([3.8])
    assert auroc(f, group).tolist() == [1]
    assert relevance(f, group).dtype == np.float64


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        ([0, 0, 0, 9], [0, 0, 0, 0], 0),
        ([2, 3, 4, 9], [0, 0, 0, 0], np.inf),
        ([0, 0, 0, 9], [1, 1, 1, 1], 0),
        ([], [1, 2], np.nan),
        ([1, 2], [], np.nan),
        ([3], [2], 1.5),
    ],
)
def test_edge_cases(inside, outside, expected):
    assert relevance(*column(inside, outside))[0] == pytest.approx(expected, nan_ok=True)


def test_numpy_quartiles_agree():
    rng = np.random.default_rng(0)
    f = rng.gamma(1, 2, (301, 7))
    group = rng.random(301) < 0.3
    expected = np.quantile(f[group], 0.25, axis=0) / np.quantile(f[~group], 0.75, axis=0)
    assert relevance(f, group) == pytest.approx(expected)
    low, high = np.quantile(f, [0.25, 0.75], axis=0)
    gap = np.quantile(f[group], 0.25, axis=0) - np.quantile(f[~group], 0.75, axis=0)
    assert margin(f - 9, group) == pytest.approx(gap / (high - low))


def test_margin_edge_cases():
    assert margin(*column([1, 1], [1, 1, 1]))[0] == 0
    assert margin(*column([2], [0] * 9))[0] == np.inf
    assert margin(*column([-2], [0] * 9))[0] == -np.inf
    assert np.isnan(margin(*column([], [1, 2]))).all()


@given(st.integers(0, 10_000))
def test_auroc_is_what_scikit_learn_says(seed):
    rng = np.random.default_rng(seed)
    f = rng.integers(-4, 5, (30, 3))
    group = rng.random(30) < 0.4
    if group.all() or not group.any():
        assert np.isnan(auroc(f, group)).all()
        return
    expected = [roc_auc_score(group, f[:, j]) for j in range(3)]
    assert auroc(f, group) == pytest.approx(expected)


def test_auroc_in_pieces(monkeypatch):
    rng = np.random.default_rng(0)
    f, group = rng.normal(size=(50, 9)), rng.random(50) < 0.5
    whole = auroc(f, group)
    monkeypatch.setattr(module, "_CHUNK", 100)
    assert (auroc(f, group) == whole).all()


def test_no_samples():
    nothing = np.empty((0, 3)), np.empty(0, bool)
    for measure in (relevance, margin, auroc):
        assert np.isnan(measure(*nothing)).all()
        assert measure(*nothing).shape == (3,)


def test_negative_responses_are_refused_with_the_alternatives():
    with pytest.raises(ValueError, match=r"got -1 in row 1 for neuron 0; use margin or auroc"):
        relevance(*column([1, -1], [2, 3]))


@pytest.mark.parametrize("measure", [relevance, margin, auroc])
@pytest.mark.parametrize(
    ("f", "group", "message"),
    [
        (np.array([[1.0], [np.nan]]), [True, False], "got nan in row 1 for neuron 0"),
        (np.array([[1.0], [np.inf]]), [True, False], "got inf in row 1 for neuron 0"),
        (np.ones((2, 1)), [True], "in_group: expected 2 bools"),
        (np.ones((2, 1)), [1, 0], "in_group: expected 2 bools, got int64"),
        (np.ones(2), [True, False], "expected \\(n, n_neurons\\)"),
    ],
)
def test_errors(measure, f, group, message):
    with pytest.raises(ValueError, match=message):
        measure(f, group)
