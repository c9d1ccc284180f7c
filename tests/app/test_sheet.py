import io

import numpy as np
import pytest
from PIL import Image

from classblocks.app.parameters import RequestError
from classblocks.app.sheet import compose, reply


class Samples:
    n = 4
    sample_id = np.array([10, 11, 12, 13])


class Study:
    """Thumbnails: red square, wide blue picture, none, broken bytes."""

    samples = Samples()

    class thumbnails:
        @staticmethod
        def read(sample_id):
            return {10: jpeg((32, 32), "red"), 11: jpeg((64, 32), "blue"), 13: b"broken"}.get(
                sample_id
            )


def jpeg(size, colour):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=95)
    return out.getvalue()


def tile(sheet, row, column, side=32):
    return sheet[row * side : (row + 1) * side, column * side : (column + 1) * side].astype(int)


def test_tiles_stand_row_by_row():
    sheet = np.asarray(Image.open(io.BytesIO(compose(Study, [0, 1, 2, 0, 3], 32, 2))))
    assert sheet.shape == (96, 64, 3)
    for row, column in ((0, 0), (1, 1)):
        assert np.abs(tile(sheet, row, column) - [254, 0, 0]).mean() < 8
    wide = tile(sheet, 0, 1)
    assert np.abs(wide[12:20] - [0, 0, 254]).mean() < 8
    assert np.abs(wide[:4] - 128).mean() < 8


def test_missing_and_broken_thumbnails_are_hatched():
    sheet = np.asarray(Image.open(io.BytesIO(compose(Study, [2, 3], 32, 2))))
    for column in (0, 1):
        hatched = tile(sheet, 0, column)
        assert hatched.std() > 3
        assert np.ptp(hatched.mean(axis=(0, 1))) < 3
        assert 100 < hatched.mean() < 130


def test_a_sheet_is_no_wider_than_its_samples():
    assert Image.open(io.BytesIO(compose(Study, [0], 16, 50))).size == (16, 16)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ([], "JSON object, got list"),
        ({"samples": [0], "side": 16}, "'columns' is missing"),
        ({"samples": [], "side": 16, "columns": 1}, "empty"),
        ({"samples": [4], "side": 16, "columns": 1}, r"samples of this study are 0\.\.3"),
        ({"samples": [0] * 4001, "side": 16, "columns": 1}, "at most 4000"),
        ({"samples": [0], "side": 1000, "columns": 1}, r"sides are 8\.\.256"),
        ({"samples": [0], "side": 16, "columns": 0}, r"columns are 1\.\.4000"),
        ({"samples": [0] * 4000, "side": 64, "columns": 1}, "at most 65500 a side"),
        ({"samples": [0] * 4000, "side": 256, "columns": 64}, "67 million|64 million"),
        ({"samples": [0], "side": 16, "columns": 1, "path": "/"}, "unknown parameter 'path'"),
    ],
)
def test_bad_messages_are_named(message, text):
    with pytest.raises(RequestError, match=text):
        reply(Study, message)
