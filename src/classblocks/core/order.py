"""A class order, and the hierarchy that comes with it, from confusions or a given similarity."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import build
from classblocks.core.components import is_connected
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.methods import GROW, auto_tree, ward_tree
from classblocks.core.naming import name_by_medoid
from classblocks.core.similarity import KINDS, confusion_similarity, given_similarity
from classblocks.core.validate import class_ids, whole
from classblocks.core.ward import class_features

if TYPE_CHECKING:
    from scipy.sparse import csr_array

METHODS = ("auto", *GROW, "ward")
_KIND = {"log1p": "log1p counts", "counts": "counts", "rates": "rates", "given": "given"}
_SOURCE = {"given": "similarity"} | dict.fromkeys(KINDS, "confusions")


def order_classes(
    counts: ArrayLike | Cells,
    method: str = "auto",
    seed: int = 0,
    names: Sequence[str] | None = None,
    *,
    similarity: "str | ArrayLike | csr_array" = "log1p",
    classes: ArrayLike | None = None,
    features: ArrayLike | None = None,
) -> Hierarchy:
    """Derive a class hierarchy in which often confused classes are close.

    Parameters
    ----------
    counts : (n_classes, n_classes) samples, axis 0 true, or Cells
    method : see Notes
    seed : of the search of ``auto``, and start of the eigensolver for large groups
    names : (n_classes,) class names; class ids if left out
    similarity : ``log1p``, ``counts`` or ``rates`` of the confusions, or a symmetric
        (n_classes, n_classes) array or sparse matrix, such as logit correlations; negative values
        of it count as 0
    classes : (m,) unique class ids; orders only these, and class ``i`` of the result is
        ``classes[i]``. All classes if left out
    features : (n_classes, n_features), such as the rows of the last layer's weights; ``ward`` only

    Returns
    -------
    Hierarchy whose groups are named after the class most similar to the others. Classes without
    any similarity are last, right below the root, in ascending order; ``how["isolated"]`` lists
    them. A connected order starts with the smaller of its two end classes; unconnected parts are
    sorted by falling similarity mass

    Raises
    ------
    ValueError
        Not counts, an unknown method or similarity, another number of names, no or repeated
        classes, ``ward`` without features.

    Notes
    -----
    METHODS §4. Blocks §3.2.1 names spectral clustering (Guattery & Miller 1998), applied
    recursively after Griffin & Perona 2008; cutting at the least normalised cut is our choice.

    ``auto`` : searches for most errors in 20 blocks and within 10 positions of the diagonal at
        once, from several of the others (``core.auto_order``); its blocks are nodes where they can
    ``recursive_ncut`` : recursive spectral bisection at the least normalised cut
    ``olo`` : average linkage with optimal leaf ordering (Bar-Joseph et al. 2001); cubic
    ``linkage`` : sparse average linkage, children by their mean in the Fiedler vector
    ``spectral`` : sorted by the Fiedler vector
    ``hubert_mst`` : a walk along the maximal spanning tree (Hubert 1974)
    ``barycenter`` : damped barycenter iteration (Mäkinen & Siirtola 2005)
    ``polish`` : ``barycenter``, then single classes moved while linear seriation falls
    ``greedy_merge`` : the most confused groups first (Kang & Lin 2021)
    ``ward`` : Ward clustering of given features (NBDT, Wan et al. 2021), optimal leaf ordering

    Those that give an order only have the tree of that order: cut where the normalised cut is
    least, again in both parts, until 3 classes are left or that cut is above 1.
    """
    if method not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {method!r}")
    seed = whole(seed, "seed", 0)
    cells = cells_of(counts)
    n_classes = cells.n_classes
    if names is None:
        names = [str(class_id) for class_id in range(n_classes)]
    if len(names) != n_classes:
        raise ValueError(f"names: expected {n_classes}, one per class, got {len(names)}")
    chosen = _chosen(classes, n_classes)
    kind = similarity if isinstance(similarity, str) else "given"
    if isinstance(similarity, str):
        graph = confusion_similarity(cells, similarity)
    else:
        graph = given_similarity(similarity, n_classes)
    if classes is not None:
        graph = graph[chosen][:, chosen]

    if method == "ward":
        draft = ward_tree(class_features(features, n_classes)[chosen])
        isolated, connected = np.empty(0, np.int64), True
    else:
        linked = np.flatnonzero(graph.sum(axis=1) > 0)
        isolated = np.setdiff1d(np.arange(len(chosen)), linked)
        inside = graph[linked][:, linked]
        if method != "auto":
            draft = GROW[method](inside, seed)
        elif kind == "given":
            draft = auto_tree(inside, inside, len(isolated), seed)
        else:
            errors = confusion_similarity(cells, "counts")[chosen[linked]][:, chosen[linked]]
            draft = auto_tree(inside, errors, len(isolated), seed)
        draft = _rows_to_classes(draft, linked)
        connected = len(linked) > 0 and is_connected(inside)
    for v, row in enumerate(draft.class_id):
        if row >= 0:
            draft.name[v] = names[chosen[row]]
    if connected:
        draft = _canonical(draft)
    root = draft.parent.index(-1)
    for class_id in isolated.tolist():
        draft.add(names[chosen[class_id]], root, class_id)
    how: dict[str, object] = {
        "source": "features" if method == "ward" else _SOURCE[kind],
        "method": method,
        "similarity": _KIND[kind],
        "seed": seed,
        "isolated": isolated.tolist(),
    }
    if classes is not None:
        how["classes"] = chosen.tolist()
    return name_by_medoid(Hierarchy.from_draft(draft, len(chosen), how), graph)


def _chosen(classes: ArrayLike | None, n_classes: int) -> NDArray[np.int32]:
    if classes is None:
        return np.arange(n_classes, dtype=np.int32)
    chosen = class_ids(classes, n_classes, "classes")
    if len(chosen) == 0:
        raise ValueError("classes: expected at least one class, got none")
    if len(np.unique(chosen)) < len(chosen):
        repeated = int(np.bincount(chosen).argmax())
        raise ValueError(f"classes: expected each class once, got {repeated} again")
    return chosen


def _rows_to_classes(draft: build.Draft, classes: NDArray[np.int64]) -> build.Draft:
    number = classes.tolist()
    draft.class_id = [number[row] if row >= 0 else -1 for row in draft.class_id]
    return draft


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
