"""Divisions of the classes by nodes of a tree: what a layer tells apart, or like sizes."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classblocks.core import validate
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.separability import TIE, Separability

Nodes = NDArray[np.int32]

PREFERENCES = ("accuracy", "size")


@dataclass(frozen=True, eq=False)
class LayerCut:
    """The groups chosen for one layer, and what its classifier tells of them.

    Attributes
    ----------
    layer : its name
    nodes : (n_groups,) int32, nodes that partition the classes, in class order
    inherited_from : an earlier layer whose groups these are; None for its own
    qualifies : whether every group keeps the share of the last layer's recall that was asked for
    min_recall_ratio : least recall of a group beside the last layer's; NaN if all are undefined
    weakest : the node it belongs to; −1 if there is none
    min_f1 : least F1 of a group; NaN if all are undefined
    cut_accuracy : share of samples whose prediction stays in their group
    """

    layer: str
    nodes: Nodes
    inherited_from: str | None
    qualifies: bool
    min_recall_ratio: float
    weakest: int
    min_f1: float
    cut_accuracy: float


def choose_cuts(
    hierarchy: Hierarchy,
    measured: Separability,
    *,
    tau: float = 0.8,
    most: int | None = None,
    prefer: str = "accuracy",
) -> list[LayerCut]:
    """Choose the cut of every layer from what ``separability`` measured in this hierarchy.

    Parameters and errors are those of ``suggest_branches``.

    Notes
    -----
    METHODS §16.3. A cut starts as the children of the root. The group is split next whose children
    all keep ``tau`` of the network's recall and whose split costs least cut accuracy, or the
    largest one if ``prefer`` is ``size``, ties by node, as long as there are at most ``most``
    groups; only where these are reached does the order of splits matter. A recall that is
    undefined, or 0 in the network itself, is no evidence for or against, and a group none of whose
    children has any is not split. Where the children of the root do not keep it, they stay as they
    are: the coarsest cut there is. A layer whose own cut has fewer groups than the layer before
    gets that layer's cut, so that the number of groups never falls. Single-child chains count as
    their lowest node.
    """
    if isinstance(tau, bool) or not isinstance(tau, int | float) or not 0 < tau <= 1:
        raise ValueError(f"tau: expected a number above 0 and at most 1, got {tau!r}")
    if prefer not in PREFERENCES:
        raise ValueError(f"prefer: expected one of {', '.join(PREFERENCES)}, got {prefer!r}")
    limit = group_limit(hierarchy, most)
    ratio = _recall_ratio(measured)
    whole = _whole_of(hierarchy)
    is_part = whole >= 0

    def of_parts(values: NDArray[np.generic]) -> NDArray[np.int64]:
        """(n_nodes,), sum over the parts of each node."""
        sums = np.zeros(hierarchy.n_nodes, np.int64)
        np.add.at(sums, whole[is_part], values[is_part])
        return sums

    cuts: list[LayerCut] = []
    for row, layer in enumerate(measured.layers):
        keeps = ~(ratio[row] < tau * (1 - TIE))
        able = (of_parts(~keeps) == 0) & (of_parts(~np.isnan(ratio[row])) > 0)
        tp = measured.tp[row]
        cost = -size_of(hierarchy) if prefer == "size" else tp - of_parts(tp)
        nodes = _split(hierarchy, keeps, able, cost, limit)
        origin = None
        if cuts and len(cuts[-1].nodes) > len(nodes):
            nodes = cuts[-1].nodes
            origin = cuts[-1].inherited_from or cuts[-1].layer
        cuts.append(_measured(measured, ratio, row, layer, nodes, origin, keeps))
    return cuts


def even_nodes(
    hierarchy: Hierarchy, n_layers: int, first: int, factor: float, most: int | None
) -> list[Nodes]:
    """Choose the cuts of ``even_cuts``, each a division of the one before."""
    limit = group_limit(hierarchy, most)
    nodes: Nodes = parts(hierarchy, 0)
    cuts = []
    wanted = float(min(first, limit))
    for _ in range(n_layers):
        nodes = _grow(hierarchy, nodes, -size_of(hierarchy), _comes_nearer(wanted, limit))
        cuts.append(nodes)
        wanted = min(wanted * factor, limit)
    return cuts


def nodes_of_groups(hierarchy: Hierarchy, group_of_class: NDArray[np.integer]) -> Nodes:
    """Return the node of every group, the lowest of a chain; −1 for a group that is no node."""
    group = group_of_class[hierarchy.class_of_leaf]
    n_groups = int(group.max()) + 1
    leaf = np.arange(len(group))
    start, stop = np.full(n_groups, len(group)), np.zeros(n_groups, np.int64)
    np.minimum.at(start, group, leaf)
    np.maximum.at(stop, group, leaf + 1)
    spans = zip(hierarchy.start.tolist(), hierarchy.stop.tolist(), strict=True)
    node_of_span = {span: node for node, span in enumerate(spans)}
    is_together = stop - start == np.bincount(group)
    return np.array(
        [
            node_of_span.get(span, -1) if together else -1
            for span, together in zip(
                zip(start.tolist(), stop.tolist(), strict=True), is_together, strict=True
            )
        ],
        np.int32,
    )


def parts(hierarchy: Hierarchy, node: int) -> Nodes:
    """Return what a node divides into: its children, chains of single children left out."""
    below = hierarchy.children(_end(hierarchy, node)).tolist()
    return np.array([_end(hierarchy, child) for child in below], np.int32)


def note_of(hierarchy: Hierarchy, cuts: Sequence[LayerCut], tau: float) -> str:
    """Say for every layer where the evidence was not enough; empty if it was."""
    notes = []
    for cut in cuts:
        if cut.inherited_from is not None:
            notes.append(f"{cut.layer} alone would get fewer groups: those of {cut.inherited_from}")
        elif not cut.qualifies:
            notes.append(
                f"{cut.layer} has no samples to judge by: coarsest cut"
                if cut.weakest < 0
                else f"{cut.layer} does not tell the top groups apart "
                f"({hierarchy.name[cut.weakest]} keeps {cut.min_recall_ratio:.2f} of the final "
                f"recall, {tau:g} is asked for): coarsest cut"
            )
    return "; ".join(notes)


def _end(hierarchy: Hierarchy, node: int) -> int:
    while len(below := hierarchy.children(node)) == 1:
        node = int(below[0])
    return node


def group_limit(hierarchy: Hierarchy, most: int | None) -> int:
    """Check that the top of the tree is a cut, and return the largest number of groups."""
    top = parts(hierarchy, 0)
    if len(top) < 2:
        raise ValueError(
            f"hierarchy: expected at least 2 groups, it has {hierarchy.n_classes} class"
        )
    if len(top) == hierarchy.n_classes:
        raise ValueError(
            f"hierarchy: its root has the {len(top)} classes as children and no groups; derive a "
            "hierarchy from the confusions, or use full_classes"
        )
    if most is None:
        return max(hierarchy.n_classes // 4, len(top))
    limit = validate.whole(most, "most", 2)
    if len(top) > limit:
        raise ValueError(
            f"most: expected at least {len(top)}, the children of the root, got {limit}; "
            "a hierarchy with fewer groups at the top has coarser cuts"
        )
    return limit


def _recall_ratio(measured: Separability) -> NDArray[np.float64]:
    """(n_layers, n_nodes), recall beside the last row's; NaN where that says nothing."""
    last = measured.recall[-1]
    return measured.recall[:-1] / np.where(last > 0, last, np.nan)


