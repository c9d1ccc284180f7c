import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.along import add_order_tree, least_cuts
from classblocks.core.build import Draft
from classblocks.core.ncut import least_ncut


def blocks(*sizes, inside=5.0, between=0.1):
    group = np.repeat(np.arange(len(sizes)), sizes)
    w = np.where(group[:, None] == group, inside, between)
    np.fill_diagonal(w, 0)
    return csr_array(w)


def leaves(draft):
    """The rows below every inner node."""
    below = {v: [] for v, c in enumerate(draft.class_id) if c < 0}
    for v, c in enumerate(draft.class_id):
        above = draft.parent[v]
        while c >= 0 and above >= 0:
            below[above].append(c)
            above = draft.parent[above]
    return [sorted(rows) for rows in below.values()]


def tree(graph, order, first_cuts=None):
    draft = Draft()
    draft.add("all", -1)
    add_order_tree(draft, graph, np.asarray(order), 0, first_cuts)
    return leaves(draft)


def test_blocks_become_nodes_and_stay_flat_inside():
    found = tree(blocks(4, 6, 5), np.arange(15))
    for block in (range(4), range(4, 10), range(10, 15)):
        assert list(block) in found
    assert all(len(rows) in (15, 4, 6, 5, 10, 11) for rows in found)


@pytest.mark.parametrize("seed", range(6))
def test_every_part_is_cut_where_the_single_search_cuts_it(seed):
    rng = np.random.default_rng(seed)
    near = np.exp(-np.abs(np.subtract.outer(np.arange(30), np.arange(30))) / 3)
    w = np.triu(rng.poisson(5 * near), 1).astype(float)
    graph = csr_array(w + w.T)
    order = np.arange(30)
    cuts = least_cuts(graph, order)
    assert len(cuts) > 4
    for (start, stop), at in cuts.items():
        rows = order[start:stop]
        inside = graph[rows][:, rows]
        if (inside.sum(axis=1) > 0).all():
            where, value = least_ncut(inside, np.arange(len(rows)))
            assert at - start == where
            assert value <= 1


def test_first_cuts_are_taken_first():
    found = tree(blocks(4, 6, 5), np.arange(15), np.array([7]))
    assert list(range(7)) in found
    assert list(range(7, 15)) in found


def test_rows_that_are_similar_to_nothing_are_cut_off():
    w = np.zeros((6, 6))
    w[2:, 2:] = 1
    np.fill_diagonal(w, 0)
    assert [2, 3, 4, 5] in tree(csr_array(w), np.arange(6))


@pytest.mark.parametrize("m", [1, 2, 3])
def test_three_rows_or_fewer_stay_flat(m):
    assert tree(csr_array(np.ones((m, m)) - np.eye(m)), np.arange(m)) == [list(range(m))]
