import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from classblocks.core.agreement import agreement


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 2)), min_size=2, max_size=30))
def test_agreement_is_that_of_scikit_learn_and_of_counted_pairs(items):
    a, b = np.array(items).T
    found = agreement(a, b)
    pairs = list(combinations(range(len(a)), 2))
    in_a = [a[i] == a[j] for i, j in pairs]
    in_b = [b[i] == b[j] for i, j in pairs]
    both, either = np.logical_and(in_a, in_b).sum(), np.logical_or(in_a, in_b).sum()
    if either:
        assert found.jaccard == pytest.approx(both / either)
    else:
        assert np.isnan(found.jaccard)
    if np.isnan(found.adjusted_rand):
        assert len(set(in_a)) == len(set(in_b)) == 1
    else:
        assert found.adjusted_rand == pytest.approx(adjusted_rand_score(a, b))


def test_chance_is_what_shuffled_groups_give():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 300), rng.integers(0, 3, 300)
    shuffled = [agreement(a, rng.permutation(b)) for _ in range(400)]
    expected = agreement(a, b).jaccard_by_chance
    assert np.mean([s.jaccard for s in shuffled]) == pytest.approx(expected, abs=0.001)
    assert np.mean([s.adjusted_rand for s in shuffled]) == pytest.approx(0, abs=0.002)


def test_equal_divisions_agree_whatever_their_numbers():
    found = agreement([0, 0, 1, 2, 2], [7, 7, -1, 3, 3])
    assert (found.adjusted_rand, found.jaccard) == (1, 1)
    assert found.jaccard_by_chance < 0.5


@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([1], [2]), ([0, 1, 2], [2, 1, 0]), ([0, 0], [5, 5])]
)
def test_what_chance_always_gives_is_unknown(a, b):
    assert np.isnan(agreement(a, b).adjusted_rand)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([0, 1], [0], "got 2 and 1"),
        ([0.5], [0], "group_a: expected one integer per item, got float64"),
        ([0], [[0]], "group_b: expected one integer per item"),
    ],
)
def test_bad_groups_are_named(a, b, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        agreement(a, b)
