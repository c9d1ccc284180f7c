import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from classblocks.core import polish
from classblocks.core.polish import polish_order


def linear_seriation(w, order):
    w = w[np.ix_(order, order)]
    i, j = np.triu_indices(len(order), 1)
    return (w[i, j] * (j - i)).sum()


def symmetric(seed, m, rate):
    w = np.triu(np.random.default_rng(seed).poisson(rate, (m, m)), 1).astype(float)
    return w + w.T


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_no_single_move_helps_any_more(seed, m):
    w = symmetric(seed, m, 0.8)
    start = np.random.default_rng(seed).permutation(m)
    order = polish_order(csr_array(w), start)
    least = linear_seriation(w, order)
    assert least <= linear_seriation(w, start)
    for source in range(m):
        rest = np.delete(order, source)
        for target in range(m):
            moved = np.insert(rest, target, order[source])
            assert linear_seriation(w, moved) >= least - 1e-9


@pytest.mark.parametrize("reach", [1, 3, 7])
def test_the_change_of_a_move_is_exact(reach):
    w = symmetric(3, 15, 0.7)
    order = np.random.default_rng(0).permutation(15)
    change = polish._changes(csr_array(w), order, reach)
    for source in range(15):
        for step in range(1, reach + 1):
            if source + step >= 15:
                assert change[source, step - 1] == np.inf
                continue
            moved = np.insert(np.delete(order, source), source + step, order[source])
            expected = linear_seriation(w, moved) - linear_seriation(w, order)
            assert change[source, step - 1] == pytest.approx(expected)


def test_far_moves_are_made_in_steps(monkeypatch):
    monkeypatch.setattr(polish, "FREE_SIZE", 5)
    monkeypatch.setattr(polish, "REACH", 2)
    n = 20
    w = np.zeros((n, n))
    w[np.arange(n - 1), np.arange(1, n)] = 1
    order = np.concatenate([np.arange(1, n), [0]])
    found = polish_order(csr_array(w + w.T), order)
    assert linear_seriation(w + w.T, found) == n - 1
