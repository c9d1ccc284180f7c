"""JSON of any depth: the standard library's parser and writer stop at the recursion limit."""

import json
import re
from typing import Any, TypeAlias

Json: TypeAlias = Any

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def dumps(value: Json) -> str:
    """Write dicts with string keys, lists and scalars; indented unless it is very deep."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=1)
    except RecursionError:
        return _dumps_deep(value)


def loads(text: str) -> Json:
    """Read JSON.

    Raises
    ------
    ValueError
        Not JSON; says where.
    """
    try:
        return json.loads(text)
    except RecursionError:
        return _loads_deep(text)


class _Raw(str):
    """Text that is written as it is."""


def _dumps_deep(value: Json) -> str:
    out: list[str] = []
    todo: list[Json] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, _Raw):
            out.append(item)
        elif isinstance(item, dict):
            todo.append(_Raw("}"))
            entries = list(item.items())
            for i, (key, entry) in reversed(list(enumerate(entries))):
                todo += [entry, _Raw((", " if i else "") + json.dumps(key) + ": ")]
            todo.append(_Raw("{"))
        elif isinstance(item, list | tuple):
            todo.append(_Raw("]"))
            for i, entry in reversed(list(enumerate(item))):
                todo.append(entry)
                if i:
                    todo.append(_Raw(", "))
            todo.append(_Raw("["))
        else:
            out.append(json.dumps(item, ensure_ascii=False))
    return "".join(out)


def _loads_deep(text: str) -> Json:
    """Keep the open containers on a list instead of the call stack."""
    top: list[Json] = []
    stack: list[Json] = [top]
    key: list[str | None] = [None]
    i = _skip(text, 0)
    while True:
        i = _key(text, i, stack, key)
        if text[i : i + 1] in ("{", "["):
            child: Json = {} if text[i] == "{" else []
            _put(stack[-1], key[-1], child)
            stack.append(child)
            key.append(None)
            i = _skip(text, i + 1)
            if text[i : i + 1] not in ("}", "]"):
                continue
        else:
            scalar, i = _DECODER.raw_decode(text, i)
            _put(stack[-1], key[-1], scalar)
            i = _skip(text, i)
        while len(stack) > 1 and text[i : i + 1] == ("}" if isinstance(stack[-1], dict) else "]"):
            stack.pop()
            key.pop()
            i = _skip(text, i + 1)
        if len(stack) == 1:
            if i != len(text):
                raise json.JSONDecodeError("Extra data", text, i)
            return top[0]
        if text[i : i + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, i)
        i = _skip(text, i + 1)


def _key(text: str, i: int, stack: list[Json], key: list[str | None]) -> int:
    if not isinstance(stack[-1], dict):
        return i
    if text[i : i + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, i)
    key[-1], i = _DECODER.raw_decode(text, i)
    i = _skip(text, i)
    if text[i : i + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, i)
    return _skip(text, i + 1)


def _put(container: Json, key: str | None, value: Json) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


def _skip(text: str, i: int) -> int:
    found = _SPACE.match(text, i)
    return found.end() if found else i
