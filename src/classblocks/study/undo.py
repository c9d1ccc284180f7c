"""A new study that nothing came into is not left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classblocks.study.format import RESULTS, STUDY_FILE


@contextmanager
def no_empty_study(path: Path) -> Iterator[None]:
    """If the block fails, remove a study it made, unless a result or part of one is in it."""
    known = (path / STUDY_FILE).exists()
    before = set(os.listdir(path)) if path.is_dir() else None
    try:
        yield
    except BaseException:
        if not known and (path / STUDY_FILE).exists() and not os.listdir(path / RESULTS):
            _remove(path, before)
        raise


def _remove(path: Path, before: set[str] | None) -> None:
    for entry in os.listdir(path):
        if before is None or entry not in before:
            inner = path / entry
            if inner.is_dir():
                shutil.rmtree(inner)
            else:
                inner.unlink()
    if before is None:
        path.rmdir()
