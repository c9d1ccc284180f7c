"""Names for the groups of a derived hierarchy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.build import Draft
from classblocks.core.compare import compare_hierarchies
from classblocks.core.hierarchy import Hierarchy

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ALIKE = "≈ "
GIVEN = ("wordnet", "nested", "paths", "parents")


def medoids(hierarchy: Hierarchy, similarity: "csr_array") -> NDArray[np.int32]:
    """Find the class most similar to the rest of its group, for every node.

    Parameters
    ----------
    hierarchy : any
    similarity : (n_classes, n_classes) symmetric, ≥ 0, by class id; the diagonal is left out

    Returns
    -------
    (n_nodes,) int32 class ids, the class itself at a leaf; ties to the smallest id

    Notes
    -----
    A pair of classes counts in the groups from their lowest common ancestor up, so one sum per
    class that grows level by level serves all groups: O(pairs + classes · depth).
    """
    pairs = similarity.tocoo()
    row, col = pairs.coords
    apart = row != col
    row, col, weight = row[apart], col[apart], pairs.data[apart]
    depth = hierarchy.depth[hierarchy.lca(row, col)]
    order = np.argsort(depth, kind="stable")[::-1]
    row, weight, depth = row[order], weight[order], depth[order]

    n_classes = hierarchy.n_classes
    inside = np.zeros(n_classes)
    best = hierarchy.class_of_node.astype(np.int32).copy()
    above = hierarchy.node_of_class.astype(np.int64).copy()
    start = 0
    for level in range(int(hierarchy.depth.max(initial=0)), -1, -1):
        stop = int(np.searchsorted(-depth, -level, side="right"))
        inside += np.bincount(row[start:stop], weight[start:stop], n_classes)
        start = stop
        deeper = hierarchy.depth[above] > level
        above[deeper] = hierarchy.parent[above[deeper]]
        members = np.flatnonzero(hierarchy.depth[above] == level)
        # Rounded, so that sums in another sequence do not decide between equals.
        rank = np.lexsort((members, -np.round(inside[members], 9), above[members]))
        node, first = np.unique(above[members][rank], return_index=True)
        best[node] = members[rank][first]
    return best


def name_by_medoid(hierarchy: Hierarchy, similarity: "csr_array") -> Hierarchy:
    """Name every inner node but the root after its medoid: ``robin + 13``.

    Of a class name that lists synonyms ("robin, Turdus migratorius") the first is taken.
    """
    class_name = [hierarchy.name[node] for node in hierarchy.node_of_class.tolist()]
    medoid = medoids(hierarchy, similarity)
    size = hierarchy.stop - hierarchy.start
    name = list(hierarchy.name)
    for node in range(1, hierarchy.n_nodes):
        if hierarchy.class_of_node[node] < 0:
            full = class_name[medoid[node]]
            first = full.split(", ", 1)[0] or full
            name[node] = f"{first} + {size[node] - 1}" if size[node] > 1 else first
    return replace(hierarchy, name=tuple(name))


def name_after(
    hierarchy: Hierarchy,
    reference: Hierarchy,
    classes: ArrayLike | None = None,
    least: float = 0.5,
) -> Hierarchy:
    """Name groups after the most similar group of a hierarchy that has names.

    Parameters
    ----------
    hierarchy : derived
    reference : given, such as WordNet's
    classes : (n_classes of ``hierarchy``,) their ids in ``reference``; the same ids if left out
    least : smallest Jaccard index, classes in both by classes in either, in (0, 1]

    Returns
    -------
    Hierarchy with the name of an equal group, or ``≈`` and the name of a similar one. Of several
    groups that would have one name the most similar gets it, ties to the one nearest to the root;
    the others, the root and the classes keep their names
    """
    if classes is not None:
        reference = restricted(reference, np.asarray(classes).tolist())
    table = compare_hierarchies(hierarchy, reference)
    inner = (hierarchy.class_of_node < 0) & (table["jaccard"] >= least)
    inner &= reference.class_of_node[table["best"]] < 0
    inner[0] = False
    candidates = np.flatnonzero(inner)
    order = candidates[np.argsort(-table["jaccard"][candidates], kind="stable")]
    taken: set[str] = set()
    name = list(hierarchy.name)
    for node in order.tolist():
        group = reference.name[table["best"][node]]
        if group in taken or table["best"][node] == 0:
            continue
        taken.add(group)
        name[node] = group if table["jaccard"][node] == 1 else f"{ALIKE}{group}"
    return replace(hierarchy, name=tuple(name))


def given_hierarchy(hierarchies: Mapping[str, Hierarchy]) -> Hierarchy | None:
    """Return the first hierarchy that people made, whose groups have names that mean something."""
    for name in hierarchies:
        tree = hierarchies[name]
        if tree.how.get("source") in GIVEN:
            return tree
    return None


def restricted(hierarchy: Hierarchy, classes: Sequence[int]) -> Hierarchy:
    """Keep some classes, numbered as listed, and the groups that hold any of them; contracted."""
    number = {class_id: i for i, class_id in enumerate(classes)}
    class_id = [number.get(c, -1) if c >= 0 else -1 for c in hierarchy.class_of_node.tolist()]
    used = [c >= 0 for c in class_id]
    parent = hierarchy.parent.tolist()
    for node in range(hierarchy.n_nodes - 1, 0, -1):
        if used[node]:
            used[parent[node]] = True
    place: dict[int, int] = {-1: -1}
    draft = Draft()
    for node in range(hierarchy.n_nodes):
        if used[node] or node == 0:
            place[node] = draft.add(hierarchy.name[node], place[parent[node]], class_id[node])
    return Hierarchy.from_draft(draft, len(classes), hierarchy.how).contract()
