import numpy as np
import pytest

from classblocks.core.order import METHODS, order_classes
from classblocks.core.stopping import Stopped, checkpoint, stopping

# They search in loops; the others are one call of SciPy.
SEARCHES = sorted(set(METHODS) - {"olo", "ward"})


@pytest.fixture(scope="module")
def counts():
    """Confusions of 60 classes, more in blocks of ten."""
    near = np.equal.outer(np.arange(60) // 10, np.arange(60) // 10)
    return np.random.default_rng(0).poisson(0.2 + 3 * near)


@pytest.mark.parametrize("method", SEARCHES)
def test_every_search_stops(counts, method):
    with stopping(lambda: True), pytest.raises(Stopped):
        order_classes(counts, method)


@pytest.mark.parametrize("method", METHODS[:-1])
def test_a_search_that_nobody_stops_finds_the_same(counts, method):
    with stopping(lambda: False):
        watched = order_classes(counts, method)
    plain = order_classes(counts, method)
    assert watched.name == plain.name
    assert np.array_equal(watched.parent, plain.parent)
    assert np.array_equal(watched.class_of_leaf, plain.class_of_leaf)


@pytest.mark.parametrize("method", ["auto", "polish", "greedy_merge"])
def test_it_stops_in_the_middle_and_asks_no_more(counts, method):
    asked = []

    def enough():
        asked.append(None)
        return len(asked) == 4

    with stopping(enough), pytest.raises(Stopped):
        order_classes(counts, method)
    assert len(asked) == 4


def test_it_concerns_only_what_runs_inside():
    with pytest.raises(Stopped), stopping(lambda: True):
        checkpoint()
    checkpoint()
    with stopping(lambda: True):
        with stopping(lambda: False):
            checkpoint()
        with pytest.raises(Stopped):
            checkpoint()