def size_of(hierarchy: Hierarchy) -> NDArray[np.int64]:
    """(n_nodes,), classes of each node."""
    size: NDArray[np.int64] = (hierarchy.stop - hierarchy.start).astype(np.int64)
    return size


def _whole_of(hierarchy: Hierarchy) -> NDArray[np.int32]:
    """(n_nodes,), the node whose ``parts`` a node is one of; −1 for none."""
    above = hierarchy.parent.tolist()
    n_children = np.bincount(hierarchy.parent[1:], minlength=hierarchy.n_nodes)
    is_chain = (n_children == 1).tolist()
    whole = [-1] * hierarchy.n_nodes
    for node in range(1, hierarchy.n_nodes):
        whole[node] = whole[above[node]] if is_chain[above[node]] else above[node]
    return np.where(is_chain, -1, whole).astype(np.int32)


def _split(
    hierarchy: Hierarchy,
    keeps: NDArray[np.bool_],
    able: NDArray[np.bool_],
    cost: NDArray[np.int64],
    limit: int,
) -> Nodes:
    top = parts(hierarchy, 0)
    if not keeps[top].all():
        return top
    return _grow(hierarchy, top, cost, lambda node, _, then: bool(able[node]) and then <= limit)


def _comes_nearer(wanted: float, limit: int) -> Callable[[int, int, int], bool]:
    return lambda _, now, then: then <= limit and abs(then - wanted) < abs(now - wanted)


def _grow(
    hierarchy: Hierarchy,
    nodes: Nodes,
    cost: NDArray[np.int64],
    accept: Callable[[int, int, int], bool],
) -> Nodes:
    """Split the cheapest node that may be split until none may.

    ``accept`` gets the node and the numbers of groups now and then. What it refuses once it must
    refuse for every larger number of groups.
    """
    n_groups = len(nodes)
    leaves: list[int] = []
    queue = [(int(cost[node]), node) for node in nodes.tolist()]
    heapq.heapify(queue)
    while queue:
        _, node = heapq.heappop(queue)
        below = parts(hierarchy, node).tolist()
        if not below or not accept(node, n_groups, n_groups - 1 + len(below)):
            leaves.append(node)
            continue
        n_groups += len(below) - 1
        for child in below:
            heapq.heappush(queue, (int(cost[child]), child))
    return np.sort(np.array(leaves, np.int32))


def _measured(
    measured: Separability,
    ratio: NDArray[np.float64],
    row: int,
    layer: str,
    nodes: Nodes,
    origin: str | None,
    keeps: NDArray[np.bool_],
) -> LayerCut:
    kept = ratio[row, nodes]
    known = ~np.isnan(kept)
    weakest = int(nodes[np.where(known, kept, np.inf).argmin()]) if known.any() else -1
    f1 = measured.f1[row, nodes]
    n_samples = int(measured.tp[row, 0])
    return LayerCut(
        layer,
        nodes,
        origin,
        bool(keeps[nodes].all() and known.any()),
        float(ratio[row, weakest]) if known.any() else float("nan"),
        weakest,
        float(f1[~np.isnan(f1)].min()) if (~np.isnan(f1)).any() else float("nan"),
        int(measured.tp[row, nodes].sum()) / n_samples if n_samples else float("nan"),
    )
