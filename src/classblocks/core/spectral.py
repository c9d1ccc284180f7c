"""The Fiedler vector of a similarity graph, and the order it gives."""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Graph: TypeAlias = "csr_array | NDArray[np.float64]"

DENSE_SIZE = 200
DIGITS = 9


def fiedler_order(graph: Graph, rng: np.random.Generator) -> NDArray[np.int64]:
    """Sort a connected graph by the Fiedler vector of its normalised Laplacian over √degree.

    Parameters
    ----------
    graph : (m, m) symmetric, connected, sparse or dense
    rng : start vector above 200 rows

    Returns
    -------
    (m,) rows, turned to agree with the rows' present order; ties keep it
    """
    m = graph.shape[0]
    if m < 3:
        return np.arange(m)
    return np.argsort(fiedler_vector(graph, rng), kind="stable")


def fiedler_vector(graph: Graph, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the Fiedler vector of the normalised Laplacian over √degree.

    Parameters
    ----------
    graph : (m, m) symmetric, connected, sparse or dense, m ≥ 2
    rng : start vector above 200 rows

    Returns
    -------
    (m,), largest size 1, rounded to 9 digits, turned to grow with the rows' present order

    Notes
    -----
    METHODS §4.3.3; Guattery & Miller 1998.
    """
    m = graph.shape[0]
    root_degree = np.sqrt(graph.sum(axis=1))
    vector = _second_vector(graph, root_degree, rng) / root_degree
    place = np.arange(m) - (m - 1) / 2
    if place @ vector < 0:
        vector = -vector
    return np.asarray(np.round(vector / np.abs(vector).max(), DIGITS))


def _second_vector(
    graph: Graph, root_degree: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    from scipy.linalg import eigh
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import ArpackNoConvergence

    first = root_degree / np.linalg.norm(root_degree)
    last = len(first) - 1
    if isinstance(graph, np.ndarray):
        dense = graph / np.outer(root_degree, root_degree) - 2 * np.outer(first, first)
        return np.asarray(eigh(dense, subset_by_index=[last, last])[1][:, 0])
    scaled = csr_array(graph.multiply(1 / root_degree[:, None]).multiply(1 / root_degree))
    if graph.shape[0] > DENSE_SIZE:
        start = rng.normal(size=len(first))
        for solve in (_lanczos, _shift_invert):
            try:
                return solve(scaled, first, start)
            except ArpackNoConvergence:
                continue
    dense = scaled.toarray() - 2 * np.outer(first, first)
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
