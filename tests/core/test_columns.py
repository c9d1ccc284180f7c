import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from classblocks.core.columns import Columns

TABLE = {"node": np.arange(3), "name": np.array(["x", "y", "z"], object), "p": [0.5, np.nan, 1]}


def test_arrow_and_pandas_read_the_same_table():
    columns = Columns(TABLE)
    arrow = pa.table(columns)
    assert arrow.column_names == ["node", "name", "p"]
    assert arrow["name"].to_pylist() == ["x", "y", "z"]
    expected = pd.DataFrame({"node": [0, 1, 2], "name": ["x", "y", "z"], "p": [0.5, np.nan, 1]})
    pd.testing.assert_frame_equal(pd.DataFrame(columns), expected, check_dtype=False)
    streamed = pa.RecordBatchReader.from_stream(columns).read_all()
    assert streamed.drop_columns("p").equals(arrow.drop_columns("p"))
    assert streamed.schema == arrow.schema


def test_rows_and_sizes():
    columns = Columns(TABLE)
    assert columns.n_rows == 3
    assert len(columns) == 3
    assert columns.row(1)["name"] == "y"
    assert columns.row(-1)["p"] == 1
    assert repr(columns) == "Columns(3 rows: node int64, name object, p float64)"
    assert Columns({}).n_rows == 0


def test_columns_of_unequal_length_or_two_dimensions():
    with pytest.raises(ValueError, match="a 2, b 3"):
        Columns({"a": [1, 2], "b": [1, 2, 3]})
    with pytest.raises(ValueError, match="column 'a'"):
        Columns({"a": np.zeros((2, 2))})
