"""How good a class order is: every criterion of METHODS §4.2, from the non-empty cells alone."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.similarity import confusion_similarity, given_similarity

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_BLOCKS = 20
MOST_BAND = 10
_CHUNK = 1 << 17


def usual_blocks(n_classes: int) -> int:
    """Return the number of blocks that orders are judged by: 20, or one for every 4 classes."""
    return min(MOST_BLOCKS, max(1, n_classes // 4))


def usual_band(n_classes: int) -> int:
    """Return the distance that counts as near the diagonal: 10, or one for every 12 classes."""
    return min(MOST_BAND, max(1, n_classes // 12))


@dataclass(frozen=True)
class Criteria:
    """What an order is worth for a matrix.

    Attributes
    ----------
    linear_seriation : Σ of similarity × distance over pairs of classes; lower is better
    two_sum : Σ of similarity × distance²; lower is better
    anti_robinson : triples in order ``i < j < k`` whose outer pair is more similar than ``i, j`` or
        than ``j, k`` (each counted); lower is better
    block_mass : share of the errors inside the ``n_blocks`` blocks of the exact ``size_weighted``
        partition of log1p counts; NaN without errors. An order without structure has one large
        block, so it says little without ``block_area``
    block_area : share of the cells off the diagonal that those blocks cover, which is the share of
        the errors they would hold by chance; NaN below two classes
    band_mass : share of the errors at most ``band`` positions from the diagonal; higher is better,
        NaN without errors
    dasgupta : Σ of errors × classes below the lowest common ancestor, over errors × n_classes;
        lower is better; None where only an order was given, NaN without errors
    """

    linear_seriation: float
    two_sum: float
    anti_robinson: int
    block_mass: float
    block_area: float
    band_mass: float
    dasgupta: float | None = None

    @property
    def block_gain(self) -> float:
        """Share of the errors inside the blocks above that by chance; higher is better."""
        return self.block_mass - self.block_area


def order_criteria(
    counts: "ArrayLike | Cells | csr_array",
    order: ArrayLike | Hierarchy,
    *,
    n_blocks: int | None = None,
    band: int | None = None,
    step: int = 1,
) -> Criteria:
    """Report every criterion of a class order.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells; or a sparse symmetric
        similarity, whose own weights then take the place of both similarity and errors
    order : (n_classes,) every class once, or a Hierarchy, which is scored as a tree too
    n_blocks : blocks of ``block_mass``, as many as there are classes if those are fewer; if left
        out 20, or one for every 4 classes where that is less
    band : greatest distance of ``band_mass``, in positions; if left out 10, or one for every 12
        classes where that is less
    step : blocks of ``block_mass`` end at multiples of this many positions only, to trade
        exactness for time

    Returns
    -------
    Criteria; exact for any number of classes if ``step`` is 1. Similarities are ``log1p`` of
    METHODS §4.1

    Raises
    ------
    ValueError
        Not counts, an order that is not a permutation of the classes, n_blocks < 1, band < 0.

    Notes
    -----
    METHODS §4.2; Dasgupta cost: STOC 2016, METHODS §2.5.
    """
    from scipy.sparse import issparse

    if (n_blocks is not None and n_blocks < 1) or (band is not None and band < 0):
        raise ValueError(
            f"expected n_blocks ≥ 1 and band ≥ 0, got n_blocks={n_blocks} and band={band}"
        )
    if issparse(counts):
        similarity = given_similarity(counts, counts.shape[0])  # type: ignore[union-attr]
        errors = similarity
    else:
        cells = cells_of(counts)
        similarity = confusion_similarity(cells)
        errors = confusion_similarity(cells, "counts")
    n_classes = similarity.shape[0]
    n_blocks = usual_blocks(n_classes) if n_blocks is None else n_blocks
    band = usual_band(n_classes) if band is None else band
    position = _positions(order, n_classes)
    linear, squared = _sums(similarity, position)
    return Criteria(
        linear,
        squared,
        anti_robinson_events(similarity, position),
        *_blocks(errors if issparse(counts) else cells, position, n_blocks, step),
        band_mass(errors, position, band),
        _dasgupta(errors, order) if isinstance(order, Hierarchy) else None,
    )


def anti_robinson_events(similarity: "csr_array", position: NDArray[np.int64]) -> int:
    """Count how often similarity grows with distance from a class.

    Parameters
    ----------
    similarity : (m, m) symmetric, ≥ 0, zero diagonal
    position : (m,), position of each row in the order

    Returns
    -------
    Number of (class, nearer, farther) on one side of the class where the farther is more similar:
    each is one of the two inequalities of an anti-Robinson event

    Notes
    -----
    Empty cells are counted by their number, the others by a radix sort of their ranks that counts
    the pairs each bit decides: O(n log n) for n non-empty cells, whatever the number of classes.
    """
    rows = similarity.tocsr()
    # Classes have nothing to do with each other: a few at a time keeps memory and sorts small.
    first_of = np.flatnonzero(np.diff(rows.indptr[:-1] // _CHUNK, prepend=-1))
    bounds = [*first_of.tolist(), rows.shape[0]]
    return sum(_events(rows, first, stop, position) for first, stop in pairwise(bounds))


def _events(rows: "csr_array", first: int, stop: int, position: NDArray[np.int64]) -> int:
    inside = slice(rows.indptr[first], rows.indptr[stop])
    place = np.repeat(position[first:stop], np.diff(rows.indptr[first : stop + 1]))
    other = position[rows.indices[inside]]
    side = 2 * place + (other > place)
    distance = np.abs(other - place)
    outward = np.lexsort((distance, side))
    side, distance = side[outward], distance[outward]
    nearer = np.arange(len(side)) - np.searchsorted(side, side)
    over_empty = int((distance - 1 - nearer).sum())
    rank = np.unique(rows.data[inside][outward], return_inverse=True)[1]
    return over_empty + _ascents(side, rank)


def _ascents(group: NDArray[np.int64], rank: NDArray[np.int64]) -> int:
    """Count pairs of one group, in array order, whose later rank is larger; groups are sorted."""
    n_ascents = 0
    highest = int(rank.max(initial=0))
    for bit in reversed(range(highest.bit_length())):
        prefix = group * (highest + 1) + (rank >> (bit + 1))
        by_prefix = np.argsort(prefix, kind="stable")
        prefix, ones = prefix[by_prefix], (rank[by_prefix] >> bit) & 1
        zeros_before = np.cumsum(1 - ones) - (1 - ones)
        first = np.searchsorted(prefix, prefix)
        n_ascents += int((ones * (zeros_before - zeros_before[first])).sum())
    return n_ascents


def band_mass(errors: "csr_array", position: NDArray[np.int64], band: int) -> float:
    """Return the share of the weight at most ``band`` positions from the diagonal."""
    edges = errors.tocoo()
    near = np.abs(position[edges.coords[0]] - position[edges.coords[1]]) <= band
    total = edges.data.sum()
    return float(edges.data[near].sum() / total) if total > 0 else float("nan")


def _sums(similarity: "csr_array", position: NDArray[np.int64]) -> tuple[float, float]:
    edges = similarity.tocoo()
    distance = np.abs(position[edges.coords[0]] - position[edges.coords[1]])
    linear, squared = edges.data @ distance, edges.data @ distance**2
    return float(linear / 2), float(squared / 2)


def _dasgupta(errors: "csr_array", tree: Hierarchy) -> float:
    edges = errors.tocoo()
    total = edges.data.sum()
    if not total > 0:
        return float("nan")
    size = (tree.stop - tree.start)[tree.lca(*edges.coords)]
    return float(edges.data @ size / (total * tree.n_classes))


def _blocks(
    counts: "Cells | csr_array", position: NDArray[np.int64], n_blocks: int, step: int
) -> tuple[float, float]:
    from classblocks.core.partition import partition

    order = np.argsort(position)
    transform = "log1p" if isinstance(counts, Cells) else "none"
    most = -(-len(order) // step)
    found = partition(
        counts, order, min(n_blocks, most), "size_weighted", transform=transform, step=step
    )
    size = np.diff(found.cuts).astype(np.float64)
    pairs = len(order) * (len(order) - 1)
    area = float((size * (size - 1)).sum()) / pairs if pairs else float("nan")
    return float(found.in_block_mass), area


def _positions(order: ArrayLike | Hierarchy, n_classes: int) -> NDArray[np.int64]:
    class_of_leaf = np.asarray(order.class_of_leaf if isinstance(order, Hierarchy) else order)
    if class_of_leaf.shape != (n_classes,):
        raise ValueError(f"order: expected {n_classes} classes, got shape {class_of_leaf.shape}")
    if class_of_leaf.dtype.kind not in "iu" or not np.array_equal(
        np.sort(class_of_leaf), np.arange(n_classes)
    ):
        raise ValueError(f"order: expected every class of 0 to {n_classes - 1} once")
    position = np.empty(n_classes, np.int64)
    position[class_of_leaf] = np.arange(n_classes)
    return position
