"""What tells whether a file of a study has been added or replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from classblocks.study.format import RESULT_FILE

Stamp: TypeAlias = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """Time, inode and size of a file; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def result_stamps(folder: Path) -> dict[str, Stamp]:
    """Complete results: directories with a result.json whose name has no leading dot."""
    stamps: dict[str, Stamp] = {}
    for entry in _entries(folder):
        if not entry.name.startswith("."):
            found = stamp(folder / entry.name / RESULT_FILE)
            if found is not None:
                stamps[entry.name] = found
    return stamps


def json_stamps(folder: Path) -> dict[str, Stamp]:
    """JSON files of a folder by file name."""
    return {
        entry.name: stamp(folder / entry.name)
        for entry in _entries(folder)
        if entry.name.endswith(".json") and not entry.name.startswith(".")
    }


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
