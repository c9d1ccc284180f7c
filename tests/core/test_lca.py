import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.lca import RangeMinimum


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=40))
def test_every_range_of_every_length(values):
    array = np.array(values, np.int32)
    ranges = [(i, j) for i in range(len(array)) for j in range(i + 1, len(array) + 1)]
    start, stop = np.array(ranges, np.int32).T
    expected = [min(values[i:j]) for i, j in ranges]
    assert RangeMinimum(array).minimum(start, stop).tolist() == expected


def test_no_values_and_no_questions():
    none = np.empty(0, np.int32)
    assert RangeMinimum(none).minimum(none, none).shape == (0,)
