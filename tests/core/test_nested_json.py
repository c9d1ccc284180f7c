import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core import nested_json

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_the_deep_reader_and_writer_agree_with_the_standard_library(value):
    assert nested_json._loads_deep(json.dumps(value, indent=2)) == value
    assert json.loads(nested_json._dumps_deep(value)) == value


def test_depth_far_beyond_the_recursion_limit():
    value = "x"
    for i in range(30_000):
        value = {"a": [value, i]}
    again = nested_json.loads(nested_json.dumps(value))
    for i in reversed(range(30_000)):
        assert again["a"][1] == i
        again = again["a"][0]
    assert again == "x"
    while isinstance(value, dict):
        value = value["a"][0]


@pytest.mark.parametrize(
    "text", ["", "{", "[1", "[1 2]", '{"a" 1}', "{1: 2}", "[1] 2", "[}", '{"a": 1,}', "nope"]
)
def test_what_is_not_json(text):
    with pytest.raises(ValueError, match="line 1 column"):
        nested_json._loads_deep(text)
    with pytest.raises(ValueError, match="line 1 column"):
        nested_json.loads(text)
