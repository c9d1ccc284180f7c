import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from classblocks.study.format import StudyError
from classblocks.study.numbers import numbers


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64, np.float32])
@pytest.mark.parametrize("cuts", [[], [2], [0, 1, 3]])
def test_values_and_types_stay(dtype, cuts):
    values = np.arange(4).astype(dtype)
    kind = pa.from_numpy_dtype(dtype)
    chunks = [pa.array(part, kind) for part in np.split(values, cuts)]
    found = numbers(pa.chunked_array(chunks, kind))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values)


def test_a_slice_starts_where_it_starts():
    column = pa.chunked_array([pa.array(np.arange(10, dtype=np.int32))]).slice(3, 4)
    np.testing.assert_array_equal(numbers(column), [3, 4, 5, 6])


def test_no_rows_keep_the_type():
    assert numbers(pa.chunked_array([], pa.float32())).dtype == np.float32


def test_nulls_are_refused():
    with pytest.raises(StudyError, match="1 nulls"):
        numbers(pa.chunked_array([pa.array([1, None])]))


def test_pandas_stays_out():
    code = (
        "import sys, pyarrow as pa; from classblocks.study.numbers import numbers\n"
        "a = pa.Array.from_buffers(pa.int32(), 1, [None, pa.py_buffer(b'1234')])\n"
        "numbers(pa.chunked_array([a])); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
