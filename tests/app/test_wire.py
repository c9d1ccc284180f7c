import io
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from classblocks.app.session import VIEWS
from classblocks.app.wire import Reply, encode, id_dtype, pieces, rank_dtype

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"
ARROW_TYPES = {
    "utf8": "string",
    "int32": "int32",
    "int16": "int16",
    "float32": "float",
    "id": "uint16",
}


def wire_table():
    """Parameters and column types of each view, as the table in ARCHITECTURE.md has them."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|.*\|$", text, flags=re.MULTILINE)
    return {
        view: (re.findall(r"`(\w+)`", parameters), column_types(columns))
        for view, parameters, columns in rows
    }


def column_types(cell):
    cell = re.sub(r"\([^)]*\)", "", cell)
    types, waiting = {}, []
    for name, kind in re.findall(r"`([^`]+)`|\b(utf8|int32|int16|float32|id)\b", cell):
        if name:
            waiting.append(name)
        else:
            types.update(dict.fromkeys(waiting, ARROW_TYPES[kind]))
            waiting = []
    assert not waiting
    return types


def test_the_table_lists_exactly_the_views():
    assert set(wire_table()) == set(VIEWS)


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_replies_have_the_columns_of_the_table(view, make, session):
    parameters, documented = wire_table()[view]
    stem, message = next((s, m) for s, m in make.REQUESTS.items() if m["view"] == view)
    assert sorted(message) == sorted(["view", *parameters]), stem
    schema = pa.ipc.open_stream(encode(session.request(message))).schema
    got = {}
    for field in schema:
        name = re.sub(r"^(top_class|top_prob)_\d+$", r"\1_0…", field.name)
        got[re.sub(r"^user:.*", "user:NAME", name)] = str(field.type)
        assert not field.nullable
    assert got == documented
    assert schema.metadata[b"kind"] == view.encode()
    assert schema.metadata[b"version"] == b"1"


def test_every_reply_is_one_uncompressed_batch_without_nulls_or_64_bits(make, session):
    for stem, stream in make.replies(session).items():
        reader = pa.ipc.open_stream(stream)
        batches = list(reader)
        assert len(batches) == 1, stem
        for field, column in zip(reader.schema, batches[0].columns, strict=True):
            assert column.null_count == 0, (stem, field.name)
            assert field.type == pa.string() or field.type.bit_width <= 32, (stem, field.name)


def test_values_arrive_unchanged():
    columns = {
        "a": np.array([1, 65535], np.uint16),
        "b": np.array([np.nan, np.inf], np.float32),
        "c": ["Ä", ""],
    }
    table = pa.ipc.open_stream(io.BytesIO(encode(Reply("x", columns)))).read_all()
    assert table.column("a").to_pylist() == [1, 65535]
    np.testing.assert_array_equal(table.column("b").to_numpy(), columns["b"])
    assert table.column("c").to_pylist() == ["Ä", ""]


def test_buffers_are_aligned_for_typed_arrays():
    columns = {"a": np.zeros(3, np.uint16), "b": np.ones(3, np.float32)}
    stream = encode(Reply("x", columns))
    assert stream.find(np.ones(3, np.float32).tobytes()) % 8 == 0


@pytest.mark.parametrize(
    "column",
    [np.zeros(2, np.int64), np.zeros(2), np.zeros((2, 2), np.float32), np.zeros(2, bool)],
)
def test_columns_the_browser_cannot_view_are_refused(column):
    with pytest.raises(TypeError, match="'a'"):
        encode(Reply("x", {"a": column}))


def test_nulls_and_unequal_lengths_are_refused():
    with pytest.raises(TypeError, match="nulls"):
        encode(Reply("x", {"a": ["b", None]}))
    with pytest.raises(TypeError, match="length"):
        encode(Reply("x", {"a": ["b"], "c": np.zeros(2, np.int32)}))


def test_integer_types_hold_the_largest_id_and_rank():
    assert id_dtype(65_535) == np.uint16
    assert id_dtype(65_536) == np.int32
    assert rank_dtype(32_767) == np.int16
    assert rank_dtype(32_768) == np.int32


def test_pieces_share_the_memory_of_the_columns():
    values = np.arange(100_000, dtype=np.int32)
    shared = [piece for piece in pieces(Reply("x", {"a": values})) if len(piece) == values.nbytes]
    assert len(shared) == 1
    assert np.shares_memory(np.frombuffer(shared[0], np.int32), values)
