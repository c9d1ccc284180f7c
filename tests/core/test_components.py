import numpy as np
from scipy.sparse import csr_array

from classblocks.core.components import components, is_connected


def test_parts_by_falling_mass_ties_by_first_row():
    w = np.zeros((7, 7))
    for a, b, weight in ((0, 4, 1), (1, 5, 3), (2, 6, 1)):
        w[a, b] = w[b, a] = weight
    found = [rows.tolist() for rows in components(csr_array(w))]
    assert found == [[1, 5], [0, 4], [2, 6], [3]]
    assert not is_connected(csr_array(w))
    assert is_connected(csr_array(np.ones((3, 3))))
