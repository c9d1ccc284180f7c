"""What a running recording or training says of itself to a page that watches the study."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from classblocks.study.atomic import read_json, write_json
from classblocks.study.format import ACTIVITY_FILE, StudyError


def read_activity(study_path: Path) -> dict[str, Any] | None:
    """Message and fraction (None if unknown) of the process that works on the study now."""
    try:
        found = read_json(study_path / ACTIVITY_FILE)
        pid = int(found["pid"])
        message = str(found["message"])
        fraction = None if found["fraction"] is None else float(found["fraction"])
    except (StudyError, KeyError, TypeError, ValueError):
        return None
    return {"message": message, "fraction": fraction} if _is_alive(pid) else None


def write_activity(study_path: Path, message: str, fraction: float | None) -> None:
    """Say what this process is doing."""
    content = {"pid": os.getpid(), "message": message, "fraction": fraction}
    write_json(study_path / ACTIVITY_FILE, content)


def clear_activity(study_path: Path) -> None:
    """Say that nothing is going on."""
    (study_path / ACTIVITY_FILE).unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
