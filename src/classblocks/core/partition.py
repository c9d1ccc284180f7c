"""Division of the class order into blocks that hold as much confusion as possible."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.block_score import OBJECTIVES, block_score
from classblocks.core.block_search import AlongOrder, AlongTree, maximise
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.segmentation import exact_sums, ordered_matrix
from classblocks.core.similarity import given_similarity

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Amounts = NDArray[np.int64] | NDArray[np.float64]

TRANSFORMS = ("log1p", "none")
ALONG = ("order", "tree")


@dataclass(frozen=True, eq=False)
class Partition:
    """Consecutive blocks that cover all classes.

    Attributes
    ----------
    cuts : (n_blocks + 1,) int32, leaf positions from 0 to n_classes; block ``k`` holds the leaves
        ``cuts[k] : cuts[k + 1]``
    nodes : (n_blocks,) int32, the hierarchy's node of each block; None along the order
    objective, transform, gamma : what was maximised
    value : the maximum, on transformed counts; NaN for ``modularity`` without errors and for
        ``pooled`` with single-class blocks only
    value_by_n : (n_blocks,) float64, the maximum for 1 … n_blocks blocks; NaN where no nodes make
        that number, and but for the last with ``pooled``
    block_sum : (n_blocks,) int64, errors inside each block, not transformed; float64 similarity
    block_area : (n_blocks,) int64, its cells without the diagonal
    density : (n_blocks,) float64, errors per cell; NaN for a single class
    block_mass : (n_blocks,) float64, its share of all errors; NaN without errors
    in_block_mass : share of all errors that lie in any block; NaN without errors
    step : cuts lie at multiples of ``step`` positions; 1: anywhere
    """

    cuts: NDArray[np.int32]
    nodes: NDArray[np.int32] | None
    objective: str
    transform: str
    gamma: float
    value: float
    value_by_n: NDArray[np.float64]
    block_sum: Amounts
    block_area: NDArray[np.int64]
    density: NDArray[np.float64]
    block_mass: NDArray[np.float64]
    in_block_mass: float
    step: int

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.cuts) - 1

    @property
    def block_of_leaf(self) -> NDArray[np.int32]:
        """(n_classes,), block at each leaf position."""
        return np.repeat(np.arange(self.n_blocks, dtype=np.int32), np.diff(self.cuts))

    def __repr__(self) -> str:
        return (
            f"Partition({self.n_blocks} blocks of {self.cuts[-1]} classes, "
            f"{self.objective} {self.value:.6g}, in-block mass {self.in_block_mass:.4f})"
        )


def partition(
    counts: "ArrayLike | Cells | csr_array",
    hierarchy: Hierarchy | ArrayLike,
    n_blocks: int | str = "auto",
    objective: str = "size_weighted",
    *,
    transform: str = "log1p",
    along: str = "order",
    gamma: float = 1.0,
    step: int = 1,
) -> Partition:
    """Divide the class order into the blocks with the largest objective.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells; the diagonal is left out. Or a
        sparse symmetric similarity, which is not transformed
    hierarchy : over the same classes, or a class order (n_classes,)
    n_blocks : 1 … n_classes; ``auto`` takes the number of blocks with the largest modularity
    objective : Σ over blocks of m classes with sum S of ``size_weighted`` S / m, ``modularity``
        (S − expected S) / total, ``least_squares`` S² / (m (m − 1)), ``mean_density``
        S / (m (m − 1)), ``generalised`` S / m^gamma; or ``pooled`` ΣS / Σ m (m − 1)
    transform : of the counts before; ``log1p`` or ``none``
    along : ``order``: any consecutive classes; ``tree``: nodes of the hierarchy only
    gamma : exponent for ``generalised``: 0 favours one large block, 2 small dense ones
    step : cut at multiples of this many positions only, to trade exactness for time along the order

    Returns
    -------
    Partition, the exact maximum; of equally good ones that with the leftmost cuts, from the last
    cut on. Values equal to 14 digits count as equally good

    Raises
    ------
    ValueError
        Not counts, an unknown word, an order that is not a permutation, a number of blocks that
        the hierarchy's nodes cannot make; names the nearest smaller one.

    Notes
    -----
    METHODS §5; Blocks §3.2.2 asks for a partition that "maximises the density of its blocks"
    without a formula. ``mean_density`` isolates tiny dense pairs. Along the order
    O(n_blocks · n_classes²) time, never more than O(n_blocks · n_classes + cells) memory; along the
    tree O(cells + n_nodes · n_blocks²). ``pooled``: Dinkelbach's method (1967), 2 to 6 such rounds.
    ``least_squares`` is the best block-constant fit (Lévy-Leduc et al., Bioinformatics 2014).
    Transformed counts are rounded so that all sums of them are exact, which keeps ties and changes
    the value by less than 1e-9 of it.
    """
    for name, value, known in (
        ("objective", objective, OBJECTIVES),
        ("transform", transform, TRANSFORMS),
        ("along", along, ALONG),
    ):
        if value not in known:
            raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")
    errors, transform = _errors(counts, transform)
    n_classes = errors.n_classes
    leaf_of_class = _leaf_of_class(hierarchy, n_classes)
    if not isinstance(gamma, int | float | np.number) or not np.isfinite(gamma):
        raise ValueError(f"gamma: expected a finite exponent, got {gamma!r}")
    if not _is_whole(step) or not 1 <= step <= n_classes:
        raise ValueError(f"step: expected 1 to {n_classes}, got {step}")
    wanted = _wanted(n_blocks, n_classes)
    first, second = leaf_of_class[errors.true], leaf_of_class[errors.pred]
    weight = exact_sums(errors.weight)
    matrix = ordered_matrix(first, second, weight, n_classes, step)
    search: AlongOrder | AlongTree
    if along == "order":
        search = AlongOrder(matrix)
    elif not isinstance(hierarchy, Hierarchy):
        raise ValueError("along: a class order has no nodes, give a hierarchy for 'tree'")
    elif step > 1:
        raise ValueError(f"step: expected 1 along the tree, got {step}")
    else:
        search = AlongTree(matrix, hierarchy, errors.true, errors.pred, weight)
    if wanted is None:
        search.find_free(block_score("modularity", n_classes, matrix.total))
        wanted = search.n_found
    value_by_n = maximise(search, objective, wanted, gamma, n_classes, matrix.total)
    if objective == "modularity" and matrix.total == 0:
        value_by_n[:] = np.nan
    cuts = search.cuts
    size = np.diff(cuts).astype(np.int64)
    area = size * (size - 1)
    block_sum = _block_sums(first, second, errors.amount, cuts)
    total = errors.amount.sum()
    return Partition(
        cuts,
        search.nodes,
        objective,
        transform,
        gamma,
        float(value_by_n[-1]),
        value_by_n,
        block_sum,
        area,
        np.where(area > 0, block_sum / np.maximum(area, 1), np.nan),
        block_sum / total if total else np.full(wanted, np.nan),
        float(block_sum.sum() / total) if total else float("nan"),
        step,
    )


@dataclass(frozen=True)
class _Errors:
    """What lies off the diagonal: amounts, and weights, the amounts transformed."""

    n_classes: int
    true: NDArray[np.int32]
    pred: NDArray[np.int32]
    amount: Amounts
    weight: NDArray[np.float64]


def _errors(counts: "ArrayLike | Cells | csr_array", transform: str) -> tuple[_Errors, str]:
    if hasattr(counts, "tocsr"):
        matrix = cast("csr_array", counts)
        pairs = given_similarity(matrix, matrix.shape[0]).tocoo()
        first, second = (ids.astype(np.int32) for ids in pairs.coords)
        found = _Errors(pairs.shape[0], first, second, pairs.data, pairs.data)
        transform = "none"
    else:
        cells = cells_of(counts)
        wrong = cells.true != cells.pred
        count = cells.count[wrong]
        weight = np.log1p(count) if transform == "log1p" else count.astype(np.float64)
        found = _Errors(cells.n_classes, cells.true[wrong], cells.pred[wrong], count, weight)
    if found.n_classes == 0:
        raise ValueError("counts: expected at least one class, got none")
    return found, transform


def _wanted(n_blocks: int | str, n_classes: int) -> int | None:
    if isinstance(n_blocks, str) and n_blocks == "auto":
        return None
    if not _is_whole(n_blocks):
        raise ValueError(f"n_blocks: expected a number or 'auto', got {n_blocks!r}")
    if not 1 <= int(n_blocks) <= n_classes:
        raise ValueError(f"n_blocks: expected 1 to {n_classes} (classes), got {n_blocks}")
    return int(n_blocks)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _leaf_of_class(hierarchy: Hierarchy | ArrayLike, n_classes: int) -> NDArray[np.int32]:
    if isinstance(hierarchy, Hierarchy):
        if hierarchy.n_classes != n_classes:
            raise ValueError(
                f"counts: expected {hierarchy.n_classes} classes as in the hierarchy, "
                f"got {n_classes}"
            )
        return hierarchy.leaf_of_class
    order = np.asarray(hierarchy)
    if order.shape != (n_classes,) or (np.sort(order) != np.arange(n_classes)).any():
        raise ValueError(
            f"hierarchy: expected a Hierarchy or each of {n_classes} class ids once, "
            f"got shape {order.shape}"
        )
    leaf = np.empty(n_classes, np.int32)
    leaf[order] = np.arange(n_classes, dtype=np.int32)
    return leaf


def _block_sums(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    amount: Amounts,
    cuts: NDArray[np.int32],
) -> Amounts:
    block = np.searchsorted(cuts, first, "right") - 1
    inside = block == np.searchsorted(cuts, second, "right") - 1
    sums: Amounts = np.zeros(len(cuts) - 1, amount.dtype)  # type: ignore[assignment]
    np.add.at(sums, block[inside], amount[inside])
    return sums
