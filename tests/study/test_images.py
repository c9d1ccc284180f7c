import io
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from classblocks.study import Classes, StudyError
from classblocks.study.images import UnreadableImage, open_images
from classblocks.study.pixels import decode


def picture(value, kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), (value, 0, 0)).save(out, kind)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "photos"
    for number, name in enumerate(
        ["dog/b.PNG", "dog/a.jpg", "cat/x.webp", "cat/deep/y.bmp", "dog/.hidden.png", ".git/z.png"]
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        kind = {"PNG": "PNG", "jpg": "JPEG", "webp": "WEBP", "bmp": "BMP", "png": "PNG"}
        (root / name).write_bytes(picture(number * 10, kind[name.rsplit(".", 1)[1]]))
    (root / "dog/notes.txt").write_text("x")
    (root / "readme.png").write_bytes(b"x")
    (root / "empty").mkdir()
    return root


def test_a_folder_of_class_folders(folder):
    images = open_images(folder)
    assert images.n == len(images) == 4
    assert images.class_names == ("cat", "dog", "empty")
    assert images.uris() == ["cat/deep/y.bmp", "cat/x.webp", "dog/a.jpg", "dog/b.PNG"]
    assert images.sample_id.tolist() == [0, 1, 2, 3]
    assert images.columns is None
    assert images.read(3).getpixel((0, 0)) == (0, 0, 0)
    assert images.read(0).mode == "RGB"
    assert images.true(["dog", "cat", "empty"]).tolist() == [1, 1, 0, 0]
    keyed = Classes.of([("House cat", "cat"), ("Dog", "dog")])
    assert images.true(keyed).tolist() == [0, 0, 1, 1]
    with pytest.raises(StudyError, match=r"dog/a.jpg is of class 'dog', which is neither"):
        images.true(["cat", "wolf"])


def test_open_images_takes_a_source(folder):
    images = open_images(folder)
    assert open_images(images) is images


def test_unreadable_files_are_named(folder):
    (folder / "dog/a.jpg").write_bytes(b"not a picture")
    images = open_images(folder)
    with pytest.raises(UnreadableImage, match=r"^dog/a.jpg: not an image \(13 bytes\)$"):
        images.read(2)
    (folder / "dog/a.jpg").unlink()
    with pytest.raises(UnreadableImage, match=r"^dog/a.jpg: No such file"):
        images.read(2)
    (folder / "dog/b.PNG").write_bytes(picture(3)[:40])
    with pytest.raises(UnreadableImage, match=r"^dog/b.PNG: "):
        images.read(3)


def test_a_bomb_is_not_decoded():
    def chunk(kind, data):
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    for side in (9_000, 12_000, 100_000):
        size = side.to_bytes(4, "big") * 2
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + bytes([1, 0, 0, 0, 0]))
        bomb += chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
        with pytest.raises(UnreadableImage, match=r"^bomb.png: "):
            decode(bomb, "bomb.png")
    with pytest.raises(UnreadableImage, match="3 x 2 pixels, at most 5 are read"):
        decode(picture(1), "x", most_pixels=5)


@pytest.mark.parametrize("layout", ["nothing", "flat", "no images"])
def test_folders_that_hold_no_classes(tmp_path, layout):
    if layout == "flat":
        (tmp_path / "a.png").write_bytes(picture(1))
    if layout == "no images":
        (tmp_path / "dog").mkdir()
    with pytest.raises(StudyError, match=r"one folder of images per|no .*\.png.* in 1 folders"):
        open_images(tmp_path)


def write(path, group=3, **columns):
    table = pa.table(columns)
    pq.write_table(table, path, row_group_size=group)
    return path


def test_parquet_with_whole_number_labels(tmp_path):
    data = [picture(i) for i in range(8)]
    path = write(
        tmp_path / "val.parquet", image=data, label=np.arange(8, dtype=np.int16) % 3, note=["n"] * 8
    )
    for images in (
        open_images(path),
        open_images(str(tmp_path)),
        open_images(f"{tmp_path}/*.parquet"),
    ):
        assert images.n == 8
        assert images.class_names is None
        assert images.uri(7) == "val.parquet#7"
        assert images.read_bytes(7) == data[7]
        assert images.read(6).getpixel((0, 0)) == (6, 0, 0)
        assert images.columns.to_pydict() == {"note": ["n"] * 8}
        assert images.true(["a", "b", "c"]).tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
        with pytest.raises(StudyError, match=r"val.parquet#2 has label 2, expected 0 to 1"):
            images.true(["a", "b"])


