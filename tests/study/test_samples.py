import numpy as np
import pyarrow as pa
import pytest

import classblocks.study as cs
from classblocks.study import StudyError


@pytest.fixture
def study(tmp_path):
    return cs.create(tmp_path / "study", list("abc"))


def test_an_empty_table_has_the_columns(study):
    samples = study.samples
    assert samples.n == len(samples) == 0
    assert samples.sample_id.dtype == np.int64
    assert samples.true.dtype == np.int32
    assert samples.uri.to_pylist() == samples.split.to_pylist() == []
    assert samples.columns.num_columns == 0
    assert samples.position([]).tolist() == []


def test_rows_are_appended_and_filled(study):
    study.add_samples([5, 2], [0, 1], split="train", uri=["", "b.jpg"])
    study.add_samples([2, 5, 9], [1, 0, 2], uri=["other", "a.jpg", ""], columns={"w": [1, 2, 3]})
    samples = study.samples
    assert samples.sample_id.tolist() == [5, 2, 9]
    assert samples.true.tolist() == [0, 1, 2]
    assert samples.split.to_pylist() == ["train", "train", "val"]
    assert samples.uri.to_pylist() == ["a.jpg", "b.jpg", ""]
    assert samples.columns.to_pydict() == {"w": [2, 1, 3]}
    study.add_samples([9], [2], columns=pa.table({"note": ["x"]}))
    assert study.samples.columns.to_pydict() == {"w": [2, 1, 3], "note": [None, None, "x"]}
    assert study.samples.take([2, 0]).column("note").to_pylist() == ["x", None]


def test_adding_what_is_there_writes_nothing(study):
    study.add_samples([1, 2], [0, 1], uri=["a", "b"])
    before = study.samples.path.stat()
    study.add_samples([2], [1], uri=[""])
    assert study.samples.path.stat() == before


def test_positions(study):
    study.add_samples([5, -2, 9], [0, 1, 2])
    assert study.samples.position([9, 9, 5]).tolist() == [2, 2, 0]
    assert study.samples.find([-2, 3, 10]).tolist() == [1, -1, -1]
    with pytest.raises(StudyError, match=r"sample id 7 \(row 1\) is not among the 3 samples"):
        study.samples.position([5, 7])


def test_rows_appended_meanwhile_wait_for_a_refresh(study):
    study.add_samples([1, 2], [0, 1])
    other = cs.open(study.path)
    assert other.samples.n == 2
    study.add_samples([3], [2])
    assert len(other.samples.true) == len(other.samples.uri) == 2
    assert other.refresh()
    assert other.samples.true.tolist() == [0, 1, 2]


def test_counted_ids_need_no_search(study):
    study.add_samples(np.arange(4), [0, 1, 2, 0])
    assert study.samples.is_counted
    assert study.samples.find([3, 0, -1, 4]).tolist() == [3, 0, -1, -1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sample_id": [1, 1], "true": [0, 0]}, "sample id 1 occurs twice: rows 0 and 1"),
        ({"sample_id": [1], "true": [3]}, "true: expected class ids 0 to 2, got 3 in row 0"),
        ({"sample_id": [1, 2], "true": [0]}, "one length"),
        ({"sample_id": [1], "true": [0], "uri": ["a", "b"]}, "uri has 2 rows, expected 1"),
        ({"sample_id": [1], "true": [0], "uri": [3]}, "uri: expected text"),
        ({"sample_id": [1], "true": [0], "columns": {"true": [1]}}, "name of a fixed column"),
        ({"sample_id": [1], "true": [0], "columns": {"w": [1, 2]}}, "'w' has 2 rows"),
        ({"sample_id": [1], "true": [0], "columns": {"w": [object()]}}, "'w' cannot be stored"),
    ],
)
def test_bad_rows(study, arguments, words):
    with pytest.raises(ValueError, match=words):
        study.add_samples(**arguments)
    assert study.samples.n == 0


def test_a_user_column_keeps_its_type(study):
    study.add_samples([1], [0], columns={"w": [1]})
    with pytest.raises(StudyError, match="'w'"):
        study.add_samples([2], [0], columns={"w": ["text"]})
    with pytest.raises(StudyError, match="'w'"):
        study.add_samples([1], [0], columns={"w": ["text"]})
    assert study.samples.n == 1
