import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from classblocks.core.confusion import cells_of
from classblocks.core.similarity import confusion_similarity, given_similarity

COUNTS = np.array([[50, 3, 0], [1, 19, 0], [0, 0, 50]])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("log1p", (np.log1p(3) + np.log1p(1)) / 2),
        ("counts", 2.0),
        ("rates", (3 / 53 + 1 / 20) / 2),
    ],
)
def test_kinds(kind, expected):
    found = confusion_similarity(COUNTS, kind).toarray()
    assert found == pytest.approx(np.array([[0, expected, 0], [expected, 0, 0], [0, 0, 0]]))
    assert (confusion_similarity(cells_of(COUNTS), kind).toarray() == found).all()


def test_rates_of_a_class_without_samples():
    found = confusion_similarity(np.array([[5, 5], [0, 0]]), "rates").toarray()
    assert found.tolist() == [[0, 0.25], [0.25, 0]]


def test_given_similarity_drops_the_diagonal_and_negative_values():
    given = np.array([[1.0, 0.5, -0.2], [0.5, 1.0, 0.0], [-0.2, 0.0, 1.0]])
    expected = [[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]
    for similarity in (given, csr_array(given), coo_array(given)):
        assert given_similarity(similarity, 3).toarray().tolist() == expected


@pytest.mark.parametrize(
    ("similarity", "message"),
    [
        (np.zeros((2, 3)), r"expected shape \(3, 3\), got \(2, 3\)"),
        (np.zeros(3), r"expected a square matrix of numbers, got float64 of shape \(3,\)"),
        ([["a"] * 3] * 3, "expected a square matrix of numbers"),
        (
            [[0, np.nan, 0], [0, 0, 0], [0, 0, 0]],
            "expected finite values, got nan for classes 0, 1",
        ),
        (
            [[0, 1, 0], [2, 0, 0], [0, 0, 0]],
            "symmetric matrix, got 1 for classes 0, 1 and 2 for 1, 0",
        ),
    ],
)
def test_given_similarity_errors(similarity, message):
    with pytest.raises(ValueError, match=message):
        given_similarity(similarity, 3)


def test_unknown_kind():
    with pytest.raises(ValueError, match="expected one of log1p, counts, rates, got 'sqrt'"):
        confusion_similarity(COUNTS, "sqrt")
