import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control

from classblocks.core.early_exits import early_exits
from classblocks.core.significance import paired_interval


def noisy(rng, true, right, n_classes):
    """Predictions that are right with probability ``right`` for each class."""
    return np.where(
        rng.random(len(true)) < right[true], true, rng.integers(0, n_classes, len(true))
    )


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 80), st.integers(1, 3))
def test_every_class_and_layer_as_scipy_tests_it(seed, n_classes, n, n_layers):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    final = noisy(rng, true, np.full(n_classes, 0.5), n_classes)
    right = rng.random((n_layers, n_classes))
    layers = {str(i): noisy(rng, true, right[i], n_classes) for i in range(n_layers)}
    table = early_exits(true, layers, final, n_classes)
    present = np.unique(true).tolist()
    p, change = np.ones((n_layers, n_classes)), np.zeros((n_layers, n_classes), int)
    pairs = {}
    for i, pred in enumerate(layers.values()):
        for c in present:
            ours, hit, last = true == c, pred == true, final == true
            gained, lost = int((ours & hit & ~last).sum()), int((ours & ~hit & last).sum())
            both = int((ours & hit & last).sum())
            pairs[i, c] = (both, gained, lost, int(ours.sum()) - both - gained - lost)
            change[i, c] = gained - lost
            if gained > lost:
                p[i, c] = binomtest(gained, gained + lost, 0.5, alternative="greater").pvalue
    for c in range(n_classes):
        row = table.row(c)
        if c not in present:
            assert (row["layer"], row["n_true"], row["is_best"], row["is_better"]) == (-1, 0, 0, 0)
            for name in ("recall", "final_recall", "difference", "low", "high", "p_value"):
                assert np.isnan(row[name])
            continue
        ours = true == c
        layer = min(range(n_layers), key=lambda i: (round(p[i, c], 12), -change[i, c], i))
        assert row["layer"] == layer
        assert row["recall"] == pytest.approx((layers[str(layer)] == true)[ours].mean())
        assert row["final_recall"] == pytest.approx((final == true)[ours].mean())
        assert row["difference"] == pytest.approx(change[layer, c] / ours.sum())
        low, high = paired_interval(*pairs[layer, c])
        assert (row["low"], row["high"]) == pytest.approx((low, high))
        tested = p[:, present]
        controlled = false_discovery_control(tested, axis=None).reshape(tested.shape)
        corrected = controlled[layer, present.index(c)]
        assert row["p_value"] == pytest.approx(corrected)
        assert row["is_best"] == (change[:, c] > 0).any()
        assert row["is_better"] == (corrected <= 0.05)


def test_a_planted_class_is_found_and_no_other():
    rng = np.random.default_rng(3)
    n_classes, right = 40, np.full(40, 0.6)
    true = np.repeat(np.arange(n_classes), 50)
    early = right.copy()
    early[7], right[7] = 0.9, 0.3  # the ping-pong ball
    layers = {"conv1": noisy(rng, true, early - 0.2 * (early == 0.6), n_classes),
              "conv2": noisy(rng, true, right, n_classes)}  # fmt: skip
    table = early_exits(true, layers, noisy(rng, true, right, n_classes), n_classes)
    assert np.flatnonzero(table["is_better"]).tolist() == [7]
    ball = table.row(7)
    assert ball["layer"] == 0
    assert 0.3 < ball["low"] < ball["difference"] == pytest.approx(0.6, abs=0.15)
    assert ball["p_value"] < 1e-4
    assert table["is_best"].sum() > 10  # what the maximum alone would have called better


def test_layers_as_good_as_the_network_are_not_called_better():
    """50 samples per class: the best of 5 equal layers beats the network in most classes."""
    rng = np.random.default_rng(0)
    n_classes, studies = 30, 60
    true = np.repeat(np.arange(n_classes), 50)
    right = np.full(n_classes, 0.5)
    best = better = 0
    for _ in range(studies):
        layers = {str(i): noisy(rng, true, right, n_classes) for i in range(5)}
        table = early_exits(true, layers, noisy(rng, true, right, n_classes), n_classes)
        best += table["is_best"].mean()
        better += table["is_better"].any()
    assert best / studies > 0.6
    assert better <= 7  # 5 % of 60, and what chance adds


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="expected at least one layer"):
        early_exits([0], {}, [0], 2)
    with pytest.raises(ValueError, match="expected arrays of one length"):
        early_exits([0, 1], {"a": [0]}, [0, 1], 2)
    with pytest.raises(ValueError, match="pred: expected class ids 0 to 1, got 2 in row 1"):
        early_exits([0, 1], {"a": [0, 2]}, [0, 1], 2)
