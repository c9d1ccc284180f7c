from io import BytesIO
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from classblocks.nn.training.loader import EpochBatches, loader
from classblocks.nn.training.pixels import decoded, stratified
from classblocks.study.format import Classes
from classblocks.study.images import open_images

CLASSES = Classes.of(["a", "b", "c"])


def png(pixels):
    file = BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def source(tmp_path, contents, name="images.parquet"):
    labels = [i % 3 for i in range(len(contents))]
    table = pa.table({"image": pa.array(contents, pa.binary()), "label": pa.array(labels)})
    pq.write_table(table, tmp_path / name)
    return open_images(tmp_path / name)


def noise(n, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 255, (n, height, width, 3), dtype=np.uint8)


def test_images_of_the_right_size_are_kept_pixel_by_pixel(tmp_path):
    pixels = noise(5, 8, 8)
    images = source(tmp_path, [png(p) for p in pixels])
    found = decoded(images, images.true(CLASSES), 8, tmp_path / "cache", progress=False)
    np.testing.assert_array_equal(found.images, pixels)
    np.testing.assert_array_equal(found.true, [0, 1, 2, 0, 1])
    assert found.true.dtype == np.int64
    assert isinstance(found.images, np.memmap)


def test_the_middle_square_of_a_wide_image_is_kept(tmp_path):
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 200
    images = source(tmp_path, [png(wide), png(wide.transpose(1, 0, 2))])
    found = decoded(images, images.true(CLASSES), 8, tmp_path / "cache", progress=False)
    assert (found.images == 200).all()


def test_decoded_pixels_are_found_again_and_not_mistaken(tmp_path, monkeypatch):
    images = source(tmp_path, [png(p) for p in noise(70, 8, 8)])
    true = images.true(CLASSES)
    first = decoded(images, true, 8, tmp_path / "cache", progress=False)
    with monkeypatch.context() as patched:
        patched.setattr(type(images), "read", lambda self, i: pytest.fail("decoded again"))
        again = decoded(images, true, 8, tmp_path / "cache", progress=False)
    np.testing.assert_array_equal(again.images, first.images)
    rows = np.array([3, 5])
    part = decoded(images, true, 8, tmp_path / "cache", rows=rows, progress=False)
    np.testing.assert_array_equal(part.images, first.images[rows])
    np.testing.assert_array_equal(part.true, true[rows])
    other = source(tmp_path, [png(p) for p in noise(70, 8, 8, seed=1)])
    changed = decoded(other, true, 8, tmp_path / "cache", progress=False)
    assert (changed.images != first.images).any()
    smaller = decoded(other, true, 4, tmp_path / "cache", progress=False)
    assert smaller.images.shape == (70, 4, 4, 3)


def test_images_that_cannot_be_read_are_left_out(tmp_path):
    pixels = noise(5, 8, 8)
    contents = [png(p) for p in pixels]
    contents[1] = b"no image"
    contents[4] = contents[4][:40]
    images = source(tmp_path, contents)
    found = decoded(images, images.true(CLASSES), 8, tmp_path / "cache", progress=False)
    np.testing.assert_array_equal(found.rows, [0, 2, 3])
    np.testing.assert_array_equal(found.images, pixels[[0, 2, 3]])
    np.testing.assert_array_equal(found.true, [0, 2, 0])
    assert found.unreadable == 2
    again = found.source(images)
    assert again.uris() == ["images.parquet#0", "images.parquet#2", "images.parquet#3"]
    np.testing.assert_array_equal(again.sample_id, [0, 2, 3])


def test_nothing_readable_is_an_error(tmp_path):
    images = source(tmp_path, [b"x", b"y"])
    with pytest.raises(ValueError, match="none of the 2 images can be read"):
        decoded(images, images.true(CLASSES), 8, tmp_path / "cache", progress=False)


def test_a_full_disk_leaves_nothing_that_looks_whole(tmp_path, monkeypatch):
    images = source(tmp_path, [png(p) for p in noise(5, 8, 8)])
    true = images.true(CLASSES)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(np, "save", full)
        with pytest.raises(OSError, match="No space left"):
            decoded(images, true, 8, tmp_path / "cache", progress=False)
    assert not list((tmp_path / "cache").glob("*.npy"))
    decoded(images, true, 8, tmp_path / "cache", progress=False)


def test_a_share_takes_equally_from_every_class_and_grows(tmp_path):
    true = np.repeat([0, 1, 2], [40, 20, 1]).astype(np.int32)
    true = np.random.default_rng(0).permutation(true)
    small = stratified(true, 0.1, 0, CLASSES)
    large = stratified(true, 0.5, 0, CLASSES)
    np.testing.assert_array_equal(np.bincount(true[small]), [4, 2, 1])
    np.testing.assert_array_equal(np.bincount(true[large]), [20, 10, 1])
    assert set(small) <= set(large)
    np.testing.assert_array_equal(stratified(true, 1.0, 3, CLASSES), np.arange(61))
    assert set(stratified(true, 0.1, 1, CLASSES)) != set(small)


def test_every_image_once_an_epoch_in_another_order(tmp_path):
    batches = EpochBatches(10, 4, seed=0)
    assert len(batches) == 3
    first = list(batches)
    assert [len(rows) for rows in first] == [4, 3, 3]
    assert sorted(chain.from_iterable(first)) == list(range(10))
    assert list(batches) == first
    batches.set_epoch(1)
    second = list(batches)
    assert sorted(chain.from_iterable(second)) == list(range(10))
    assert second != first
    assert list(EpochBatches(10, 4, seed=1)) != first


@pytest.mark.parametrize("n_ranks", [2, 3])
def test_processes_share_the_batches_of_one(n_ranks):
    alone = list(EpochBatches(11, 4, seed=0))
    shared = [list(EpochBatches(11, 4, 0, rank, n_ranks)) for rank in range(n_ranks)]
    assert {len(rows) for rows in shared} == {3}
    for step, rows in enumerate(alone):
        parts = [part[step] for part in shared]
        assert len({len(part) for part in parts}) == 1
        assert set(chain.from_iterable(parts)) == set(rows)


@pytest.mark.parametrize("workers", [0, 1])
def test_the_loader_gives_the_pixels_of_the_rows(tmp_path, workers):
    pixels = noise(6, 8, 8)
    images = source(tmp_path, [png(p) for p in pixels])
    found = decoded(images, images.true(CLASSES), 8, tmp_path / "cache", progress=False)
    batches = EpochBatches(6, 4, seed=2)
    served = list(loader(found, batches, workers=workers, pin=False))
    for (given, labels), rows in zip(served, list(batches), strict=True):
        np.testing.assert_array_equal(given.permute(0, 2, 3, 1).numpy(), pixels[rows])
        assert labels.tolist() == found.true[rows].tolist()
