import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import classblocks as cb
from classblocks.core.calibration import expected_calibration_error, reliability

SAMPLES = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=60)


def split(samples):
    p, correct = zip(*samples, strict=True)
    return np.array(p, np.float32), np.array(correct)


def by_hand(samples, n_bins):
    """Walk over the bins and the samples, with the edges of the definition."""
    total = 0.0
    for b in range(n_bins):
        low, high = np.linspace(0, 1, n_bins + 1)[b : b + 2]
        inside = [
            (float(p), right)
            for p, right in samples
            if low <= p < high or (b == n_bins - 1 and p == 1)
        ]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            total += len(inside) * abs(accuracy - math.fsum(p for p, _ in inside) / len(inside))
    return total / len(samples)


def test_worked_example():
    # Two bins: 0.2 and 0.4, none right, mean .3; 0.6, 0.8 and 1.0, two right, mean .8.
    p = [0.2, 0.4, 0.6, 0.8, 1.0]
    correct = [False, False, False, True, True]
    table = reliability(p, correct, 2)
    assert table["start"].tolist() == [0, 0.5]
    assert table["stop"].tolist() == [0.5, 1]
    assert table["n_samples"].tolist() == [2, 3]
    assert table["accuracy"].tolist() == pytest.approx([0, 2 / 3])
    assert table["mean_probability"].tolist() == pytest.approx([0.3, 0.8])
    expected = 2 / 5 * 0.3 + 3 / 5 * (0.8 - 2 / 3)
    assert cb.expected_calibration_error(p, correct, 2) == pytest.approx(expected)
    assert cb.reliability(p, correct)["n_samples"].size == 15


@given(SAMPLES, st.integers(1, 20))
def test_the_error_is_its_definition(samples, n_bins):
    p, correct = split(samples)
    found = expected_calibration_error(p, correct, n_bins)
    assert found == pytest.approx(by_hand(samples, n_bins), abs=1e-12)
    table = reliability(p, correct, n_bins)
    assert table["n_samples"].sum() == len(samples)
    assert np.nansum(table["accuracy"] * table["n_samples"]) == pytest.approx(correct.sum())


@given(SAMPLES)
def test_one_bin_is_the_gap_of_the_means_and_more_bins_never_show_less(samples):
    p, correct = split(samples)
    one = expected_calibration_error(p, correct, 1)
    assert one == pytest.approx(abs(correct.mean() - p.astype(float).mean()), abs=1e-12)
    assert expected_calibration_error(p, correct, 15) >= one - 1e-12
    assert expected_calibration_error(p, correct, 30) >= (
        expected_calibration_error(p, correct, 15) - 1e-12
    )


def test_probabilities_that_are_right_give_almost_nothing_and_sure_mistakes_give_one():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.2, 1, 200_000)
    assert expected_calibration_error(p, rng.random(p.size) < p) < 0.01
    assert expected_calibration_error(np.ones(5), np.zeros(5, bool)) == 1
    assert expected_calibration_error(np.ones(5), np.ones(5, bool)) == 0


def test_samples_without_probability_are_left_out():
    p, correct = [0.9, math.nan, 0.7, math.nan], [True, False, True, True]
    assert expected_calibration_error(p, correct) == pytest.approx(0.2)
    assert reliability(p, correct)["n_samples"].sum() == 2


def test_a_sum_rounded_above_one_counts_as_one():
    table = reliability(np.float32([1.0005, 1.0]), [True, True])
    assert table["n_samples"][-1] == 2
    assert table["mean_probability"][-1] == 1


def test_nothing_known_is_nan_not_zero():
    for p, correct in (([], []), ([math.nan], [True])):
        assert math.isnan(expected_calibration_error(p, correct))
        table = reliability(p, correct)
        assert table["n_samples"].tolist() == [0] * 15
        assert np.isnan(table["accuracy"]).all()
        assert np.isnan(table["mean_probability"]).all()


@pytest.mark.parametrize(
    ("p", "correct", "n_bins", "what"),
    [
        ([0.5, 1.5], [True, True], 15, "p_pred: expected 0 to 1, got 1.5 in row 1"),
        ([-0.1], [True], 15, "got -0.1 in row 0"),
        ([0.5], [True, False], 15, "expected arrays of one length"),
        ([0.5], [1], 15, "correct: expected bool, got int64"),
        ([[0.5]], [True], 15, "expected one dimension"),
        ([0.5], [True], 0, "n_bins"),
    ],
)
def test_wrong_input_is_one_clear_error(p, correct, n_bins, what):
    with pytest.raises(ValueError, match=what):
        expected_calibration_error(p, correct, n_bins)
