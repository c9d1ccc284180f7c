import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.nearness import Moves, Neighbourhood, Pairs, nearer_order

DECAY = 0.8


def symmetric(seed, m, rate=0.6):
    w = np.triu(np.random.default_rng(seed).poisson(rate, (m, m)), 1).astype(float)
    return w + w.T


def nearness(w, order):
    place = np.argsort(order)
    return (w * DECAY ** np.abs(np.subtract.outer(place, place))).sum() / 2


@pytest.mark.parametrize(("m", "reach"), [(15, 9), (15, 14), (4, 2)])
def test_gains_are_exact(m, reach):
    w = symmetric(0, m)
    order = np.random.default_rng(1).permutation(m)
    seen = Neighbourhood(Pairs.of(csr_array(w)), order, DECAY, reach)
    now = nearness(w, order)
    assert seen.value == pytest.approx(now)
    gains = (
        seen.insertion_gains(),
        seen.mirrored().insertion_gains()[::-1],
        seen.reversal_gains(),
    )
    for row in range(m):
        for step in range(1, reach + 1):
            for kind, gain in enumerate(gains):
                first, last = (row - step, row) if kind == 1 else (row, row + step)
                if first < 0 or last >= m:
                    assert gain[row, step - 1] == -np.inf
                    continue
                one = np.array([first]), np.array([last]), np.array([kind])
                moved = Moves(*one).apply(order)
                assert gain[row, step - 1] == pytest.approx(nearness(w, moved) - now)


def test_moves_do_what_their_kinds_say():
    moves = Moves(np.array([0, 4, 8]), np.array([2, 6, 9]), np.array([0, 1, 2]))
    assert moves.apply(np.arange(10)).tolist() == [1, 2, 0, 3, 6, 4, 5, 7, 9, 8]


@pytest.mark.parametrize("seed", range(4))
def test_nearness_never_falls_and_no_single_move_helps_in_the_end(seed):
    w = symmetric(seed, 30, 0.3)
    pairs = Pairs.of(csr_array(w))
    start = np.random.default_rng(seed).permutation(30)
    found = nearer_order(pairs, start, DECAY, 29, 500, least=0)
    assert sorted(found) == list(range(30))
    assert nearness(w, found) > nearness(w, start)
    seen = Neighbourhood(pairs, found, DECAY, 29)
    for gain in (seen.insertion_gains(), seen.mirrored().insertion_gains(), seen.reversal_gains()):
        assert gain.max() <= 1e-9


@pytest.mark.parametrize("m", [0, 1, 2])
def test_few_rows_stay_as_they_are(m):
    w = np.ones((m, m)) - np.eye(m)
    assert nearer_order(Pairs.of(csr_array(w)), np.arange(m), DECAY, 5, 5).tolist() == list(
        range(m)
    )


def test_the_strongest_pairs_of_either_row_are_kept():
    w = symmetric(4, 25, 2.0) + np.triu(np.full((25, 25), 1e-3), 1)
    w = np.maximum(w, w.T)
    pairs = Pairs.of(csr_array(w))
    kept = pairs.strongest(3)
    rank = (-w).argsort(axis=1, kind="stable").argsort(axis=1)
    found = set(zip(kept.a.tolist(), kept.b.tolist(), strict=True))
    for a, b, weight in zip(kept.a, kept.b, kept.weight, strict=True):
        assert w[a, b] == weight
        assert min((w[a] > weight).sum(), (w[b] > weight).sum()) < 3
    for a in range(25):
        surely = np.flatnonzero((w[a] > np.sort(w[a])[-4]) & (rank[a] < 3))
        assert all((min(a, b), max(a, b)) in found for b in surely.tolist())
    assert pairs.strongest(12) is pairs
