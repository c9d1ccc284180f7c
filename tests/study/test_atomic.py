import errno
import json
import os
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from classblocks.study import atomic
from classblocks.study.format import StudyError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    atomic.write_json(path, {"old": 1})

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write_json(path, {"new": 2})
    assert json.loads(path.read_text()) == {"old": 1}
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    atomic.write_json(path, [1])
    manager = atomic.replacing(path)
    temporary = manager.__enter__()
    temporary.write_text("half")
    assert atomic.read_json(path) == [1]
    assert temporary.parent == path.parent
    assert temporary.name.startswith(".")
    assert temporary.name.endswith(atomic.TEMPORARY_SUFFIX)


def test_files_are_readable_by_others(tmp_path):
    old = os.umask(0o022)
    try:
        atomic.write_json(tmp_path / "a.json", 1)
    finally:
        os.umask(old)
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("value", [float("nan"), {1j}, {"a": np.float32(1)}])
def test_what_is_not_json_is_refused(tmp_path, value):
    with pytest.raises(StudyError, match=r"a.json: cannot be written as JSON"):
        atomic.write_json(tmp_path / "a.json", value)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("text", [b"", b'{"a": 1', b"\xff\xfe", b'{"a": }'])
def test_broken_json_names_the_file(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(StudyError, match=r"a.json is not complete JSON"):
        atomic.read_json(path)


def test_an_object_is_expected(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(StudyError, match="expected a JSON object, got list"):
        atomic.read_object(tmp_path / "a.json")


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.int64, np.uint8]),
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
    )
)
def test_arrays_round_trip_and_numpy_reads_them(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("a") / "a.npy"
    atomic.write_array(path, array)
    np.testing.assert_array_equal(np.load(path), array)
    np.testing.assert_array_equal(atomic.read_array(path, array.shape, array.dtype), array)


def test_wrong_arrays_are_named(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(StudyError, match="is missing"):
        atomic.read_array(path, (2,), np.float32)
    atomic.write_array(path, np.zeros((3, 2), np.float32))
    with pytest.raises(StudyError, match=r"expected float32 \(2,\), got float32 \(3, 2\)"):
        atomic.read_array(path, (2,), np.float32)
    with pytest.raises(StudyError, match="expected int64"):
        atomic.read_array(path, (3, 2), np.int64)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StudyError, match="not a complete array"):
        atomic.read_array(path, (3, 2), np.float32)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([print], object), allow_pickle=True)
    with pytest.raises(StudyError, match="not a complete array"):
        atomic.read_array(path, (1,), object, mmap=False)
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(StudyError, match="not a complete array"):
        atomic.read_array(path, (1,), np.float32, mmap=False)


def test_numbers_in_tables_are_plain(tmp_path):
    table = pa.table({"x": np.arange(5.0), "s": ["a"] * 5})
    atomic.write_table(tmp_path / "t.parquet", table)
    group = pa.parquet.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0)
    assert group.column(0).compression == "UNCOMPRESSED"
    assert "RLE_DICTIONARY" not in group.column(0).encodings


def test_a_lock_is_held_by_one(tmp_path):
    with atomic.locked(tmp_path / "lock"):
        with pytest.raises(StudyError, match="in use"), atomic.locked(tmp_path / "lock", "in use"):
            pass
    with atomic.locked(tmp_path / "lock", "in use"):
        pass
