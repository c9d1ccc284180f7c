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
    of : (sum inside, classes, row margin, column margin) → score; arrays of one shape
    slack : absolute rounding error of a sum of scores; values closer than this are ties
    """

    of: Callable[[Floats, NDArray[np.int64], Floats, Floats], Floats]
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
    area = size * (size - 1)
    if objective == "modularity":
        scale = total or 1.0

        def modularity(inside: Floats, m: NDArray[np.int64], row: Floats, col: Floats) -> Floats:
            return (inside - row * (col / scale)) / scale

        return BlockScore(modularity, 1e-14, needs_margins=True)
    if objective == "pooled":
        price = penalty * area
        return BlockScore(lambda inside, m, row, col: inside - price[m], 1e-14 * total)
    if objective == "least_squares":
        cells = np.maximum(area, 1)
        return BlockScore(lambda inside, m, row, col: inside * inside / cells[m], 0)
    divisor = {
        "size_weighted": size,
        "mean_density": area,
        "generalised": np.maximum(size, 1) ** gamma,
    }[objective]
    # Sizes 0 and 1 have nothing inside; the divisor only must not be 0.
    divisor = np.concatenate([np.ones(min(2, n_classes + 1)), divisor[2:]])
    return BlockScore(lambda inside, m, row, col: inside / divisor[m], 0)
