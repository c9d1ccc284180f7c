import numpy as np
import pytest

from classblocks.core.criteria import anti_robinson_events, order_criteria
from classblocks.core.partition import partition
from classblocks.core.similarity import given_similarity

# Worked example 4 of METHODS.
ROBINSON = [
    [0, 9, 5, 2, 1, 0],
    [9, 0, 8, 3, 2, 1],
    [5, 8, 0, 4, 3, 2],
    [2, 3, 4, 0, 9, 6],
    [1, 2, 3, 9, 0, 8],
    [0, 1, 2, 6, 8, 0],
]


@pytest.mark.parametrize("chunk", [1 << 17, 1, 6])
@pytest.mark.parametrize(
    ("order", "linear", "squared", "events"),
    [(range(6), 98, 192, 0), ([4, 1, 3, 0, 5, 2], 164, 510, 24)],
)
def test_worked_example_4(monkeypatch, chunk, order, linear, squared, events):
    monkeypatch.setattr("classblocks.core.criteria._CHUNK", chunk)
    similarity = given_similarity(ROBINSON, 6)
    found = order_criteria(similarity, np.array(order))
    assert (found.linear_seriation, found.two_sum) == (linear, squared)
    assert found.anti_robinson == events
    position = np.argsort(np.array(order))
    assert anti_robinson_events(similarity, position) == events


def test_criteria_a_few_classes_at_a_time_are_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.4, (40, 40)) * rng.integers(1, 5, (40, 40))
    order = rng.permutation(40)
    whole = order_criteria(counts, order)
    monkeypatch.setattr("classblocks.core.criteria._CHUNK", 7)
    assert order_criteria(counts, order) == whole


def test_coarse_blocks_are_those_of_a_coarse_partition():
    rng = np.random.default_rng(4)
    counts = rng.poisson(1.0, (23, 23))
    found = order_criteria(counts, np.arange(23), n_blocks=9, step=4)
    expected = partition(counts, np.arange(23), 6, step=4)
    assert found.block_mass == expected.in_block_mass
    assert found.linear_seriation == order_criteria(counts, np.arange(23)).linear_seriation
