"""What a sample's probabilities say: prediction, rank of the true class, the k best classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate

_CHUNK = 1 << 21


@dataclass(frozen=True, eq=False)
class Outcomes:
    """One row per sample.

    Attributes
    ----------
    pred : (n,) int32, class with the largest probability; ties go to the lowest class id
    p_pred, p_true : (n,) float32, probability of the predicted and of the true class
    true_rank : (n,) int32, classes ranked above the true class; 0 is correct
    topk_class : (n, k) int32, the k best classes, best first
    topk_prob : (n, k) float32, their probabilities
    """

    pred: NDArray[np.int32]
    p_pred: NDArray[np.float32]
    p_true: NDArray[np.float32]
    true_rank: NDArray[np.int32]
    topk_class: NDArray[np.int32]
    topk_prob: NDArray[np.float32]


def outcomes(probabilities: ArrayLike, true: ArrayLike, k: int = 5) -> Outcomes:
    """Reduce class probabilities to one compact row per sample.

    Parameters
    ----------
    probabilities : (n, n_classes), rows sum to 1 ± 1e-3; n = 0 is legal
    true : (n,), class ids
    k : how many of the best classes to keep, ≥ 1; at most n_classes are kept

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        Wrong shape, NaN or negative probabilities, ids outside the classes; names the first
        bad row.

    Notes
    -----
    Everything is compared as float32. Ties are ranked by class id, so ``true_rank`` is 0 exactly
    where ``pred == true``.
    """
    n_classes = np.shape(probabilities)[1] if np.ndim(probabilities) == 2 else 0
    p = validate.probabilities(probabilities, n_classes, "probabilities")
    true_ids = validate.class_ids(true, n_classes, "true")
    n = validate.same_length(probabilities=p, true=true_ids)
    if k < 1:
        raise ValueError(f"k: expected at least 1, got {k}")
    if n_classes == 0:
        raise ValueError("probabilities: expected at least one class, got none")
    k = min(k, n_classes)
    topk_class = np.empty((n, k), np.int32)
    topk_prob = np.empty((n, k), np.float32)
    p_true = np.empty(n, np.float32)
    true_rank = np.empty(n, np.int32)
    step = max(1, _CHUNK // n_classes)
    for first in range(0, n, step):
        rows = slice(first, first + step)
        chunk = p[rows].copy()
        p_true[rows], true_rank[rows] = _rank(chunk, true_ids[rows])
        topk_class[rows], topk_prob[rows] = _best(chunk, k)
    return Outcomes(
        topk_class[:, 0].copy(), topk_prob[:, 0].copy(), p_true, true_rank, topk_class, topk_prob
    )


def _rank(
    p: NDArray[np.float32], true: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    p_true = np.take_along_axis(p, true[:, None], axis=1)
    above = np.count_nonzero(p > p_true, axis=1)
    before = np.arange(p.shape[1], dtype=np.int32) < true[:, None]
    tied = np.count_nonzero((p == p_true) & before, axis=1)
    return p_true[:, 0], (above + tied).astype(np.int32)


def _best(p: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Take the maximum k times, which keeps the tie rule of argmax; overwrites ``p``."""
    best = np.empty((len(p), k), np.int32)
    value = np.empty((len(p), k), np.float32)
    rows = np.arange(len(p))
    for j in range(k):
        best[:, j] = p.argmax(axis=1)
        value[:, j] = p[rows, best[:, j]]
        p[rows, best[:, j]] = -np.inf
    return best, value
