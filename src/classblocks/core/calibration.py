"""Whether predictions are right as often as their probabilities say."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.columns import Columns

N_BINS = 15


def reliability(p_pred: ArrayLike, correct: ArrayLike, n_bins: int = N_BINS) -> Columns:
    """Compare probability and accuracy of the predictions, by bins of equal width.

    Parameters
    ----------
    p_pred : (n,), probability of each predicted class, 0..1 (+ 1e-3, as rounding leaves it); NaN
        (unknown) is left out
    correct : (n,) bool, whether the predicted class is the true one
    n_bins : at least 1

    Returns
    -------
    Columns with n_bins rows: ``start``, ``stop`` float64, the range of probabilities, half-open but
    for the last, which holds 1; ``n_samples`` int64; ``mean_probability`` and ``accuracy`` float64,
    NaN for an empty bin

    Raises
    ------
    ValueError
        Unequal lengths, a probability outside 0..1, flags that are not bool, no bin.

    Notes
    -----
    Guo et al. (ICML 2017) §2, whose bins are open below instead of above.
    """
    n_bins = validate.whole(n_bins, "n_bins", 1)
    probability, right = _checked(p_pred, correct)
    edges = np.linspace(0, 1, n_bins + 1)
    bin_of = np.minimum(np.searchsorted(edges, probability, side="right") - 1, n_bins - 1)
    count = np.bincount(bin_of, minlength=n_bins).astype(np.int64)
    n_right = np.bincount(bin_of, weights=right, minlength=n_bins)
    total = np.bincount(bin_of, weights=probability, minlength=n_bins)
    some = np.where(count, count, np.nan)
    return Columns(
        {
            "start": edges[:-1],
            "stop": edges[1:],
            "n_samples": count,
            "mean_probability": total / some,
            "accuracy": n_right / some,
        }
    )


def expected_calibration_error(
    p_pred: ArrayLike, correct: ArrayLike, n_bins: int = N_BINS
) -> float:
    """Average the gap between probability and accuracy over all samples.

    Parameters
    ----------
    p_pred : (n,), probability of each predicted class, 0..1; NaN (unknown) is left out
    correct : (n,) bool, whether the predicted class is the true one
    n_bins : at least 1

    Returns
    -------
    0..1, the mean of ``|accuracy − mean_probability|`` over the bins of ``reliability``, weighted
    by their samples; NaN without a known probability

    Raises
    ------
    ValueError
        As ``reliability``.

    Notes
    -----
    Naeini et al. (AAAI 2015), Guo et al. (ICML 2017) eq. 3. It sees the predicted class only, grows
    with the number of bins, and is never 0 for few samples even if the probabilities are right.
    """
    table = reliability(p_pred, correct, n_bins)
    count = table["n_samples"]
    if not count.any():
        return float("nan")
    gap = np.abs(table["accuracy"] - table["mean_probability"])
    return float(np.nansum(gap * count) / count.sum())


def _checked(
    p_pred: ArrayLike, correct: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    probability, right = np.asarray(p_pred, np.float64), np.asarray(correct)
    if probability.ndim != 1 or right.ndim != 1:
        raise ValueError(
            f"p_pred, correct: expected one dimension, got {probability.shape} and {right.shape}"
        )
    validate.same_length(p_pred=probability, correct=right)
    if right.dtype != np.bool_ and right.size:
        raise ValueError(f"correct: expected bool, got {right.dtype}")
    highest = 1 + validate.ROW_SUM_TOLERANCE
    outside = np.flatnonzero((probability < 0) | (probability > highest))
    if outside.size:
        row = int(outside[0])
        raise ValueError(f"p_pred: expected 0 to 1, got {probability[row]:g} in row {row}")
    known = ~np.isnan(probability)
    return np.minimum(probability[known], 1), right[known].astype(np.bool_)
