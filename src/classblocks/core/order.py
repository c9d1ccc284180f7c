"""A class order, and the hierarchy that comes with it, from confusions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import build
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.ncut import add_ncut_tree, is_connected

if TYPE_CHECKING:
    from scipy.sparse import csr_array

METHODS = ("auto", "recursive_ncut", "olo")


def order_classes(
    counts: ArrayLike | Cells,
    method: str = "auto",
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Hierarchy:
    """Derive a class hierarchy in which often confused classes are close.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells
    method : ``recursive_ncut`` (``auto``): recursive spectral bisection at the least normalised
        cut; ``olo``: average linkage with optimal leaf ordering, cubic in n_classes
    seed : start of the iterative eigensolver, which only large groups need
    names : (n_classes,) class names; class ids if left out

    Returns
    -------
    Hierarchy whose inner nodes are named after their class with most samples. Classes without
    confusions are last, right below the root, in ascending order; ``how["isolated"]`` lists them.
    A connected order starts with the smaller of its two end classes; unconnected parts are sorted
    by falling similarity mass

    Raises
    ------
    ValueError
        Not counts, an unknown method, another number of names.

    Notes
    -----
    METHODS §4. The similarity is ``W = (A + Aᵀ) / 2`` with ``A = log1p(M°)``, M° the counts without
    the diagonal. Blocks §3.2.1 names spectral clustering (Guattery & Miller 1998), applied
    recursively after Griffin & Perona 2008; cutting at the least normalised cut is our choice.
    Optimal leaf ordering: Bar-Joseph et al. 2001.
    """
    if method not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {method!r}")
    cells = cells_of(counts)
    n_classes = cells.n_classes
    if names is None:
        names = [str(class_id) for class_id in range(n_classes)]
    if len(names) != n_classes:
        raise ValueError(f"names: expected {n_classes}, one per class, got {len(names)}")
    similarity = confusion_similarity(cells)
    linked = np.flatnonzero(similarity.sum(axis=1) > 0)
    isolated = np.setdiff1d(np.arange(n_classes), linked)

    draft = build.Draft()
    draft.add(build.ROOT_NAME, -1)
    if len(linked):
        inside = similarity[linked][:, linked]
        if method == "olo":
            _add_dendrogram(draft, inside, linked)
        else:
            add_ncut_tree(draft, inside, linked, seed)
    for v, class_id in enumerate(draft.class_id):
        if class_id >= 0:
            draft.name[v] = names[class_id]
    draft = build.name_groups(draft, _importance(cells))
    if len(linked) and is_connected(similarity[linked][:, linked]):
        draft = _canonical(draft)
    root = draft.parent.index(-1)
    for class_id in isolated.tolist():
        draft.add(names[class_id], root, class_id)
    how = {
        "source": "confusions",
        "method": "recursive_ncut" if method == "auto" else method,
        "similarity": "log1p counts",
        "seed": seed,
        "isolated": isolated.tolist(),
    }
    return Hierarchy.from_draft(draft, n_classes, how)


def confusion_similarity(cells: Cells) -> "csr_array":
    """Return ``(A + Aᵀ) / 2`` with ``A = log1p(M°)`` as a sparse matrix without a diagonal."""
    from scipy.sparse import csr_array

    wrong = cells.true != cells.pred
    strength = np.log1p(cells.count[wrong]) / 2
    shape = (cells.n_classes, cells.n_classes)
    half = csr_array((strength, (cells.true[wrong], cells.pred[wrong])), shape=shape)
    return csr_array(half + half.T)


def _importance(cells: Cells) -> dict[int, float]:
    """Rank the classes by samples, ties to the smaller id; no two ranks are equal."""
    samples = np.zeros(cells.n_classes, np.int64)
    np.add.at(samples, cells.true, cells.count)
    ascending = np.lexsort((-np.arange(cells.n_classes), samples))
    return {class_id: float(rank) for rank, class_id in enumerate(ascending.tolist())}


def _canonical(draft: build.Draft) -> build.Draft:
    """Reverse the order if it ends with a smaller class id than it starts with."""
    ends = _end_class(draft, 0), _end_class(draft, -1)
    if ends[0] <= ends[1]:
        return draft
    last = len(draft.name) - 1
    return build.Draft(
        draft.name[::-1],
        [last - p if p >= 0 else -1 for p in draft.parent[::-1]],
        draft.class_id[::-1],
        draft.aliases[::-1],
    )


def _end_class(draft: build.Draft, side: int) -> int:
    children: dict[int, list[int]] = {}
    for v, p in enumerate(draft.parent):
        children.setdefault(p, []).append(v)
    v = 0
    while v in children:
        v = children[v][side]
    return draft.class_id[v]


def _add_dendrogram(
    draft: build.Draft, similarity: "csr_array", class_id: NDArray[np.int64]
) -> None:
    from scipy.cluster.hierarchy import linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    dense = similarity.toarray()
    distance = 1 - dense / dense.max()
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    merges = optimal_leaf_ordering(linkage(condensed, "average"), condensed)[:, :2].astype(int)
    n = len(class_id)
    todo = [(int(v), 0) for v in merges[-1, ::-1]]
    while todo:
        v, parent = todo.pop()
        if v < n:
            draft.add("", parent, int(class_id[v]))
        else:
            node = draft.add("", parent)
            todo.extend((int(child), node) for child in merges[v - n, ::-1])
