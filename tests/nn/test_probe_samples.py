import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from classblocks.nn.arrays import ArrayImages  # noqa: E402
from classblocks.nn.probe_samples import (  # noqa: E402
    ChosenImages,
    at_most,
    digest,
    refuse_shared,
    stratified,
)
from classblocks.study.format import StudyError  # noqa: E402

pytestmark = pytest.mark.torch


def images(n=6, seed=0, **more):
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 4, 4, 3), dtype=np.uint8)
    return ArrayImages(pixels, np.arange(n) % 2, **more)


@given(st.lists(st.integers(0, 5), max_size=60), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_share_of_every_class_is_marked(classes, share, seed):
    true = np.array(classes, np.int32)
    marked = stratified(true, share, seed)
    for class_id in np.unique(true):
        n, own = int((true == class_id).sum()), int(marked[true == class_id].sum())
        assert own <= n - 1
    assert marked.sum() <= share * len(true) + 1e-6
    np.testing.assert_array_equal(marked, stratified(true, share, seed))


def test_a_share_of_even_classes_is_exact():
    true = np.repeat(np.arange(4, dtype=np.int32), 20)
    marked = stratified(true, 0.25, 0)
    np.testing.assert_array_equal(np.bincount(true[marked]), [5, 5, 5, 5])
    assert not np.array_equal(marked, stratified(true, 0.25, 1))


def test_what_rounding_leaves_goes_to_the_next_class():
    true = np.repeat(np.arange(10, dtype=np.int32), 2)
    assert stratified(true, 0.25, 0).sum() == 5


def test_one_sample_of_a_class_is_never_marked():
    assert not stratified(np.arange(7, dtype=np.int32), 0.9, 0).any()


def test_at_most_so_many_of_each_class():
    true = np.array([0] * 9 + [2] * 3 + [1] * 5, np.int32)
    rows = at_most(true, 4, 0)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(np.bincount(true[rows]), [4, 4, 3])
    assert not np.array_equal(rows, at_most(true, 4, 1))


def test_chosen_images_are_those_of_the_source():
    source = images()
    chosen = ChosenImages(source, np.array([1, 4]))
    assert chosen.n == 2
    np.testing.assert_array_equal(chosen.sample_id, [1, 4])
    np.testing.assert_array_equal(chosen.labels, [1, 0])
    assert chosen.uris() == ["#1", "#4"]
    assert chosen.read_bytes(1) == source.read_bytes(4)
    np.testing.assert_array_equal(np.asarray(chosen.read(0)), source.images[1])


def test_an_image_of_both_sources_is_refused():
    both = images(uris=list("abcdef"))
    other = images(seed=1, uris=list("ghijkl"))
    refuse_shared(both, other)
    with pytest.raises(StudyError, match="a is an image of both"):
        refuse_shared(both, both)
    other.images[3], other._uris[3] = both.images[2], "c"
    with pytest.raises(StudyError, match="c is an image of both"):
        refuse_shared(both, other)


def test_the_same_name_of_another_image_is_no_evidence():
    refuse_shared(images(seed=0), images(seed=1))


def test_the_same_id_of_the_same_image_is_refused():
    first = images(uris=list("abcdef"), sample_id=np.arange(10, 16))
    second = images(uris=list("ghijkl"), sample_id=np.arange(15, 21))
    refuse_shared(first, second)
    second.images[0] = first.images[5]
    with pytest.raises(StudyError, match="f is an image of both"):
        refuse_shared(first, second)


def test_the_digest_tells_other_samples_and_classes():
    true = np.array([0, 1, 0, 1, 0, 1], np.int32)
    found = {
        digest(images(), true),
        digest(images(uris=list("abcdef")), true),
        digest(images(sample_id=np.arange(1, 7)), true),
        digest(images(), true[::-1]),
    }
    assert len(found) == 4
    assert digest(images(), true) in found
