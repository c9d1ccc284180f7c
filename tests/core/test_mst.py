import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.mst import hubert_order


def graph(n, *edges):
    w = np.zeros((n, n))
    for a, b, weight in edges:
        w[a, b] = w[b, a] = weight
    return csr_array(w)


def test_a_robinson_matrix_whose_tree_is_a_path_is_ordered_exactly():
    n = 12
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    w = np.where(distance > 0, 10.0 - np.minimum(distance, 8), 0)
    hidden = np.random.default_rng(0).permutation(n)
    found = hidden[hubert_order(csr_array(w[np.ix_(hidden, hidden)]))].tolist()
    assert found in (list(range(n)), list(range(n))[::-1])


def test_side_branches_follow_where_they_leave_heavier_first():
    # 0 - 1 - 2 - 3 - 4, and 5 (light), 6 (heavy) hang on 2.
    found = hubert_order(
        graph(7, (0, 1, 5), (1, 2, 5), (2, 3, 5), (3, 4, 5), (2, 5, 1), (2, 6, 3))
    ).tolist()
    assert found in ([0, 1, 2, 6, 5, 3, 4], [4, 3, 2, 6, 5, 1, 0])


def test_a_cycle_loses_its_lightest_edge():
    found = hubert_order(graph(4, (0, 1, 5), (1, 2, 4), (2, 3, 3), (3, 0, 1))).tolist()
    assert found in ([0, 1, 2, 3], [3, 2, 1, 0])


@pytest.mark.parametrize("n", [1, 2])
def test_one_and_two_rows(n):
    assert sorted(hubert_order(graph(n, *([(0, 1, 1)] if n == 2 else [])))) == list(range(n))
