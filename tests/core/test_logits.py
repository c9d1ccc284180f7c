import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from classblocks.core.logit_pairs import random_signs
from classblocks.core.logits import (
    BLOCK,
    LogitSums,
    log_probabilities,
    logit_similarity,
    smallest_positive,
)


def grouped(n, n_classes, n_groups, seed=0, strength=2.0):
    """Logits whose classes move together inside groups of neighbours."""
    rng = np.random.default_rng(seed)
    group = np.arange(n_classes) * n_groups // n_classes
    shared = rng.normal(size=(n, n_groups))
    return shared[:, group] * strength + rng.normal(size=(n, n_classes)), group


def oracle(logits):
    centred = logits.astype(np.float64) - logits.mean(axis=1, dtype=np.float64)[:, None]
    return np.corrcoef(centred, rowvar=False)


def sums_of(logits, batches=(64,), n_directions=None, first_id=0):
    sums = LogitSums(logits.shape[1], n_directions=n_directions)
    start, turn = 0, 0
    while start < len(logits):
        stop = start + batches[turn % len(batches)]
        ids = np.arange(start, min(stop, len(logits))) + first_id
        sums.add(logits[start:stop], ids)
        start, turn = stop, turn + 1
    return sums


@pytest.mark.parametrize("n", [2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_correlation_is_that_of_numpy(n):
    logits, _ = grouped(n, 30, 5)
    found = sums_of(logits).correlation()
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, oracle(logits), atol=1e-12)
    np.testing.assert_array_equal(np.diagonal(found), 1)


@pytest.mark.parametrize("offset", [1e4, -1e6])
def test_large_offsets_lose_no_digits(offset):
    logits, _ = grouped(2000, 20, 4)
    shifted = logits + offset + np.linspace(0, offset, 20)
    found = sums_of(shifted, batches=(100,)).correlation()
    np.testing.assert_allclose(found, oracle(logits), atol=2e-9 * abs(offset) / 1e4)
    # The textbook formula over uncentred columns is what fails here.
    z = shifted.astype(np.float32)
    naive = z.T @ z / 2000 - np.outer(z.mean(0), z.mean(0))
    assert np.abs(naive - np.cov(logits, rowvar=False, bias=True)).max() > 1


def test_numbers_added_to_a_row_change_nothing():
    logits, _ = grouped(600, 12, 3)
    free = np.random.default_rng(1).normal(0, 50, (600, 1))
    expected = sums_of(logits).correlation()
    np.testing.assert_allclose(sums_of(logits + free).correlation(), expected, atol=1e-12)
    np.testing.assert_allclose(
        sums_of(log_softmax(logits, axis=1)).correlation(), expected, atol=1e-12
    )
    p = softmax(logits, axis=1)
    logs = log_probabilities(p, smallest_positive(p))
    np.testing.assert_allclose(sums_of(logs).correlation(), expected, atol=1e-12)


def test_without_centring_a_common_number_would_hide_the_groups():
    logits, group = grouped(600, 12, 3)
    free = np.random.default_rng(1).normal(0, 50, (600, 1))
    same = group[:, None] == group
    raw = np.corrcoef(logits + free, rowvar=False)
    found = sums_of(logits + free).correlation()
    off = ~np.eye(12, dtype=bool)
    assert raw[~same].min() > 0.99
    assert found[same & off].min() > 0.5
    assert found[~same].max() < 0


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 3 * BLOCK),
    st.lists(st.integers(1, 700), min_size=1, max_size=4),
    st.sampled_from([None, 64]),
)
def test_no_bit_depends_on_where_batches_end(n, batches, n_directions):
    logits, _ = grouped(n, 5, 2)
    whole = sums_of(logits, (max(n, 1),), n_directions).to_arrays()
    parts = sums_of(logits, batches, n_directions).to_arrays()
    assert list(whole) == list(parts)
    for name in whole:
        assert whole[name].tobytes() == parts[name].tobytes(), name


@pytest.mark.parametrize("n_directions", [None, 128])
@pytest.mark.parametrize("cut", [0, 1, 700, 1500])
def test_sums_of_parts_merge_to_those_of_the_whole(cut, n_directions):
    logits, _ = grouped(1500, 9, 3)
    logits[:cut] += np.arange(9) * 100.0  # parts whose means differ
    whole = sums_of(logits, n_directions=n_directions)
    left = sums_of(logits[:cut], n_directions=n_directions)
    right = sums_of(logits[cut:], n_directions=n_directions, first_id=cut)
    before = right.to_arrays()
    before = {name: array.copy() for name, array in before.items()}
    left.merge(right)
    assert left.n_samples == 1500
    np.testing.assert_allclose(left.mean, sums_flushed(whole).mean, rtol=1e-12, atol=1e-12)
    tolerance = 1e-12 if n_directions is None else 1e-5
    np.testing.assert_allclose(left.correlation(), whole.correlation(), atol=tolerance)
    for name, array in right.to_arrays().items():
        np.testing.assert_array_equal(array, before[name])


