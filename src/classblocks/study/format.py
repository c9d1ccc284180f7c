"""Names, versions and small records of a study on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FORMAT = "classblocks-study"
FORMAT_VERSION = 1
RESULT_VERSION = 1

STUDY_FILE = "study.json"
SAMPLES_FILE = "samples.parquet"
ACTIVITY_FILE = "activity.json"
FINDINGS_FILE = "findings.json"
RESULTS = "results"
HIERARCHIES = "hierarchies"
BRANCHES = "branches"
THUMBNAILS = "thumbnails"
RESULT_FILE = "result.json"
PREDICTIONS_FILE = "predictions.parquet"
RESPONSES = "responses"
LOGITS = "logits"
RECORDING_FILE = "recording.json"

_NAME = re.compile(r"\w[\w .@=+-]{0,127}")
# File systems limit a name to 255 bytes; the partial directory adds a dot and ".partial".
_MAX_NAME_BYTES = 240


class StudyError(ValueError):
    """A study, or something to be put into one, is not as it must be."""


class NameTakenError(StudyError):
    """What is to be saved under a name exists already under it."""


def check_name(name: str, what: str) -> str:
    """Return `name` if it can be a file name inside a study, else raise."""
    if not isinstance(name, str) or _NAME.fullmatch(name) is None or name != name.strip(" "):
        shown = repr(name) if len(str(name)) <= 128 else f"{str(name)[:32]!r}… ({len(name)} long)"
        raise StudyError(
            f"{what} name {shown} is not allowed: use 1 to 128 letters, digits, _ or (not first) "
            "space . @ = + -"
        )
    if len(name.encode()) > _MAX_NAME_BYTES:
        raise StudyError(f"{what} name {name!r} is longer than {_MAX_NAME_BYTES} bytes")
    return name


def check_version(found: object, known: int, path: Path) -> None:
    """Refuse a file of another format version, naming both."""
    if found != known:
        raise StudyError(
            f"{path}: format version {found!r}, this classblocks reads version {known}"
        )


def partial_directory(study_path: Path, name: str) -> Path:
    """Where the result `name` is written before it is complete."""
    return study_path / RESULTS / f".{name}.partial"


@dataclass(frozen=True)
class Coordinates:
    """What tells one result set from another."""

    model: str | None = None
    epoch: int | float | None = None
    layer: str | None = None
    transform: str | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        for field in ("model", "layer", "transform", "split"):
            value = getattr(self, field)
            if value is not None and not isinstance(value, str):
                raise StudyError(f"{field} must be text or None, got {value!r}")
        epoch = self.epoch
        if epoch is not None and (isinstance(epoch, bool) or not isinstance(epoch, int | float)):
            raise StudyError(f"epoch must be a number or None, got {epoch!r}")
        if isinstance(epoch, float) and not abs(epoch) < float("inf"):
            raise StudyError(f"epoch must be finite, got {epoch!r}")

    def to_json(self) -> dict[str, Any]:
        """All five coordinates, None where unknown."""
        return asdict(self)

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Coordinates:
        """Read what `to_json` wrote; unknown keys are left out."""
        return cls(**{key: obj.get(key) for key in cls.__dataclass_fields__})

    def sort_key(self, name: str) -> tuple[Any, ...]:
        """Model, epoch, layer, transform, then `name`; unknown first, digits as numbers."""
        epoch = (0, 0) if self.epoch is None else (1, self.epoch)
        text = (_natural(value or "") for value in (self.layer, self.transform, name))
        return (_natural(self.model or ""), epoch, *text)


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in pieces)


@dataclass(frozen=True)
class Classes:
    """The classes of a study in file order: display names, and keys such as WordNet ids."""

    names: tuple[str, ...]
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    @cached_property
    def id_of(self) -> Mapping[str, int]:
        """Class id by name and by key; a name that two classes share leads to neither."""
        ids = {key: class_id for class_id, key in enumerate(self.keys) if key}
        seen: set[str] = set()
        for class_id, name in enumerate(self.names):
            if name not in seen:
                ids[name] = class_id
            elif name not in self.keys:
                del ids[name]
            seen.add(name)
        return ids

    def to_json(self) -> list[dict[str, str]]:
        """One object with name and key per class."""
        return [{"name": n, "key": k} for n, k in zip(self.names, self.keys, strict=True)]

    @classmethod
    def of(cls, classes: Sequence[str] | Sequence[tuple[str, str]] | Classes) -> Classes:
        """Make from names, or from pairs of name and key."""
        if isinstance(classes, Classes):
            return classes
        if isinstance(classes, str):
            raise StudyError(f"classes must be a sequence of names, got the text {classes!r}")
        names: list[str] = []
        keys: list[str] = []
        for class_id, entry in enumerate(classes):
            pair = (entry, "") if isinstance(entry, str) else tuple(entry)
            if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
                raise StudyError(
                    f"class {class_id}: expected a name or a pair (name, key), got {entry!r}"
                )
            if not pair[0]:
                raise StudyError(f"class {class_id} has an empty name")
            names.append(pair[0])
            keys.append(pair[1])
        if not names:
            raise StudyError("a study needs at least one class")
        _refuse_repeats(keys, "key")
        if not all(keys):
            _refuse_repeats(names, "name")
        return cls(tuple(names), tuple(keys))


def _refuse_repeats(values: Sequence[str], what: str) -> None:
    first: dict[str, int] = {}
    for class_id, value in enumerate(values):
        if value and value in first:
            raise StudyError(f"classes {first[value]} and {class_id} share the {what} {value!r}")
        first.setdefault(value, class_id)
