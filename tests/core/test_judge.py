import numpy as np
import pytest

from classblocks.core.criteria import order_criteria
from classblocks.core.judge import Judge
from classblocks.core.nearness import Pairs
from classblocks.core.partition import partition
from classblocks.core.similarity import confusion_similarity


def judge_of(counts, n_isolated=0):
    graph = confusion_similarity(counts)
    return Judge(Pairs.of(graph), Pairs.of(confusion_similarity(counts, "counts")), n_isolated)


@pytest.mark.parametrize("n_classes", [5, 20, 60])
def test_the_verdict_is_that_of_the_criteria(n_classes):
    rng = np.random.default_rng(n_classes)
    counts = rng.poisson(0.4, (n_classes, n_classes))
    order = rng.permutation(n_classes)
    found = judge_of(counts)(order)
    expected = order_criteria(counts, order)
    assert found.block_mass == pytest.approx(expected.block_mass)
    assert found.band_mass == pytest.approx(expected.band_mass)
    best = partition(counts, order, max(1, min(20, n_classes // 4)))
    assert found.cuts.tolist() == best.cuts.tolist()
    assert found.objective == pytest.approx(best.value)


def test_cuts_of_many_classes_lie_at_steps(monkeypatch):
    monkeypatch.setattr("classblocks.core.judge.EXACT_SIZE", 99)
    monkeypatch.setattr("classblocks.core.judge._UNITS", 30)
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.2, (100, 100))
    order = rng.permutation(100)
    found = judge_of(counts)(order)
    best = partition(counts, order, 20, step=4)
    assert found.cuts.tolist() == best.cuts.tolist()
    assert found.block_mass == pytest.approx(best.in_block_mass)


def test_isolated_classes_take_blocks_that_are_left_over():
    counts = np.zeros((90, 90), int)
    for first in range(0, 30, 5):
        counts[first : first + 5, first : first + 5] = 3
    graph = confusion_similarity(counts)[:30][:, :30]
    errors = confusion_similarity(counts, "counts")[:30][:, :30]
    found = Judge(Pairs.of(graph), Pairs.of(errors), 60)(np.arange(30))
    assert found.block_mass == order_criteria(counts, np.arange(90)).block_mass == 1
    assert found.objective == pytest.approx(partition(counts, np.arange(90), 20).value)