def sums_flushed(sums):
    sums.flush()
    return sums


def test_empty_sums_merge():
    one, other = LogitSums(3), LogitSums(3)
    one.merge(other)
    assert one.n_samples == 0
    assert np.isnan(one.correlation()).all()


def test_asking_in_between_changes_nothing():
    logits, _ = grouped(900, 4, 2)
    asked = LogitSums(4)
    for first in range(0, 900, 90):
        asked.add(logits[first : first + 90], np.arange(first, first + 90))
        asked.correlation()
    expected = sums_of(logits, (90,)).to_arrays()
    for name, array in asked.to_arrays().items():
        assert array.tobytes() == expected[name].tobytes(), name


@pytest.mark.parametrize("n_directions", [None, 64])
@pytest.mark.parametrize("stop", [0, 5, BLOCK, BLOCK + 3])
def test_a_stored_state_goes_on_to_the_byte(stop, n_directions):
    logits, _ = grouped(2 * BLOCK + 20, 6, 2)
    whole = sums_of(logits, n_directions=n_directions).to_arrays()
    first = sums_of(logits[:stop], n_directions=n_directions)
    stored = {name: array.copy() for name, array in first.to_arrays().items()}
    again = LogitSums.from_arrays(stored)
    assert again.n_samples == stop
    again.add(logits[stop:], np.arange(stop, len(logits)))
    for name, array in again.to_arrays().items():
        assert array.tobytes() == whole[name].tobytes(), name


def test_a_logit_that_never_varies_is_unknown():
    logits, _ = grouped(300, 6, 2)
    logits[:, 4] = logits[:, [0, 1, 2, 3, 5]].mean(axis=1)  # constant 0 once centred
    found = sums_of(logits).correlation()
    assert np.isnan(found[4]).all()
    assert np.isnan(found[:, 4]).all()
    rest = [0, 1, 2, 3, 5]
    np.testing.assert_allclose(
        found[np.ix_(rest, rest)], oracle(logits)[np.ix_(rest, rest)], atol=1e-12
    )
    similarity = logit_similarity(sums_of(logits))
    assert similarity[[4]].nnz == 0


@pytest.mark.parametrize(("n", "n_classes"), [(0, 3), (1, 3), (5, 1)])
def test_what_is_undefined_is_nan(n, n_classes):
    logits = np.random.default_rng(0).normal(size=(n, n_classes))
    sums = sums_of(logits) if n else LogitSums(n_classes)
    assert np.isnan(sums.correlation()).all()
    assert logit_similarity(sums).nnz == 0


def test_two_classes_are_opposites():
    found = sums_of(np.random.default_rng(0).normal(size=(50, 2))).correlation()
    np.testing.assert_allclose(found, [[1, -1], [-1, 1]], atol=1e-12)


def test_similarity_is_symmetric_clipped_and_without_diagonal():
    logits, _ = grouped(800, 24, 4)
    similarity = logit_similarity(sums_of(logits))
    dense = similarity.toarray()
    expected = oracle(logits).clip(0)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(dense, expected, atol=1e-12)
    assert (dense == dense.T).all()
    assert similarity.format == "csr"
    assert similarity.nnz == np.count_nonzero(dense)


def test_projected_correlations_have_the_error_that_is_promised():
    off = ~np.eye(60, dtype=bool)
    errors, expected = [], []
    for seed in range(20):
        logits, _ = grouped(2000, 60, 20, seed, strength=1.0)
        sums = sums_of(logits, (333,), n_directions=1024)
        exact = oracle(logits)
        found = sums.correlation()
        assert found.dtype == np.float32
        errors.append((found - exact)[off])
        # Cosines of Gaussian sums have standard error (1 − ρ²)/√D.
        expected.append(((1 - exact**2) * sums.standard_error)[off])
    ratio = np.concatenate(errors) / np.concatenate(expected)
    assert sums.standard_error == 1 / 32
    assert 0.93 < np.sqrt((ratio**2).mean()) < 1.07
    assert abs(ratio.mean()) < 0.1
    assert np.abs(ratio).max() < 6


def test_projected_sums_stay_accurate_far_from_zero():
    logits, _ = grouped(2000, 16, 4)
    shifted = logits + np.linspace(-1e4, 1e4, 16)
    near = sums_of(logits, n_directions=256).correlation()
    far = sums_of(shifted, n_directions=256).correlation()
    np.testing.assert_allclose(far, near, atol=1e-4)


