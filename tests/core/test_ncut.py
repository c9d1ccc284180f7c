import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.build import Draft
from classblocks.core.ncut import add_ncut_tree, least_ncut, ncut_order
from classblocks.core.order import order_classes


def test_least_ncut_is_the_best_of_all_places():
    rng = np.random.default_rng(0)
    w = rng.poisson(1, (9, 9)).astype(float)
    w = np.triu(w, 1) + np.triu(w, 1).T
    order = rng.permutation(9)

    def value(at):
        a, b = order[:at], order[at:]
        cut = w[np.ix_(a, b)].sum()
        return cut / w[a].sum() + cut / w[b].sum()

    at, least = least_ncut(csr_array(w), order)
    values = [value(i) for i in range(1, 9)]
    assert least == pytest.approx(min(values))
    assert at == 1 + int(np.argmin(values))


def test_the_order_is_that_of_the_tree():
    rng = np.random.default_rng(2)
    counts = rng.poisson(0.15, (70, 70)) * (1 - np.eye(70, dtype=int))
    counts[5] = counts[:, 5] = 0
    w = (counts + counts.T).astype(float)
    linked = np.flatnonzero(w.sum(axis=1) > 0)
    graph = csr_array(w[np.ix_(linked, linked)])
    draft = Draft()
    draft.add("all", -1)
    add_ncut_tree(draft, graph, np.arange(len(linked)), 7)
    order = ncut_order(graph, np.random.default_rng(7))
    assert sorted(order) == list(range(len(linked)))
    tree = order_classes(counts, "recursive_ncut", 7, similarity=w)
    found = tree.class_of_leaf[: len(linked)].tolist()
    assert found in (linked[order].tolist(), linked[order[::-1]].tolist())
