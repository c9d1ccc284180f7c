"""The criteria of an order under the names the page shows."""

from dataclasses import dataclass

from classblocks.core.confusion import Cells
from classblocks.core.criteria import MOST_BAND, MOST_BLOCKS, order_criteria
from classblocks.core.hierarchy import Hierarchy

# Exact cuts take n_blocks · n_classes² steps.
_MOST_EXACT_CLASSES = 4_096


@dataclass(frozen=True)
class Row:
    """One criterion as the page lists it; ``better`` is empty where neither direction is."""

    name: str
    field: str
    better: str
    text: str


TABLE = (
    Row(
        "in-block mass",
        "block_mass",
        "",
        f"Share of the errors inside the best {MOST_BLOCKS} blocks along the order, or one block "
        "for every 4 classes where that is fewer. An order without structure has one large block, "
        "which holds many errors by chance.",
    ),
    Row(
        "above chance",
        "block_gain",
        "higher",
        "Share of the errors inside those blocks less the share of the cells they cover, which "
        "is what they would hold by chance.",
    ),
    Row(
        "band mass",
        "band_mass",
        "higher",
        f"Share of the errors between classes at most {MOST_BAND} ranks apart, or one for every "
        "12 classes where that is less.",
    ),
    Row(
        "linear seriation",
        "linear_seriation",
        "lower",
        "Sum over pairs of classes of their similarity times their distance in the order.",
    ),
    Row(
        "2-SUM",
        "two_sum",
        "lower",
        "Sum over pairs of classes of their similarity times their squared distance in the order.",
    ),
    Row(
        "anti-Robinson events",
        "anti_robinson",
        "lower",
        "How often a class is more similar to a farther class than to a nearer one on that side.",
    ),
    Row(
        "Dasgupta cost",
        "dasgupta",
        "lower",
        "Mean size of the smallest group that holds both classes of an error, as a share of all "
        "classes.",
    ),
)


def criteria_of(cells: Cells, tree: Hierarchy) -> dict[str, float]:
    """Compute the criteria by the names of ``TABLE``; NaN without errors."""
    step = order_step(tree.n_classes)
    found = order_criteria(cells, tree, step=step)
    return {row.name: float(getattr(found, row.field)) for row in TABLE}


def order_step(n_classes: int) -> int:
    """Return the distance of the places where a large order may be cut."""
    return -(-n_classes // _MOST_EXACT_CLASSES)
