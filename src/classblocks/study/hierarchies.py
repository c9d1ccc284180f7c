"""The hierarchies of a study, read on first use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from classblocks.core import nested_json
from classblocks.core.hierarchy import Hierarchy
from classblocks.study.format import Classes, StudyError
from classblocks.study.stamps import hierarchy_stamps


class StoredHierarchies(Mapping[str, Hierarchy]):
    """By name, in alphabetical order."""

    def __init__(self, folder: Path, classes: Classes) -> None:
        self._folder = folder
        self._n_classes = len(classes)
        self._open: dict[str, Hierarchy] = {}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(name.removesuffix(".json") for name in hierarchy_stamps(self._folder)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Hierarchy:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._open:
            path = self._folder / f"{name}.json"
            try:
                obj = nested_json.loads(path.read_text(encoding="utf-8"))
                self._open[name] = Hierarchy.from_json(obj, self._n_classes)
            except (ValueError, OSError) as error:
                raise StudyError(f"{path}: {error}") from None
        return self._open[name]
