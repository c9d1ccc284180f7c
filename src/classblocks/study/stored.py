"""JSON files of a folder as a mapping by name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from classblocks.study.stamps import json_stamps

T = TypeVar("T")


class Stored(Mapping[str, T], Generic[T]):
    """In alphabetical order, each read on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, T] = {}

    @abstractmethod
    def read(self, path: Path) -> T:
        """Read one file; raises `StudyError`."""

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(name.removesuffix(".json") for name in json_stamps(self._folder)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._open:
            self._open[name] = self.read(self._folder / f"{name}.json")
        return self._open[name]
