"""Confidence intervals of ratios and means over samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Z_95 = 1.959963984540054


class Estimate(NamedTuple):
    """A value with the limits of its 95 % interval; NaN where there is nothing to divide by."""

    value: float
    low: float
    high: float


def ratio(part: ArrayLike, whole: ArrayLike, count: ArrayLike | None = None) -> Estimate:
    """Estimate ``Σ part / Σ whole`` over samples.

    Parameters
    ----------
    part, whole : (n,) numbers per sample; ``whole`` ≥ 0, all ones for a mean
    count : (n,) samples that each row stands for; one if left out

    Returns
    -------
    Estimate; the limits are NaN with fewer than two samples whose ``whole`` is above 0, and equal
    the value where all samples have the same ratio

    Raises
    ------
    ValueError
        Unequal lengths.

    Notes
    -----
    Linearised variance ``Σ (part − R whole)² / (Σ whole)²`` (Cochran, Sampling Techniques, 1977,
    §6.5), normal quantiles.
    """
    p, w = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    c = np.ones(len(p)) if count is None else np.asarray(count, np.float64)
    if not p.shape == w.shape == c.shape or p.ndim != 1:
        raise ValueError(f"expected equal lengths, got {p.shape}, {w.shape} and {c.shape}")
    total, n = float(c @ w), float(c[w > 0].sum())
    if total <= 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    value = float(c @ p) / total
    if n < 2:
        return Estimate(value, float("nan"), float("nan"))
    variance = float(c @ (p - value * w) ** 2) / total**2 * n / (n - 1)
    half = Z_95 * variance**0.5
    return Estimate(value, value - half, value + half)
