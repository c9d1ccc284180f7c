"""Published findings measured on the user's own data, with the rate that chance gives beside."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classblocks.app.report.blocks import blocks_of, pair_chance
from classblocks.app.report.number import json_number
from classblocks.core.agreement import Agreement, agreement
from classblocks.core.confusion import Cells
from classblocks.core.metrics import wilson
from classblocks.core.order import order_classes
from classblocks.core.partition import Partition, partition

if TYPE_CHECKING:
    from classblocks.core.hierarchy import Hierarchy

PUBLISHED_TOP_SHARE = 0.98
_MOST_CLASSES_TO_ORDER = 4_096
# The largest of 39 is the limit of a one-sided test at 2.5 %.
_RANDOM_ORDERS = 39
_CLASSES_TO_CUT = 1_024


def finding_facts(
    cells: Cells, hierarchy: str, trees: Mapping[str, "Hierarchy"], blocks: Partition
) -> dict[str, Any]:
    """Measure findings 5 to 8 of the checklist.

    ``top_blocks``: few top blocks hold nearly all errors (Blocks §2; two there, three in EA §2).
    ``sub_blocks``: blocks nest, and sub-blocks hold most of their errors (Blocks §2).
    ``given_and_derived``: a given order shows the same groups as one by similarity (Blocks §2.1);
    None without a hierarchy that was given, or with too many classes to order.
    """
    tree = trees[hierarchy]
    top = [_top_blocks(cells, tree, n) for n in (2, 3) if n <= tree.n_classes]
    top += _top_groups(cells, tree)
    return {
        "top_blocks": top,
        "sub_blocks": _sub_blocks(cells, tree),
        "given_and_derived": _given_and_derived(cells, hierarchy, trees, blocks),
    }


def _top_blocks(cells: Cells, tree: "Hierarchy", n: int) -> dict[str, Any]:
    found = blocks_of(cells, tree, n)
    return _share(
        f"best {n} blocks of the order",
        int(found.block_sum.sum()),
        _n_errors(cells),
        pair_chance(np.diff(found.cuts), tree.n_classes),
        PUBLISHED_TOP_SHARE if n == 2 else None,
    )


def _top_groups(cells: Cells, tree: "Hierarchy") -> list[dict[str, Any]]:
    """Measure the groups right below the root too, where there are any."""
    groups = tree.cut(1)
    groups = groups[tree.class_of_node[groups] < 0]
    if not len(groups):
        return []
    true, pred = (tree.leaf_of_class[ids] for ids in (cells.true, cells.pred))
    wrong = cells.true != cells.pred
    bounds = tree.start[groups]
    first, second = (np.searchsorted(bounds, leaf, "right") - 1 for leaf in (true, pred))
    inside = wrong & (first == second) & (first >= 0)
    inside &= (true < tree.stop[groups][first]) & (pred < tree.stop[groups][second])
    size = tree.stop[groups] - tree.start[groups]
    n = len(groups)
    return [
        _share(
            f"{n} top group{'s' if n > 1 else ''} of the hierarchy",
            int(cells.count[inside].sum()),
            _n_errors(cells),
            pair_chance(size, tree.n_classes),
        )
    ]


def _sub_blocks(cells: Cells, tree: "Hierarchy") -> dict[str, Any] | None:
    """Divide each of the two top blocks again, and count its errors inside the parts."""
    if tree.n_classes < 2:
        return None
    leaf = tree.leaf_of_class
    first, second, count = leaf[cells.true], leaf[cells.pred], cells.count
    errors = inside = n_parts = 0
    expected = 0.0
    for start, stop in pairwise(blocks_of(cells, tree, 2).cuts.tolist()):
        of_block = (first >= start) & (first < stop) & (second >= start) & (second < stop)
        of_block &= first != second
        here = int(count[of_block].sum())
        if not here or stop - start < 2:
            continue
        part = _cells(
            first[of_block] - start, second[of_block] - start, count[of_block], stop - start
        )
        found = partition(part, np.arange(stop - start))
        errors += here
        inside += int(found.block_sum.sum())
        n_parts += found.n_blocks
        expected += here * pair_chance(np.diff(found.cuts), stop - start)
    facts = _share(
        f"{n_parts} sub-blocks of the two best blocks",
        inside,
        errors,
        expected / errors if errors else float("nan"),
        0.5,
    )
    return {**facts, "n_sub_blocks": n_parts}


def _given_and_derived(
    cells: Cells, hierarchy: str, trees: Mapping[str, "Hierarchy"], blocks: Partition
) -> dict[str, Any] | None:
    given = _given(hierarchy, trees)
    if given is None or not 3 <= cells.n_classes <= _MOST_CLASSES_TO_ORDER or not _n_errors(cells):
        return None
    if given != hierarchy:
        blocks = blocks_of(cells, trees[given])
    derived = order_classes(cells)
    others = blocks_of(cells, derived, blocks.n_blocks)
    a, b = _group_of_class(trees[given], blocks), _group_of_class(derived, others)
    found = agreement(a, b)
    chance = _random_orders(cells, b, blocks.n_blocks)
    limit = max(one.adjusted_rand for one in chance)
    return {
        "given": given,
        "n_blocks": blocks.n_blocks,
        "adjusted_rand": json_number(found.adjusted_rand),
        "adjusted_rand_by_chance": json_number(
            float(np.mean([one.adjusted_rand for one in chance]))
        ),
        "adjusted_rand_chance_limit": json_number(limit),
        "jaccard": json_number(found.jaccard),
        "jaccard_by_chance": json_number(float(np.mean([one.jaccard for one in chance]))),
        "errors_inside_given": json_number(blocks.in_block_mass),
        "errors_inside_derived": json_number(others.in_block_mass),
        "beyond_chance": bool(found.adjusted_rand > limit),
    }


def _random_orders(cells: Cells, groups: NDArray[np.int32], n_blocks: int) -> list[Agreement]:
    """Cut random orders by the same errors: adapting to them gives some agreement by itself."""
    rng = np.random.default_rng(0)
    step = -(-cells.n_classes // _CLASSES_TO_CUT)
    found = []
    for _ in range(_RANDOM_ORDERS):
        order = rng.permutation(cells.n_classes)
        blocks = partition(cells, order, min(n_blocks, cells.n_classes // step), step=step)
        group = np.empty(cells.n_classes, np.int64)
        group[order] = blocks.block_of_leaf
        found.append(agreement(group, groups))
    return found


def _given(hierarchy: str, trees: Mapping[str, "Hierarchy"]) -> str | None:
    """Choose a hierarchy that does not come from the errors themselves, the one shown first."""
    for name in (hierarchy, *trees):
        tree = trees[name]
        derived = {"confusions", "logits", "similarity", "features", "page"}
        if (
            name != "flat"
            and tree.how.get("source") not in derived
            and tree.n_nodes > (tree.n_classes + 1)
        ):
            return name
    return None


def _group_of_class(tree: "Hierarchy", blocks: Partition) -> NDArray[np.int32]:
    return blocks.block_of_leaf[tree.leaf_of_class]


def _cells(
    true: NDArray[np.integer], pred: NDArray[np.integer], count: NDArray[np.int64], n: int
) -> Cells:
    order = np.lexsort((pred, true))
    ids = (true[order].astype(np.int32), pred[order].astype(np.int32))
    return Cells(n, *ids, count[order], np.empty(0, np.int64))


def _n_errors(cells: Cells) -> int:
    return int(cells.count[cells.true != cells.pred].sum())


def _share(
    name: str, part: int, whole: int, by_chance: float, published: float | None = None
) -> dict[str, Any]:
    """Give a share of errors, its interval, and whether it is what was published."""
    low, high = wilson(part, whole)
    share = part / whole if whole else float("nan")
    facts: dict[str, Any] = {
        "name": name,
        "errors": part,
        "of": whole,
        "value": json_number(share),
        "low": json_number(low),
        "high": json_number(high),
        "by_chance": json_number(by_chance),
        "beyond_chance": bool(low > by_chance),
    }
    if published is not None:
        facts |= {"published_above": published, "holds": bool(share > published)}
    return facts
