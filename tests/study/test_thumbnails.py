import hashlib
import io

import numpy as np
import pytest
from PIL import Image

import classblocks.study as cs
from classblocks.study import StudyError, thumbnail_writer
from classblocks.study.pixels import UnreadableImage
from classblocks.study.thumbnail_writer import ThumbnailWriter


@pytest.fixture
def study(tmp_path):
    return cs.create(tmp_path / "study", ["a"])


def noise(seed, size=(40, 30)):
    values = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(values)


def encoded(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def test_an_empty_store(study):
    assert len(study.thumbnails) == 0
    assert study.thumbnails.read(3) is None
    assert study.thumbnails.hash(3) is None
    assert study.thumbnails.read_hash("0" * 16) is None


def test_images_are_found_by_id_and_by_content(study):
    writer = ThumbnailWriter(study, side=32)
    for sample_id in (70, -5, 3):
        writer.add(sample_id, noise(sample_id + 10, (64, 16)))
    writer.finish()
    for store in (study.thumbnails, cs.open(study.path).thumbnails):
        assert len(store) == 3
        assert store.ids().tolist() == [-5, 3, 70]
        for sample_id in (70, -5, 3):
            data = store.read(sample_id)
            assert opened(data).size == (32, 8)
            assert store.hash(sample_id) == hashlib.sha256(data).hexdigest()[:16]
            assert store.read_hash(store.hash(sample_id)) == data
        assert store.read(4) is None


@pytest.mark.parametrize("text", ["", "0" * 15, "../../study.json", "G" * 16, "A" * 16])
def test_odd_hashes_are_unknown(study, text):
    assert study.thumbnails.read_hash(text) is None


def test_small_jpegs_are_kept_as_they_are(study):
    data = encoded(noise(1), quality=70)
    grey = encoded(noise(2).convert("L"))
    heavy = encoded(noise(3, (4, 4)), exif=b"Exif\0\0" + b"x" * 30_000)
    writer = ThumbnailWriter(study, side=40)
    for sample_id, image in enumerate([data, grey, heavy, encoded(noise(4), "PNG")]):
        writer.add(sample_id, image)
    writer.finish()
    store = study.thumbnails
    assert store.read(0) == data
    assert store.read(1) == grey
    assert len(store.read(2)) < 5_000
    assert opened(store.read(3)).format == "JPEG"


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK", "I;16", "1", "LA"])
def test_all_modes_become_jpeg(study, mode):
    writer = ThumbnailWriter(study)
    image = Image.new("L" if mode == "I;16" else "RGB", (9, 5)).convert(mode)
    writer.add(0, image)
    if mode != "CMYK":
        writer.add(1, encoded(image, "PNG"))
    writer.finish()
    assert opened(study.thumbnails.read(0)).size == (9, 5)


def test_samples_that_are_there_are_skipped(study):
    writer = ThumbnailWriter(study)
    writer.add(1, noise(1))
    writer.add(1, noise(2))
    writer.finish()
    first = study.thumbnails.read(1)
    again = ThumbnailWriter(study)
    assert 1 in again
    again.add(1, noise(3))
    again.finish()
    assert study.thumbnails.read(1) == first
    assert sorted(p.name for p in study.thumbnails.directory.glob("*.bin")) == ["000.bin"]


def test_equal_images_are_stored_once(study):
    writer = ThumbnailWriter(study)
    for sample_id in range(20):
        writer.add(sample_id, noise(1))
    writer.finish()
    size = (study.thumbnails.directory / "000.bin").stat().st_size
    assert size == len(study.thumbnails.read(0))


def test_what_was_added_before_a_kill_stays_readable(study):
    writer = ThumbnailWriter(study)
    writer.add(1, noise(1))
    writer.checkpoint()
    store = cs.open(study.path).thumbnails
    writer.add(2, noise(2))
    writer.close()
    assert store.read(1) is not None
    assert cs.open(study.path).thumbnails.ids().tolist() == [1]
    again = ThumbnailWriter(study)
    again.add(2, noise(2))
    again.finish()
    assert store.read(1) == study.thumbnails.read(1)
    assert study.thumbnails.ids().tolist() == [1, 2]


def test_two_writers_do_not_meet(study):
    one, two = ThumbnailWriter(study), ThumbnailWriter(study)
    for sample_id in range(4):
        one.add(sample_id, noise(sample_id))
        two.add(sample_id + 2, noise(sample_id + 2))
    one.finish()
    two.finish()
    assert study.thumbnails.ids().tolist() == list(range(6))
    for sample_id in range(6):
        same = np.asarray(opened(study.thumbnails.read(sample_id)))
        expected = np.asarray(opened(ThumbnailWriter(study).encode(noise(sample_id))))
        np.testing.assert_array_equal(same, expected)


def test_shards_are_limited(study, monkeypatch):
    monkeypatch.setattr(thumbnail_writer, "SHARD_BYTES", 5_000)
    writer = ThumbnailWriter(study)
    for sample_id in range(12):
        writer.add(sample_id, noise(sample_id))
    writer.finish()
    shards = sorted(study.thumbnails.directory.glob("*.bin"))
    assert len(shards) > 2
    assert all(shard.stat().st_size <= 5_000 for shard in shards)
    assert all(opened(study.thumbnails.read(i)).size == (40, 30) for i in range(12))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", encoded(noise(1))[:300], b"GIF89a"])
def test_unreadable_bytes_are_named(study, data):
    writer = ThumbnailWriter(study)
    with pytest.raises(UnreadableImage, match="thumbnail"):
        writer.add(1, data)
    with pytest.raises(UnreadableImage, match=r"dog/1.jpg: "):
        writer.encode(data, "dog/1.jpg")
    writer.finish()
    assert len(study.thumbnails) == 0


def test_damage_is_named(study):
    writer = ThumbnailWriter(study)
    writer.add(1, noise(1))
    writer.finish()
    shard = study.thumbnails.directory / "000.bin"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(StudyError, match=r"000.bin is shorter than its index says"):
        cs.open(study.path).thumbnails.read(1)
    shard.unlink()
    with pytest.raises(StudyError, match=r"000.bin is missing"):
        cs.open(study.path).thumbnails.read(1)
    (study.thumbnails.directory / "index.parquet").write_bytes(b"PAR1")
    with pytest.raises(StudyError, match=r"index.parquet is not complete Parquet"):
        cs.open(study.path).thumbnails.read(1)


def test_a_bad_side_is_refused(study):
    with pytest.raises(StudyError, match="expected 1 to 1024 pixels, got 0"):
        ThumbnailWriter(study, side=0)
