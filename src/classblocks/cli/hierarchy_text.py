"""What ``classblocks hierarchy`` prints of orders, blocks, comparisons and moves."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from classblocks.app.criteria import TABLE, criteria_of
from classblocks.app.report.blocks import pair_chance
from classblocks.app.report.number import counted, percent, plain, short
from classblocks.core.compare import (
    compare_hierarchies,
    compare_levels,
    dasgupta_cost,
    error_mass,
)
from classblocks.core.partition import partition
from classblocks.core.repair import repair_moves

if TYPE_CHECKING:
    from classblocks.core.columns import Columns
    from classblocks.core.confusion import Cells
    from classblocks.core.hierarchy import Hierarchy

Named = tuple[str, "Hierarchy"]


def criteria_lines(cells: "Cells", trees: Mapping[str, "Hierarchy"]) -> Iterator[str]:
    """Put the criteria of several orders side by side."""
    values = [criteria_of(cells, tree) for tree in trees.values()]
    width = max(12, *(len(name) for name in trees))
    yield " " * 22 + "".join(f"  {name:>{width}}" for name in trees) + "  better"
    for row in TABLE:
        numbers = "".join(f"  {plain(found[row.name]):>{width}}" for found in values)
        yield f"{row.name:<22}{numbers}  {row.better}"


def block_lines(cells: "Cells", name: str, tree: "Hierarchy", n_blocks: int | str) -> Iterator[str]:
    """List the blocks of the best partition of the order."""
    found = partition(cells, tree, n_blocks)
    size = np.diff(found.cuts)
    chance = pair_chance(size, tree.n_classes)
    errors = int(found.block_sum.sum())
    yield (
        f"{counted(found.n_blocks, 'block')} {'holds' if found.n_blocks == 1 else 'hold'} "
        f"{counted(errors, 'error')}, {percent(found.in_block_mass)} of all "
        f"(by chance {percent(chance)})"
    )
    yield "block  classes   errors    share  errors per cell  classes from – to"
    for block, (start, stop) in enumerate(zip(found.cuts[:-1], found.cuts[1:], strict=True)):
        first, last = (short(tree.name[tree.node_of_leaf[leaf]]) for leaf in (start, stop - 1))
        yield (
            f"{block + 1:5d}  {stop - start:7,d}  {found.block_sum[block]:7,d}  "
            f"{percent(found.block_mass[block]):>7}  {plain(float(found.density[block])):>15}  "
            f"{first}{'' if stop == start + 1 else f' – {last}'}"
        )


def compare_lines(cells: "Cells", one: Named, other: Named, most: int) -> Iterator[str]:
    """Score two hierarchies on the same errors and list where they disagree."""
    (name, tree), (other_name, other_tree) = one, other
    width = max(16, len(name), len(other_name))
    yield f"{'':24}  {name:>{width}}  {other_name:>{width}}"
    costs = [plain(dasgupta_cost(cells, which)) for which in (tree, other_tree)]
    yield f"{'Dasgupta cost (lower)':24}  {costs[0]:>{width}}  {costs[1]:>{width}}"
    levels = compare_levels(cells, tree, other_tree)
    for depth in range(levels.n_rows):
        shown = [_beside_chance(levels, side, depth) for side in "ab"]
        label = f"errors inside, level {depth}"
        yield f"{label:24}  {shown[0]:>{width}}  {shown[1]:>{width}}"
    yield "in brackets: share of class pairs inside, what errors at random would give"
    yield ""
    yield from _disagreements(cells, tree, other_name, other_tree, most)


def _beside_chance(levels: "Columns", side: str, depth: int) -> str:
    mass, chance = levels[f"mass_{side}"][depth], levels[f"chance_{side}"][depth]
    return f"{percent(mass)} ({percent(chance)})"


def _disagreements(
    cells: "Cells", tree: "Hierarchy", other_name: str, other: "Hierarchy", most: int
) -> Iterator[str]:
    found = compare_hierarchies(tree, other)
    mass = np.nan_to_num(error_mass(cells, tree))
    jaccard = np.asarray(found["jaccard"], np.float64)
    groups = np.flatnonzero((tree.class_of_node < 0) & (np.arange(tree.n_nodes) > 0))
    missed = mass[groups] * (1 - jaccard[groups])
    order = groups[np.lexsort((groups, jaccard[groups], -missed))][:most]
    if not len(order):
        yield "no groups to compare"
        return
    yield f"groups that {other_name} agrees with least, by the errors in them"
    yield "  errors  classes  agreement  group → its best match"
    for node in order.tolist():
        pair = f"{short(tree.name[node])} → {short(found['best_name'][node])}"
        yield (
            f"{percent(mass[node]):>8}  {int(tree.stop[node] - tree.start[node]):7,d}  "
            f"{percent(jaccard[node]):>9}  {pair}"
        )


def repair_lines(cells: "Cells", tree: "Hierarchy", most: int) -> Iterator[str]:
    """List the moves of groups that lower the Dasgupta cost most."""
    moves = repair_moves(cells, tree, most)
    if not moves.n_rows:
        yield "no move of a group would lower the Dasgupta cost"
        return
    yield f"moves that would lower the Dasgupta cost, {plain(dasgupta_cost(cells, tree))}, most"
    yield "  change  errors  move → beside"
    for row in range(moves.n_rows):
        node, beside = (_place(tree, int(moves[key][row])) for key in ("node", "beside"))
        yield f"{moves['change'][row]:8.4f}  {moves['mass'][row]:6,d}  {node} → {beside}"


def _place(tree: "Hierarchy", node: int) -> str:
    """Name a node and the group it is in."""
    parent = int(tree.parent[node])
    inside = "" if parent <= 0 else f" (in {short(tree.name[parent])})"
    return f"{short(tree.name[node])}{inside}"
