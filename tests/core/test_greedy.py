import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from classblocks.core.greedy import greedy_merges


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_every_merge_is_the_pair_with_the_largest_share(seed, m):
    rng = np.random.default_rng(seed)
    w = np.triu(rng.random((m, m)), 1)
    w = w + w.T
    merges = greedy_merges(csr_array(w))
    groups = {row: [row] for row in range(m)}

    def share(a, b):
        return w[np.ix_(a, b)].sum() / (w[a].sum() + w[b].sum())

    for k, (a, b) in enumerate(merges.pair.tolist()):
        best = max(share(groups[p], groups[q]) for p in groups for q in groups if p < q)
        assert share(groups[a], groups[b]) == pytest.approx(best)
        assert merges.height[k] == pytest.approx(best)
        groups[m + k] = groups.pop(a) + groups.pop(b)
    assert len(groups) == 1


def test_unconnected_rows_stay_apart():
    w = np.zeros((3, 3))
    w[0, 2] = w[2, 0] = 1
    assert greedy_merges(csr_array(w)).pair.tolist() == [[0, 2]]
