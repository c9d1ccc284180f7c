import numpy as np
import pytest

from classblocks.core import outcome
from classblocks.core.confusion import confusion
from classblocks.core.outcome import outcomes

P = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.05, 0.9, 0.05]]
P += [[0.34, 0.33, 0.33]]
TRUE = [0, 2, 2, 1, 0, 2]


def test_worked_example_1():
    result = outcomes(P, TRUE, k=2)
    assert result.pred.tolist() == [0, 1, 2, 0, 1, 0]
    assert result.true_rank.tolist() == [0, 1, 0, 1, 1, 2]
    assert result.p_pred == pytest.approx([0.6, 0.5, 0.7, 0.4, 0.9, 0.34])
    assert result.p_true == pytest.approx([0.6, 0.3, 0.7, 0.35, 0.05, 0.33])
    assert result.topk_class.tolist() == [[0, 1], [1, 2], [2, 1], [0, 1], [1, 0], [0, 1]]
    assert confusion(TRUE, result.pred, 3).tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert np.mean(result.true_rank >= 1) == 4 / 6
    assert np.mean(result.true_rank >= 2) == 1 / 6


def test_a_stable_sort_agrees_with_many_ties(monkeypatch):
    monkeypatch.setattr(outcome, "_CHUNK", 100)
    rng = np.random.default_rng(0)
    p = rng.integers(0, 5, (200, 12)).astype(float) + 1e-9
    p /= p.sum(1, keepdims=True)
    true = rng.integers(0, 12, 200)
    result = outcomes(p, true, k=4)
    order = np.argsort(-p.astype(np.float32), axis=1, kind="stable")
    assert (result.topk_class == order[:, :4]).all()
    assert (result.pred == order[:, 0]).all()
    assert (result.true_rank == np.argmax(order == true[:, None], axis=1)).all()
    assert (result.topk_prob == np.take_along_axis(p.astype(np.float32), order[:, :4], 1)).all()
    assert ((result.true_rank == 0) == (result.pred == true)).all()


def test_the_input_stays_as_it_is_and_k_stops_at_the_classes():
    p = np.array(P, np.float32)
    before = p.copy()
    assert outcomes(p, TRUE, k=9).topk_class.shape == (6, 3)
    assert (p == before).all()


def test_no_samples():
    result = outcomes(np.empty((0, 3)), [])
    assert result.topk_class.shape == (0, 3)
    assert result.pred.shape == (0,)


@pytest.mark.parametrize(
    ("p", "true", "k", "message"),
    [
        ([[0.5, np.nan]], [0], 5, "probabilities: row 0 has NaN for class 1"),
        ([[0.5, 0.5]], [2], 5, "true: expected class ids 0 to 1, got 2 in row 0"),
        ([[0.5, 0.5]], [0, 1], 5, "probabilities 1, true 2"),
        ([[0.5, 0.5]], [0], 0, "k: expected at least 1, got 0"),
        ([0.5, 0.5], [0], 5, "expected shape"),
        (np.empty((0, 0)), [], 5, "at least one class"),
    ],
)
def test_errors(p, true, k, message):
    with pytest.raises(ValueError, match=message):
        outcomes(p, true, k)
