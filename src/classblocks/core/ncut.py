"""Recursive spectral bisection of a similarity graph at the least normalised cut."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classblocks.core.build import Draft

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FLAT_SIZE = 3
DENSE_SIZE = 200
_DIGITS = 9


def add_ncut_tree(
    draft: Draft, similarity: "csr_array", class_id: NDArray[np.int64], seed: int
) -> None:
    """Grow the tree of a similarity graph below the draft's root.

    Parameters
    ----------
    draft : holds only its root
    similarity : (m, m) symmetric, ≥ 0, zero diagonal, no empty row
    class_id : (m,), the classes of the rows
    seed : start vector of the iterative eigensolver

    Notes
    -----
    METHODS §4.3.5. A group falls apart into its connected components, or in two at the position of
    its Fiedler order with the least normalised cut; it stays flat with 3 classes or fewer, or when
    that cut is above 1. Each part is turned so that its order agrees with its parent's.
    """
    rng = np.random.default_rng(seed)
    todo: list[tuple[NDArray[np.int64], int]] = [(np.arange(len(class_id)), 0)]
    while todo:
        rows, node = todo.pop()
        for part in _split(similarity[rows][:, rows], rng, top=node == 0):
            if len(part) == 1:
                draft.add("", node, int(class_id[rows[part[0]]]))
            else:
                todo.append((rows[part], draft.add("", node)))


def _split(graph: "csr_array", rng: np.random.Generator, top: bool) -> list[NDArray[np.int64]]:
    """Cut a group into parts, in order; single members where it stays flat."""
    from scipy.sparse.csgraph import connected_components

    n_parts, part_of = connected_components(graph, directed=False)
    if n_parts > 1:
        return _ordered_components(graph, part_of, n_parts, top)
    order = fiedler_order(graph, rng)
    if graph.shape[0] > FLAT_SIZE:
        at, value = least_ncut(graph, order)
        if value <= 1:
            return [order[:at], order[at:]]
    return [order[i : i + 1] for i in range(len(order))]


def _ordered_components(
    graph: "csr_array", part_of: NDArray[np.int32], n_parts: int, top: bool
) -> list[NDArray[np.int64]]:
    """Order components by mass at the top, below it by their place in the parent's order."""
    members = np.split(
        np.argsort(part_of, kind="stable"), np.cumsum(np.bincount(part_of, minlength=n_parts))[:-1]
    )
    if top:
        mass = np.bincount(part_of, weights=graph.sum(axis=1), minlength=n_parts)
        key = -np.round(mass, _DIGITS)
    else:
        key = np.array([rows.mean() for rows in members])
    return [members[i] for i in np.argsort(key, kind="stable")]


def is_connected(graph: "csr_array") -> bool:
    """Tell whether every row can be reached from every other."""
    from scipy.sparse.csgraph import connected_components

    return int(connected_components(graph, directed=False)[0]) == 1


def fiedler_order(graph: "csr_array", rng: np.random.Generator) -> NDArray[np.int64]:
    """Sort a connected graph by the Fiedler vector of its normalised Laplacian over √degree.

    Parameters
    ----------
    graph : (m, m) symmetric, connected
    rng : start vector above 200 rows

    Returns
    -------
    (m,) rows, turned to agree with the rows' present order; ties keep it
    """
    m = graph.shape[0]
    if m < 3:
        return np.arange(m)
    root_degree = np.sqrt(graph.sum(axis=1))
    vector = _second_vector(graph, root_degree, rng) / root_degree
    place = np.arange(m) - (m - 1) / 2
    if place @ vector < 0:
        vector = -vector
    return np.argsort(np.round(vector / np.abs(vector).max(), _DIGITS), kind="stable")


def _second_vector(
    graph: "csr_array", root_degree: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    from scipy.linalg import eigh
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import ArpackNoConvergence

    first = root_degree / np.linalg.norm(root_degree)
    scaled = csr_array(graph.multiply(1 / root_degree[:, None]).multiply(1 / root_degree))
    if graph.shape[0] > DENSE_SIZE:
        start = rng.normal(size=len(first))
        for solve in (_lanczos, _shift_invert):
            try:
                return solve(scaled, first, start)
            except ArpackNoConvergence:
                continue
    dense = scaled.toarray() - 2 * np.outer(first, first)
    last = len(first) - 1
    return np.asarray(eigh(dense, subset_by_index=[last, last])[1][:, 0])


def _lanczos(
    scaled: "csr_array", first: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Take the largest eigenvector once the known one, of eigenvalue 1, is shifted to −1."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    operator = LinearOperator(
        scaled.shape, matvec=lambda x: scaled @ x - 2 * first * (first @ x), dtype=np.float64
    )
    return np.asarray(eigsh(operator, 1, which="LA", v0=start, tol=1e-6, maxiter=200)[1][:, 0])


def _shift_invert(
    scaled: "csr_array", first: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Factorise the Laplacian: what makes Lanczos slow, a path-like graph, makes this cheap."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import eigsh

    laplacian = (eye_array(len(first)) - scaled).tocsc()
    value, vector = eigsh(laplacian, 2, sigma=-1e-6, v0=start, maxiter=200)
    return np.asarray(vector[:, value.argmax()])


def least_ncut(graph: "csr_array", order: NDArray[np.int64]) -> tuple[int, float]:
    """Find the best place to cut an order in two.

    Parameters
    ----------
    graph : (m, m) symmetric
    order : (m,) rows, m ≥ 2

    Returns
    -------
    at, value : the first part is ``order[:at]``, at the first of equally good places; ``value`` is
        ``cut / vol(first) + cut / vol(second)``
    """
    m = len(order)
    position = np.empty(m, np.int64)
    position[order] = np.arange(m)
    edges = graph.tocoo()
    later = np.maximum(position[edges.row], position[edges.col])
    inside = np.cumsum(np.bincount(later, weights=edges.data, minlength=m))[:-1]
    volume = np.cumsum(graph.sum(axis=1)[order])
    cut = volume[:-1] - inside
    value = np.round(cut / volume[:-1] + cut / (volume[-1] - volume[:-1]), _DIGITS)
    at = int(value.argmin())
    return at + 1, float(value[at])
