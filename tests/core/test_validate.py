import numpy as np
import pytest

from classblocks.core import validate


def test_class_ids_come_back_as_int32():
    ids = validate.class_ids([2, 0, 1], 3, "true")
    assert ids.dtype == np.int32
    assert ids.tolist() == [2, 0, 1]


def test_no_samples_are_legal():
    assert validate.class_ids([], 3, "true").shape == (0,)
    assert validate.probabilities(np.empty((0, 3)), 3, "p").shape == (0, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 1, 3, 4], r"true: expected class ids 0 to 2, got 3 in row 2"),
        ([0, -1], r"true: expected class ids 0 to 2, got -1 in row 1"),
        ([0.0, 1.5], r"true: expected integer class ids, got float64"),
        (["cat"], r"true: expected integer class ids"),
        ([[0, 1]], r"one class id per sample, got shape \(1, 2\)"),
        (np.array([2**40]), r"got 1099511627776 in row 0"),
    ],
)
def test_bad_class_ids_name_the_first_bad_row(values, message):
    with pytest.raises(ValueError, match=message):
        validate.class_ids(values, 3, "true")


def test_probabilities_of_any_float_type_come_back_as_float32():
    p = validate.probabilities(np.array([[0.5, 0.5], [1, 0]], np.float64), 2, "p")
    assert p.dtype == np.float32
    same = np.array([[0.5, 0.5]], np.float32)
    assert validate.probabilities(same, 2, "p") is same


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0.5, np.nan], "p: row 1 has NaN for class 1"),
        ([-0.1, 1.1], "p: row 1 has the negative probability -0.1"),
        ([0.5, 0.498], "p: row 1 sums to 0.998, expected 1"),
        ([np.inf, 0], "p: row 1 sums to inf"),
    ],
)
def test_bad_probabilities_name_the_first_bad_row(row, message):
    with pytest.raises(ValueError, match=message):
        validate.probabilities([[0.5, 0.5], row, [np.nan, 0]], 2, "p")


def test_the_bad_row_is_found_beyond_the_first_chunk(monkeypatch):
    monkeypatch.setattr(validate, "_CHUNK", 4)
    p = np.full((7, 2), 0.5)
    p[5, 0] = np.nan
    with pytest.raises(ValueError, match="row 5"):
        validate.probabilities(p, 2, "p")


def test_probabilities_may_miss_one_by_a_thousandth():
    validate.probabilities([[0.5, 0.5009]], 2, "p")


@pytest.mark.parametrize("values", [[0.5, 0.5], [[0.5, 0.3, 0.2]], [["a", "b"]]])
def test_probabilities_of_another_shape_or_kind(values):
    with pytest.raises(ValueError, match="p: expected"):
        validate.probabilities(values, 2, "p")


def test_unequal_lengths_are_all_listed():
    assert validate.same_length(true=[1, 2], pred=[1, 2], uri=None) == 2
    with pytest.raises(ValueError, match="true 2, pred 3, uri 2"):
        validate.same_length(true=[1, 2], pred=[1, 2, 3], uri=["a", "b"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 2]], r"square matrix, got shape \(1, 2\)"),
        ([[1, -2], [0, 0]], "got -2 for true 0, pred 1"),
        ([[1, 0], [0.5, 0]], "got 0.5 for true 1, pred 0"),
        ([[1, np.nan], [0, 0]], "got nan for true 0, pred 1"),
        ([["a"]], "expected counts"),
    ],
)
def test_bad_counts_name_the_cell(values, message):
    with pytest.raises(ValueError, match=message):
        validate.square_counts(values, "counts")


def test_whole_floats_are_counts():
    assert validate.square_counts([[1.0, 0], [2, 3]], "counts").dtype == np.int64


def test_repeated_names_give_both_positions():
    assert validate.unique_names(["a", "b"], "classes") == {"a": 0, "b": 1}
    with pytest.raises(ValueError, match=r"classes: 'a' occurs twice \(positions 0 and 2\)"):
        validate.unique_names(["a", "b", "a"], "classes")


@pytest.mark.parametrize("given", [1.5, "3", None, True, float("nan")])
def test_whole_numbers_only(given):
    with pytest.raises(ValueError, match="limit: expected a whole number, got"):
        validate.whole(given, "limit", 1)


def test_whole_numbers_from_the_least():
    assert validate.whole(np.int32(3), "limit", 3) == 3
    with pytest.raises(ValueError, match="limit: expected at least 4, got 3"):
        validate.whole(3, "limit", 4)