def test_parquet_rows_of_several_files(tmp_path):
    for number in range(3):
        write(
            tmp_path / f"train-{number}.parquet",
            image=[{"bytes": picture(number * 10 + i), "path": "p"} for i in range(4)],
            label=["b", "a", "c", "a"],
            sample_id=np.arange(4) + 100 * number,
        )
    images = open_images(tmp_path)
    assert images.n == 12
    assert images.class_names == ("a", "b", "c")
    assert images.true(["c", "b", "a"]).tolist() == [1, 2, 0, 2] * 3
    assert images.sample_id.tolist() == [0, 1, 2, 3, 100, 101, 102, 103, 200, 201, 202, 203]
    assert images.uri(9) == "train-2.parquet#1"
    assert images.columns is None
    with ThreadPoolExecutor(4) as pool:
        red = list(pool.map(lambda i: images.read(i).getpixel((0, 0))[0], list(range(12)) * 20))
    assert red == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23] * 20


def test_parquet_keys_name_the_labels(tmp_path):
    wnid = pa.array(["n02", "n01", "n02"]).dictionary_encode()
    path = write(tmp_path / "a.parquet", image=[picture(1)] * 3, label=[1, 0, 1], wnid=wnid)
    images = open_images(path)
    assert images.class_names == ("n01", "n02")
    assert images.true(Classes.of([("two", "n02"), ("one", "n01")])).tolist() == [0, 1, 0]
    path = write(tmp_path / "a.parquet", image=[picture(1)] * 3, label=[1, 0, 0], wnid=wnid)
    assert open_images(path).class_names is None


def test_hugging_face_class_names(tmp_path):
    features = {"info": {"features": {"label": {"names": ["x", "y"], "_type": "ClassLabel"}}}}
    table = pa.table({"image": [picture(1)] * 2, "label": [1, 0]}).replace_schema_metadata(
        {"huggingface": json.dumps(features)}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    images = open_images(tmp_path / "a.parquet")
    assert images.class_names == ("x", "y")
    assert images.true(["y", "x"]).tolist() == [0, 1]


def test_images_are_read_by_row_group(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet", image=[picture(i) for i in range(9)], label=[0] * 9)
    images = open_images(path)
    read = []
    original = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_group",
        lambda self, i, **k: read.append(i) or original(self, i, **k),
    )
    for i in range(9):
        images.read(i)
    assert read == [0, 1, 2]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"image": [b"x"], "y": [1]}, "column label missing; found image, y"),
        ({"img": [b"x"], "y": [1]}, "column image and label missing"),
        ({"image": ["text"], "label": [1]}, "image is string, expected bytes"),
        ({"image": [b"x"], "label": [1.5]}, "label is double, expected"),
        ({"image": [b"x", b"y"], "label": [1, None]}, "a.parquet#1 has no label"),
    ],
)
def test_wrong_columns(tmp_path, columns, words):
    with pytest.raises(StudyError, match=words):
        open_images(write(tmp_path / "a.parquet", **columns))


def test_missing_bytes_and_other_files(tmp_path):
    path = write(tmp_path / "a.parquet", image=[picture(1), None], label=[0, 0])
    with pytest.raises(UnreadableImage, match=r"a.parquet#1: no image bytes"):
        open_images(path).read(1)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StudyError, match="not complete Parquet"):
        open_images(path)
    (tmp_path / "a.zip").write_bytes(b"x")
    with pytest.raises(StudyError, match="expected a Parquet file or a folder"):
        open_images(tmp_path / "a.zip")
    with pytest.raises(StudyError, match="no such folder, Parquet file, or glob"):
        open_images(tmp_path / "none")


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_sixteen_bits_keep_their_greys(form):
    grey = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    data = io.BytesIO()
    Image.fromarray(grey).save(data, form)
    pixels = np.asarray(decode(data.getvalue(), "x"))
    np.testing.assert_array_equal(pixels, np.repeat((grey >> 8)[..., None], 3, axis=2))


def test_floats_of_unknown_range_are_refused():
    data = io.BytesIO()
    Image.fromarray(np.ones((4, 4), np.float32)).save(data, "tiff")
    with pytest.raises(UnreadableImage, match="x: pixels of 32 bits"):
        decode(data.getvalue(), "x")


def test_a_pipe_is_not_waited_for(folder):
    pipe = folder / "dog" / "pipe.png"
    os.mkfifo(pipe)
    source = open_images(folder)
    i = source.uris().index("dog/pipe.png")
    with pytest.raises(UnreadableImage, match="not a file"):
        source.read(i)


def test_file_names_that_are_not_utf8(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff.png", "wb") as file:
        file.write(picture(1))
    images = open_images(tmp_path)
    assert images.uris() == [r"a/\xff.png"]
    assert images.read(0).size == (3, 2)