def test_many_classes_are_projected_and_their_groups_found():
    n_classes = 5040
    logits, group = grouped(600, n_classes, 504, strength=3.0)
    sums = sums_of(logits.astype(np.float32), (200,))
    assert not sums.is_exact
    similarity = logit_similarity(sums)
    assert similarity.shape == (n_classes, n_classes)
    assert abs(similarity - similarity.T).max() == 0
    coo = similarity.tocoo()
    assert (coo.row != coo.col).all()
    assert coo.data.min() > 4 * np.sqrt(1 / 1024 + 1 / 600) - 1e-6
    same = group[coo.row] == group[coo.col]
    assert same.sum() == n_classes * 9
    assert coo.data[same].sum() > 0.9 * coo.data.sum()
    np.testing.assert_allclose(
        sums.correlation(slice(10, 12))[:, 10:12], sums.correlation([10, 11])[:, [10, 11]]
    )


def test_signs_depend_on_id_and_seed_alone():
    ids = np.random.default_rng(0).integers(-5, 1 << 60, 4000)
    signs = random_signs(ids, 128, 3)
    np.testing.assert_array_equal(np.unique(signs), [-1, 1])
    order = np.random.default_rng(1).permutation(4000)
    np.testing.assert_array_equal(random_signs(ids[order], 128, 3), signs[order])
    assert (random_signs(ids, 128, 4) != signs).mean() == pytest.approx(0.5, abs=0.01)
    # Neighbouring ids and directions are as independent as coins.
    near = random_signs(np.arange(4000), 128, 0)
    assert np.abs(near.mean(axis=0)).max() < 5 / np.sqrt(4000)
    between = near.T @ near / 4000
    assert np.abs(between - np.eye(128)).max() < 5 / np.sqrt(4000)
    rows = near[:500] @ near[:500].T / 128
    assert np.abs(rows - np.eye(500)).max() < 6 / np.sqrt(128)


@pytest.mark.parametrize(
    ("logits", "ids", "words"),
    [
        (np.zeros((2, 4)), [0, 1], "logits: expected shape (2, 3), got (2, 4)"),
        (np.zeros(3), [0], "expected shape (1, 3), got (3,)"),
        (np.zeros((2, 3)), [0], "expected shape (1, 3), got (2, 3)"),
        (np.array([["a", "b", "c"]]), [0], "expected numbers and integer ids, got <U1"),
        (np.zeros((1, 3)), [0.5], "expected numbers and integer ids, got float64 and float64"),
        (np.full((1, 3), np.nan), [0], "got nan in row 0 for class 0"),
        (
            np.where(np.arange(1800).reshape(600, 3) == 1799, -np.inf, 0),
            range(600),
            "got -inf in row 599 for class 2",
        ),
    ],
)
def test_bad_logits_are_named(logits, ids, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        LogitSums(3).add(logits, ids)


def test_unlike_sums_are_not_merged():
    with pytest.raises(ValueError, match="4 classes, all pairs cannot be added to those of 3"):
        LogitSums(3).merge(LogitSums(4))
    with pytest.raises(ValueError, match="64 directions of seed 0 cannot"):
        LogitSums(3, n_directions=128).merge(LogitSums(3, n_directions=64))
    with pytest.raises(ValueError, match="seed 1 cannot"):
        LogitSums(3, n_directions=64).merge(LogitSums(3, 1, n_directions=64))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"product": None}, "'product' is missing"),
        ({"count": np.empty(0, np.int64)}, "is missing"),
        ({"product": np.zeros(5)}, "product has shape (5,) for 3 classes"),
        ({"waiting": np.zeros((2, 3)), "waiting_id": np.zeros(1, np.int64)}, "with 1 ids"),
    ],
)
def test_states_that_do_not_fit_are_refused(changes, words):
    arrays = {**sums_flushed(sums_of(np.eye(3))).to_arrays(), **changes}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(ValueError, match=re.escape(words)):
        LogitSums.from_arrays(arrays)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="n_classes: expected at least 1, got 0"):
        LogitSums(0)
    with pytest.raises(ValueError, match="multiple of 64, got 100"):
        LogitSums(3, n_directions=100)


def test_zeros_count_as_the_smallest_probability():
    p = np.array([[0.5, 0.5, 0.0], [0.999, 0.001, 0.0]], np.float32)
    lowest = smallest_positive(p)
    np.testing.assert_allclose(log_probabilities(p, lowest)[0], np.log([0.5, 0.5, 0.001]))
    assert smallest_positive(np.zeros((0, 3))) == 1.0
