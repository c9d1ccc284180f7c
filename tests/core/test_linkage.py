import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage
from scipy.sparse import csr_array
from scipy.spatial.distance import squareform

from classblocks.core.linkage import average_linkage


def groups(pair, n_rows):
    below = [frozenset([row]) for row in range(n_rows)]
    for a, b in pair:
        below.append(below[int(a)] | below[int(b)])
    return below[n_rows:]


@given(st.integers(0, 10_000), st.integers(2, 25))
def test_the_tree_is_that_of_scipy(seed, m):
    rng = np.random.default_rng(seed)
    w = np.triu(rng.random((m, m)), 1)
    w = w + w.T
    found = average_linkage(csr_array(w))
    distance = 1 - w
    np.fill_diagonal(distance, 0)
    expected = linkage(squareform(distance), "average")
    by_group = dict(zip(groups(expected[:, :2], m), 1 - expected[:, 2], strict=True))
    ours = dict(zip(groups(found.pair, m), found.height, strict=True))
    assert ours.keys() == by_group.keys()
    for group, height in ours.items():
        assert height == pytest.approx(by_group[group])


def test_children_come_before_parents_and_every_node_has_one_parent():
    rng = np.random.default_rng(0)
    w = np.triu(rng.poisson(0.1, (60, 60)), 1)
    merges = average_linkage(csr_array(w + w.T))
    number = merges.n_rows + np.arange(len(merges.pair))
    assert (merges.pair < number[:, None]).all()
    assert len(np.unique(merges.pair)) == merges.pair.size


def test_unconnected_rows_stay_apart():
    w = np.zeros((5, 5))
    w[0, 3] = w[3, 0] = w[1, 4] = w[4, 1] = 2
    merges = average_linkage(csr_array(w))
    assert sorted(map(sorted, merges.pair.tolist())) == [[0, 3], [1, 4]]
    assert merges.roots().tolist() == [2, 5, 6]


def test_equal_cells_halve_in_every_round(monkeypatch):
    rounds = []
    from classblocks.core import linkage as module

    kept = module._contract
    monkeypatch.setattr(module, "_contract", lambda *args: rounds.append(1) or kept(*args))
    merges = average_linkage(csr_array(np.ones((128, 128)) - np.eye(128)))
    assert len(merges.pair) == 127
    assert len(rounds) == 7
    assert merges.height == pytest.approx(np.ones(127))


def test_no_similarity_at_all():
    merges = average_linkage(csr_array((3, 3)))
    assert len(merges.pair) == 0
    assert merges.roots().tolist() == [0, 1, 2]
