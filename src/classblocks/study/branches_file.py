"""Plans of branches as JSON files: one that `classblocks train` is given, and those of a study."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from classblocks.core.branch_plan import BranchPlan
from classblocks.study.atomic import json_bytes, remove_temporaries, write_bytes
from classblocks.study.format import Classes, NameTakenError, StudyError, check_name
from classblocks.study.stored import Stored

MOST_BYTES = 32 * 2**20


def read_branches(
    path: str | os.PathLike[str], classes: Classes | Sequence[str] | None = None
) -> BranchPlan:
    """Read a plan; where both it and the caller know the names of the classes, these must agree."""
    file = Path(path)
    try:
        if file.exists() and not file.is_file():
            raise StudyError(f"{file} is not a file")
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise StudyError(f"{file}: expected at most {MOST_BYTES:,} bytes, it has more")
        obj = json.loads(data)
        plan = BranchPlan.from_json(obj, None if classes is None else len(classes))
    except FileNotFoundError:
        raise StudyError(f"{file} is missing") from None
    except OSError as error:
        raise StudyError(f"{file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StudyError(f"{file} is not complete JSON: {error}") from None
    except RecursionError:
        raise StudyError(f"{file}: too deeply nested") from None
    except StudyError:
        raise
    except ValueError as error:
        raise StudyError(f"{file}: {error}") from None
    if classes is not None:
        _same_names(file, plan.classes, tuple(classes))
    return plan


def write_branches(path: str | os.PathLike[str], plan: BranchPlan) -> None:
    """Put a plan at `path`, as a whole or not at all."""
    file = Path(path)
    data = json_bytes(plan.to_json(), file)
    if not file.parent.is_dir():
        raise StudyError(f"{file} cannot be written: there is no folder {file.parent}")
    write_bytes(file, data)


class StoredBranches(Stored[BranchPlan]):
    """The plans of a study."""

    def __init__(self, folder: Path, classes: Classes) -> None:
        super().__init__(folder)
        self._classes = classes

    def read(self, path: Path) -> BranchPlan:
        """Read one plan."""
        return read_branches(path, self._classes)


def store_branches(
    folder: Path, name: str, plan: BranchPlan, classes: Classes, replace: bool
) -> None:
    """Put a plan into the folder of a study; the caller holds the lock of the study."""
    check_name(name, "branches")
    path = folder / f"{name}.json"
    if plan.n_classes != len(classes):
        raise StudyError(
            f"branches {name!r} have {plan.n_classes} classes, the study {len(classes)}"
        )
    _same_names(path, plan.classes, classes.names)
    if not replace and path.exists():
        raise NameTakenError(
            f"branches {name!r} exist already in {folder.parent}: choose another name or replace "
            "them"
        )
    named = BranchPlan(plan.branches, classes.names, plan.how)
    data = json_bytes(named.to_json(), path)
    folder.mkdir(exist_ok=True)
    remove_temporaries(path)
    write_bytes(path, data)


def _same_names(file: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    for class_id, (name, other) in enumerate(zip(found, expected, strict=False)):
        if name != other:
            raise StudyError(f"{file}: class {class_id} is {name!r}, expected {other!r}")
