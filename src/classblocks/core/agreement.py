"""Whether two divisions of the classes are the same, beside what chance gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Agreement:
    """How far two divisions put the same pairs of items together.

    Attributes
    ----------
    adjusted_rand : 1 for equal divisions, 0 on average for random ones with the same group sizes;
        NaN where every random division agrees as well (one group, or single items, on both sides)
    jaccard : pairs together in both, by pairs together in either; NaN without such pairs
    jaccard_by_chance : the same with the number of shared pairs that random divisions with the same
        group sizes have on average
    """

    adjusted_rand: float
    jaccard: float
    jaccard_by_chance: float


def agreement(group_a: ArrayLike, group_b: ArrayLike) -> Agreement:
    """Compare two divisions of the same items.

    Parameters
    ----------
    group_a, group_b : (n,) integers, the group of each item; the numbers themselves mean nothing

    Raises
    ------
    ValueError
        Not one-dimensional integers, or of unequal lengths.

    Notes
    -----
    Adjusted Rand index: Hubert & Arabie, Journal of Classification 2, 1985. O(n log n).
    """
    a, b = _groups(group_a, "group_a"), _groups(group_b, "group_b")
    if len(a) != len(b):
        raise ValueError(f"expected groups of the same items, got {len(a)} and {len(b)}")
    together = _pairs(a * (int(b.max(initial=0)) + 1) + b)
    in_a, in_b, all_pairs = _pairs(a), _pairs(b), len(a) * (len(a) - 1) // 2
    expected = in_a * in_b / all_pairs if all_pairs else 0.0
    most = (in_a + in_b) / 2
    either = in_a + in_b - together
    return Agreement(
        (together - expected) / (most - expected) if most > expected else float("nan"),
        together / either if either else float("nan"),
        expected / (in_a + in_b - expected) if either else float("nan"),
    )


def _groups(values: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(
            f"{name}: expected one integer per item, got {array.dtype} of shape {array.shape}"
        )
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def _pairs(group: NDArray[np.int64]) -> int:
    size = np.unique(group, return_counts=True)[1].astype(np.int64)
    return int((size * (size - 1) // 2).sum())
