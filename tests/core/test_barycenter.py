import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.barycenter import barycenter_order


def linear_seriation(w, order):
    w = w[np.ix_(order, order)]
    i, j = np.triu_indices(len(order), 1)
    return (w[i, j] * (j - i)).sum()


@pytest.mark.parametrize("seed", range(5))
def test_never_worse_than_the_order_it_starts_from(seed):
    rng = np.random.default_rng(seed)
    w = np.triu(rng.poisson(0.3, (40, 40)), 1).astype(float)
    w = w + w.T
    order = barycenter_order(csr_array(w))
    assert sorted(order) == list(range(40))
    assert linear_seriation(w, order) <= linear_seriation(w, np.arange(40))


def test_worked_example_4_converges_although_the_plain_iteration_swings():
    w = np.array(
        [
            [0, 9, 5, 2, 1, 0],
            [9, 0, 8, 3, 2, 1],
            [5, 8, 0, 4, 3, 2],
            [2, 3, 4, 0, 9, 6],
            [1, 2, 3, 9, 0, 8],
            [0, 1, 2, 6, 8, 0],
        ]
    )
    shuffle = np.array([4, 1, 3, 0, 5, 2])
    order = barycenter_order(csr_array(w[np.ix_(shuffle, shuffle)]))
    assert linear_seriation(w, shuffle[order]) == 98
