"""How good a block of consecutive classes is, under each objective of the partition."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OBJECTIVES = (
    "size_weighted",
    "pooled",
    "modularity",
    "least_squares",
    "mean_density",
    "generalised",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BlockScore:
    """Scores of blocks; a partition's value is the sum of its blocks' scores.

    Attributes
    ----------
    by_size : (n_classes + 1,), what the number of classes contributes
    combine : (sum inside, ``by_size`` of the block, row margin, column margin) → score; arrays
        that broadcast
    slack : absolute rounding error of a sum of scores; values closer than this are ties
    needs_margins : whether ``combine`` looks at the margins
    """

    by_size: Floats
    combine: Callable[[Floats, Floats, Floats, Floats], Floats]
    slack: float
    needs_margins: bool = False


def block_score(
    objective: str, n_classes: int, total: float, gamma: float = 1.0, penalty: float = 0.0
) -> BlockScore:
    """Make the score of an objective.

    Parameters
    ----------
    objective : one of ``OBJECTIVES``
    n_classes : largest block
    total : sum of the whole matrix
    gamma : exponent of the size, for ``generalised``
    penalty : Dinkelbach's λ, for ``pooled``

    Notes
    -----
    METHODS §5. S is the sum inside a block of m classes, m (m − 1) its cells without the diagonal;
    a block of one class has S = 0 and scores 0, under ``modularity`` minus its expectation.
    """
    size = np.arange(n_classes + 1, dtype=np.float64)
    # One class has nothing inside; its divisor only must not be 0.
    area = np.maximum(size * (size - 1), 1)
    if objective == "modularity":
        scale = total or 1.0
        return BlockScore(
            size,
            lambda inside, by_size, row, col: (inside - row * (col / scale)) / scale,
            1e-14,
            needs_margins=True,
        )
    if objective == "pooled":
        price = penalty * size * (size - 1)
        return BlockScore(price, lambda inside, by_size, row, col: inside - by_size, 1e-14 * total)
    if objective == "least_squares":
        return BlockScore(area, lambda inside, by_size, row, col: inside * inside / by_size, 0)
    divisor = {
        "size_weighted": np.maximum(size, 1),
        "mean_density": area,
        "generalised": np.maximum(size, 1) ** gamma,
    }[objective]
    return BlockScore(divisor, lambda inside, by_size, row, col: inside / by_size, 0)
