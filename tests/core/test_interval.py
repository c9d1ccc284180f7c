import numpy as np
import pytest
from scipy import stats

from classblocks.core.interval import ratio


def test_a_mean_has_the_interval_of_its_standard_error():
    values = np.random.default_rng(0).normal(3, 2, 500)
    found = ratio(values, np.ones(500))
    low, high = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert found == pytest.approx((values.mean(), low, high))


def test_counts_stand_for_repeated_rows():
    rng = np.random.default_rng(1)
    part, whole, count = rng.integers(0, 4, 20), rng.integers(1, 5, 20), rng.integers(0, 6, 20)
    expected = ratio(np.repeat(part, count), np.repeat(whole, count))
    assert ratio(part, whole, count) == pytest.approx(expected)


def test_a_ratio_has_the_interval_of_the_bootstrap():
    rng = np.random.default_rng(2)
    whole = rng.integers(0, 6, 800)
    part = rng.binomial(whole, 0.4) + (whole > 3)
    found = ratio(part, whole)
    rows = rng.integers(0, 800, (4000, 800))
    again = part[rows].sum(axis=1) / whole[rows].sum(axis=1)
    low, high = np.quantile(again, [0.025, 0.975])
    width = high - low
    assert found.value == part.sum() / whole.sum()
    assert found.low == pytest.approx(low, abs=0.1 * width)
    assert found.high == pytest.approx(high, abs=0.1 * width)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    whole = rng.integers(1, 4, (2000, 200))
    part = rng.binomial(whole, 0.3)
    found = [ratio(p, w) for p, w in zip(part, whole, strict=True)]
    held = np.mean([one.low <= 0.3 <= one.high for one in found])
    assert 0.92 < held < 0.97


def test_what_cannot_be_divided_is_unknown():
    assert np.isnan(ratio([], [])).all()
    assert np.isnan(ratio([1, 2], [0, 0])).all()
    one = ratio([3, 0], [2, 0])
    assert one.value == 1.5
    assert np.isnan([one.low, one.high]).all()
    assert ratio([1, 2], [2, 4]) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="equal lengths"):
        ratio([1, 2], [1])
