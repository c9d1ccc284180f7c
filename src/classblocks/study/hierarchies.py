"""The hierarchies of a study, read on first use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from classblocks.core import nested_json
from classblocks.core.hierarchy import Hierarchy
from classblocks.study.atomic import remove_temporaries, write_bytes
from classblocks.study.format import Classes, NameTakenError, StudyError, check_name
from classblocks.study.stored import Stored


class StoredHierarchies(Stored[Hierarchy]):
    """The hierarchies of a study."""

    def __init__(self, folder: Path, classes: Classes) -> None:
        super().__init__(folder)
        self._n_classes = len(classes)

    def read(self, path: Path) -> Hierarchy:
        """Read one tree."""
        try:
            obj = nested_json.loads(path.read_text(encoding="utf-8"))
            return Hierarchy.from_json(obj, self._n_classes)
        except (ValueError, OSError) as error:
            raise StudyError(f"{path}: {error}") from None


def tree_hash(hierarchy: Hierarchy) -> str:
    """SHA-256 of the tree's shape and classes, names left out: distances depend on nothing else."""
    digest = sha256()
    for array in (hierarchy.parent, hierarchy.class_of_node):
        digest.update(np.ascontiguousarray(array, "<i4").data)
    return digest.hexdigest()


def is_stored(stored: Mapping[str, Hierarchy], name: str, tree: Hierarchy) -> bool:
    """Whether this very tree has the name already; another tree there is an error."""
    if name not in stored:
        return False
    if stored[name].to_json()["tree"] != tree.to_json()["tree"]:
        raise NameTakenError(
            f"another hierarchy {name!r} is in the study already; "
            "`classblocks hierarchy STUDY --import … --replace` replaces it"
        )
    return True


def write_hierarchy(
    folder: Path, name: str, hierarchy: Hierarchy, n_classes: int, replace: bool
) -> None:
    """Put a hierarchy into the folder; the caller holds the lock of the study."""
    check_name(name, "hierarchy")
    if hierarchy.n_classes != n_classes:
        raise StudyError(
            f"hierarchy {name!r} has {hierarchy.n_classes} classes, the study {n_classes}"
        )
    path = folder / f"{name}.json"
    if not replace and path.exists():
        raise NameTakenError(
            f"hierarchy {name!r} exists already in {folder.parent}: choose another name or replace "
            "it"
        )
    try:
        json.dumps(dict(hierarchy.how), allow_nan=False)
        data = (nested_json.dumps(hierarchy.to_json()) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise StudyError(f"{path}: cannot be written as JSON: {error}") from None
    folder.mkdir(exist_ok=True)
    remove_temporaries(path)
    write_bytes(path, data)
