"""Read a training run's settings from a TOML or JSON file, with changes by name."""

import json
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from classblocks.nn.training.config import Config

MOST_BYTES = 1 << 20


def read_config(file: str | os.PathLike[str], changes: Mapping[str, Any] | None = None) -> Config:
    """Read a TOML or JSON file.

    Parameters
    ----------
    file : its paths are relative to its folder
    changes : "recipe.epochs" → value; a text is read as TOML, or as it is

    Raises
    ------
    ValueError
        Names the file, the entry, what was expected and what came.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path}: {path.stat().st_size} bytes are too many for a configuration")
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected a table, got {type(found).__name__}")
    for key, value in (changes or {}).items():
        _change(found, key, _value(value))
    try:
        return _placed(_built(Config, found, ""), path.parent)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def config_of(flat: Mapping[str, Any]) -> Config:
    """Build a configuration from "recipe.epochs" → value; paths are as they are."""
    found: dict[str, Any] = {}
    for key, value in flat.items():
        _change(found, key, value)
    config: Config = _built(Config, found, "")
    return config


def _value(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _change(found: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401
    *tables, last = key.split(".")
    for table in tables:
        found = found.setdefault(table, {})
        if not isinstance(found, dict):
            raise ValueError(f"{key}: {table} is not a table")
    found[last] = value


def _built(kind: type[Any], found: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401
    types_of = typing.get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}
    unknown = [key for key in found if key not in known]
    if unknown:
        raise ValueError(
            f"{where}{unknown[0]}: there is no such entry; there is {', '.join(known)}"
        )
    for name, item in known.items():
        if name not in found and item.default is MISSING and item.default_factory is MISSING:
            raise ValueError(f"{where}{name} is missing")
    return kind(**{key: _typed(types_of[key], value, where + key) for key, value in found.items()})


def _typed(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    if is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise ValueError(f"{where}: expected a table, got {value!r}")
        return _built(typing.cast("type[Any]", kind), value, where + ".")
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and types.NoneType in options:
        return None
    wanted = next(option for option in options if option is not types.NoneType)
    if typing.get_origin(wanted) is tuple:
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise ValueError(f"{where}: expected a list of texts, got {value!r}")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ValueError(f"{where}: expected {_KINDS[wanted]}, got {value!r}")
    return value


_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _placed(config: Config, folder: Path) -> Config:
    """Make paths relative to the configuration's folder."""

    def at(text: str | None) -> str | None:
        return None if text is None else os.path.normpath(folder / text)

    def at_if_there(text: str | None) -> str | None:
        return str(folder / text) if text is not None and (folder / text).exists() else text

    model = config.network.model
    file, _, name = model.rpartition(":")
    if file.endswith(".py"):
        model = f"{folder / file}:{name}"
    return replace(
        config,
        out=os.path.normpath(folder / config.out),
        study=at(config.study),
        hierarchy=at_if_there(config.hierarchy),
        data=replace(
            config.data,
            train=str(folder / config.data.train),
            val=str(folder / config.data.val),
            classes=at(config.data.classes),
            cache=at(config.data.cache),
        ),
        network=replace(config.network, model=model, weights=at(config.network.weights)),
        method=replace(
            config.method,
            branches=at_if_there(config.method.branches),
            hierarchy=at_if_there(config.method.hierarchy),
        ),
    )
