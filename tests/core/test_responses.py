import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.responses import ProfileSums, TopSamples, pool


def test_examples_of_methods_9_2():
    assert pool(np.arange(16.0).reshape(1, 1, 4, 4), 2).tolist() == [[[2.5, 4.5, 10.5, 12.5]]]
    assert pool(np.arange(25.0).reshape(1, 1, 5, 5), 2).tolist() == [[[6, 8, 16, 18]]]


@pytest.mark.torch
@pytest.mark.parametrize(("height", "width", "side"), [(7, 5, 4), (13, 8, 3), (4, 4, 4), (9, 2, 2)])
def test_torch_pools_the_same(height, width, side):
    torch = pytest.importorskip("torch", reason="PyTorch pools as the oracle")
    maps = np.random.default_rng(0).normal(size=(3, 2, height, width)).astype(np.float32)
    expected = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(maps), side)
    np.testing.assert_allclose(
        pool(maps, side), expected.numpy().reshape(3, 2, -1), rtol=1e-5, atol=1e-6
    )


def test_small_maps_keep_their_size():
    maps = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    assert pool(maps, 4).tolist() == [[[0, 1, 2, 3, 4, 5]]]
    assert pool(np.ones((2, 3, 1, 1)), 4).shape == (2, 3, 1)
    assert pool(np.ones((0, 3, 4, 4)), 2).shape == (0, 3, 4)


@pytest.mark.parametrize(("shape", "side"), [((2, 3, 4), 2), ((1, 1, 0, 4), 2), ((1, 1, 4, 4), 0)])
def test_maps_that_cannot_be_pooled(shape, side):
    with pytest.raises(ValueError, match="expected"):
        pool(np.zeros(shape), side)


def responses(seed=0, n=200, n_neurons=5, n_positions=4):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, n_neurons, n_positions)).astype(np.float32)
    return values, rng.integers(0, 6, n)


def test_profiles_are_class_means_and_nan_where_a_class_is_absent():
    values, true = responses()
    sums = ProfileSums(7, 5, 4)
    for part in np.array_split(np.arange(200), 9):
        sums.add(values[part], true[part])
    profile = sums.profile()
    assert profile.dtype == np.float32
    for class_id in range(6):
        np.testing.assert_allclose(profile[class_id], values[true == class_id].mean(0), rtol=2e-5)
    assert np.isnan(profile[6]).all()
    assert sums.count.tolist() == np.bincount(true, minlength=7).tolist()


def test_profile_sums_of_parts_merge_to_those_of_the_whole():
    values, true = responses()
    whole, first, second = (ProfileSums(6, 5, 4) for _ in range(3))
    values = np.round(values * 64) / 64
    whole.add(values, true)
    first.add(values[:50], true[:50])
    second.add(values[50:], true[50:])
    second.merge(first)
    assert (second.total == whole.total).all()
    assert (second.count == whole.count).all()
    second.add(values[:0], true[:0])
    assert second.count.sum() == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v, t: (v[:, :3], t), r"values: expected shape \(200, 5, 4\), got \(200, 3, 4\)"),
        (lambda v, t: (v, t + 1), "true: expected class ids 0 to 5, got 6"),
        (lambda v, t: (np.where(v == v[7, 2, 1], np.nan, v), t), "got nan in row 7 for neuron 2"),
        (lambda v, t: (np.where(v == v[9, 0, 0], np.inf, v), t), "got inf in row 9 for neuron 0"),
    ],
)
def test_bad_responses(change, message):
    with pytest.raises(ValueError, match=message):
        ProfileSums(6, 5, 4).add(*change(*responses()))


def test_sums_of_another_shape_do_not_merge():
    with pytest.raises(ValueError, match=r"expected shape \(6, 5, 4\), got \(6, 5, 1\)"):
        ProfileSums(6, 5, 4).merge(ProfileSums(6, 5, 1))
    with pytest.raises(ValueError, match=r"expected shape \(5, 4\), got \(5, 3\)"):
        TopSamples(5, 4).merge(TopSamples(5, 3))


def brute_top(values, ids, k):
    order = [sorted(range(len(ids)), key=lambda i: (-column[i], ids[i]))[:k] for column in values.T]
    return [[int(ids[i]) for i in row] + [-1] * (k - len(row)) for row in order]


@given(st.integers(0, 10_000), st.integers(0, 40), st.integers(1, 6), st.integers(1, 5))
def test_top_samples_of_any_batches_in_any_order(seed, n, k, n_parts):
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, 3)).astype(np.float32)
    ids = rng.permutation(1000)[:n]
    tops = TopSamples(3, k)
    other = TopSamples(3, k)
    for j, part in enumerate(np.array_split(rng.permutation(n), n_parts)):
        (tops if j % 2 else other).add(values[part], ids[part])
    tops.merge(other)
    assert tops.sample.tolist() == brute_top(values, ids, k)
    place = {int(sample): row for row, sample in enumerate(ids)}
    for neuron in range(3):
        for sample, value in zip(tops.sample[neuron], tops.value[neuron], strict=True):
            assert np.isnan(value) if sample < 0 else value == values[place[int(sample)], neuron]


@pytest.mark.parametrize(
    ("values", "ids", "message"),
    [
        (np.zeros((2, 4)), [0, 1], r"expected shape \(2, 3\)"),
        (np.full((2, 3), np.nan), [0, 1], "got nan in row 0 for neuron 0"),
        (np.zeros((2, 3)), [0, -1], "sample_id: expected ids ≥ 0, got -1 in row 1"),
    ],
)
def test_bad_top_samples(values, ids, message):
    with pytest.raises(ValueError, match=message):
        TopSamples(3, 2).add(values, ids)


def test_sums_do_not_depend_on_where_batches_end():
    rng = np.random.default_rng(0)
    values = (rng.random((40, 3, 4)) * 10.0 ** rng.integers(-8, 8, (40, 1, 1))).astype(np.float32)
    true = rng.integers(0, 4, 40)
    whole = ProfileSums(5, 3, 4)
    whole.add(values, true)
    for step in (1, 7, 16):
        parts = ProfileSums(5, 3, 4)
        for first in range(0, 40, step):
            parts.add(values[first : first + step], true[first : first + step])
        np.testing.assert_array_equal(parts.total, whole.total)
        np.testing.assert_array_equal(parts.count, whole.count)
