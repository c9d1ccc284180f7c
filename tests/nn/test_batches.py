import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from PIL import Image  # noqa: E402

from classblocks.nn.arrays import ArrayImages  # noqa: E402
from classblocks.nn.batches import batches  # noqa: E402
from classblocks.nn.preprocess import Preprocess  # noqa: E402
from classblocks.study.images import UnreadableImage, open_images  # noqa: E402

pytestmark = pytest.mark.torch
PLAIN = Preprocess(None, 0.0, 1.0)


def pixels(n, side=8):
    return np.random.default_rng(0).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


class Damaged(ArrayImages):
    bad = frozenset({2, 3, 4, 5, 7})

    def read(self, i):
        if i in self.bad:
            raise UnreadableImage(f"picture {i}: broken")
        return super().read(i)


def as_is(image):
    return PLAIN(image)


def test_decoded_and_sliced_batches_are_the_same():
    source = ArrayImages(pixels(75), np.zeros(75, np.int64))
    sliced = list(batches(source, PLAIN, batch_size=32))
    decoded = list(batches(source, as_is, batch_size=32))
    assert [(b.start, b.stop) for b in sliced] == [(0, 32), (32, 64), (64, 75)]
    for a, b in zip(sliced, decoded, strict=True):
        assert (a.start, a.stop) == (b.start, b.stop)
        np.testing.assert_array_equal(a.position, np.arange(a.start, a.stop))
        np.testing.assert_array_equal(a.position, b.position)
        assert torch.equal(a.inputs, b.inputs)


def test_unreadable_images_leave_the_bounds_and_the_order_alone():
    source = Damaged(pixels(10), np.zeros(10, np.int64))
    found = list(batches(source, as_is, batch_size=4))
    assert [b.position.tolist() for b in found] == [[0, 1], [6], [8, 9]]
    assert [sorted(b.unreadable) for b in found] == [[2, 3], [4, 5, 7], []]
    assert found[1].unreadable[7] == "picture 7: broken"
    assert torch.equal(found[1].inputs[0], as_is(source.read(6)))
    nothing = next(batches(source, as_is, start=4, batch_size=2))
    assert nothing.inputs is None
    assert len(nothing.position) == 0


def test_pictures_come_along_when_asked_for():
    source = ArrayImages(pixels(6, side=200), np.zeros(6, np.int64))
    for prepare in (PLAIN, as_is):
        (found,) = batches(source, prepare, keep_picture=lambda i: i % 2 == 1)
        assert sorted(found.pictures) == [1, 3, 5]
    assert max(found.pictures[1].size) <= 128


def test_images_of_several_sizes_need_a_size(tmp_path):
    (tmp_path / "a").mkdir()
    for name, side in (("1.png", 8), ("2.png", 9)):
        Image.new("RGB", (side, side)).save(tmp_path / "a" / name)
    source = open_images(tmp_path)
    with pytest.raises(ValueError, match=r"2\.png.*\(3, 9, 9\).*\(3, 8, 8\).*size"):
        list(batches(source, PLAIN))
    (whole,) = batches(source, Preprocess(8))
    assert whole.inputs.shape == (2, 3, 8, 8)


def test_stopping_early_stops_the_decoding():
    source = ArrayImages(pixels(200), np.zeros(200, np.int64))
    read = []

    def prepare(image):
        read.append(1)
        return as_is(image)

    stream = batches(source, prepare, batch_size=10)
    next(stream)
    stream.close()
    assert len(read) < 200


def test_empty_source_gives_no_batch_and_batch_size_must_be_positive():
    assert list(batches(ArrayImages(pixels(0), np.zeros(0, np.int64)), as_is)) == []
    with pytest.raises(ValueError, match="batch_size"):
        list(batches(ArrayImages(pixels(1), np.zeros(1, np.int64)), as_is, batch_size=0))


def test_array_images_check_their_form():
    with pytest.raises(ValueError, match="uint8"):
        ArrayImages(np.zeros((2, 4, 4, 3)), np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="expected 2 rows, got 3"):
        ArrayImages(pixels(2), np.zeros(3, np.int64))
    source = ArrayImages(pixels(2), np.array([1, 0]), sample_id=np.array([7, 9]))
    np.testing.assert_array_equal(source.true(["x", "y"]), [1, 0])
    np.testing.assert_array_equal(source.sample_id, [7, 9])
    assert source.read_bytes(0)[1:4] == b"PNG"
    assert source.uri(1) == "#1"
