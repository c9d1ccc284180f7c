"""How much a neuron belongs to a group of samples."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_CHUNK = 1 << 24


def relevance(responses: ArrayLike, in_group: ArrayLike) -> NDArray[np.float64]:
    """Lower quartile inside the group over the upper quartile outside it.

    Parameters
    ----------
    responses : (n, n_neurons), collective responses ≥ 0: the sum of a neuron's outputs on a sample
    in_group : (n,) bool

    Returns
    -------
    (n_neurons,) float64; +inf where only the group responds, 0 for a silent neuron, NaN everywhere
    if the group or the rest is empty

    Raises
    ------
    ValueError
        A negative response, for which the ratio means nothing (use ``margin`` or ``auroc``), one
        that is not finite, or unequal lengths.

    Notes
    -----
    Blocks Eq. 2, quartiles interpolated linearly (METHODS §10).
    """
    f, group = _checked(responses, in_group)
    if len(f) and float(f.min(initial=0)) < 0:
        row, neuron = np.argwhere(f < 0)[0]
        raise ValueError(
            f"responses: expected values ≥ 0 (after a ReLU), got {f[row, neuron]:g} in row {row} "
            f"for neuron {neuron}; use margin or auroc for responses with a sign"
        )
    low = _quantile(f[group], 0.25)
    high = _quantile(f[~group], 0.75)
    undefined = np.isnan(low) | np.isnan(high)
    ratio = np.divide(low, high, out=np.full(len(low), np.inf), where=high > 0)
    ratio[(low == 0) & (high == 0)] = 0
    return np.where(undefined, np.nan, ratio)


def margin(responses: ArrayLike, in_group: ArrayLike) -> NDArray[np.float64]:
    """Gap between the lower quartile inside and the upper quartile outside, in quartile ranges.

    Parameters
    ----------
    responses : (n, n_neurons), of any sign
    in_group : (n,) bool

    Returns
    -------
    (n_neurons,) float64, ``(Q25(group) − Q75(rest)) / IQR(all)``; positive where the quartiles are
    apart, ±inf where all of the middle half is one value, 0 where nothing differs, NaN everywhere
    if the group or the rest is empty

    Raises
    ------
    ValueError
        A response that is not finite, or unequal lengths.

    Notes
    -----
    METHODS §10, with 0/0 = 0 and x/0 = ±inf in place of a small constant.
    """
    f, group = _checked(responses, in_group)
    gap = _quantile(f[group], 0.25) - _quantile(f[~group], 0.75)
    spread = _quantile(f, 0.75) - _quantile(f, 0.25)
    limit = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
    limit[np.isnan(gap)] = np.nan
    return np.divide(gap, spread, out=limit, where=spread > 0)


def auroc(responses: ArrayLike, in_group: ArrayLike) -> NDArray[np.float64]:
    """Probability that a sample of the group responds more than one outside it.

    Parameters
    ----------
    responses : (n, n_neurons), of any sign
    in_group : (n,) bool

    Returns
    -------
    (n_neurons,) float64 in [0, 1], ties count half; NaN if the group or the rest is empty

    Raises
    ------
    ValueError
        A response that is not finite, or unequal lengths.

    Notes
    -----
    The Mann–Whitney statistic over the number of pairs.
    """
    f, group = _checked(responses, in_group)
    n, n_in = len(f), int(group.sum())
    if n_in in (0, n):
        return np.full(f.shape[1], np.nan)
    from scipy.stats import rankdata

    out = np.empty(f.shape[1])
    step = max(1, _CHUNK // n)
    for first in range(0, f.shape[1], step):
        rank_sum = rankdata(f[:, first : first + step], axis=0)[group].sum(axis=0)
        out[first : first + step] = (rank_sum - n_in * (n_in + 1) / 2) / (n_in * (n - n_in))
    return out


def _checked(
    responses: ArrayLike, in_group: ArrayLike
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    f = np.asarray(responses)
    group = np.asarray(in_group)
    if f.ndim != 2:
        raise ValueError(f"responses: expected (n, n_neurons), got shape {f.shape}")
    if group.shape != f.shape[:1] or (group.dtype != bool and group.size):
        raise ValueError(
            f"in_group: expected {len(f)} bools, got {group.dtype} of shape {group.shape}"
        )
    if f.dtype.kind != "f":
        f = f.astype(np.float64)
    bad = ~np.isfinite(f)
    if bad.any():
        row, neuron = np.argwhere(bad)[0]
        raise ValueError(
            f"responses: expected finite values, got {f[row, neuron]} "
            f"in row {row} for neuron {neuron}"
        )
    return f, group.astype(bool)


def _quantile(f: NDArray[np.floating], q: float) -> NDArray[np.float64]:
    """Linear quantile by column from two order statistics; NaN without rows."""
    if not len(f):
        return np.full(f.shape[1], np.nan)
    place = q * (len(f) - 1)
    below = int(place)
    above = min(below + 1, len(f) - 1)
    parted = np.partition(f, (below, above), axis=0)
    low = parted[below].astype(np.float64)
    high = parted[above].astype(np.float64)
    value: NDArray[np.float64] = low + (place - below) * (high - low)
    return value
