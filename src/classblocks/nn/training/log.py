"""What happened in each epoch, one JSON line each, in a file that survives a kill."""

import json
import os
from pathlib import Path
from typing import Any


def append(file: Path, line: dict[str, Any]) -> None:
    """Add a line and see it on disk."""
    with file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
        log.flush()
        os.fsync(log.fileno())


def read(file: Path) -> list[dict[str, Any]]:
    """Read all whole lines; of an epoch written twice the last counts."""
    if not file.exists():
        return []
    by_epoch: dict[int, dict[str, Any]] = {}
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # cut off by a kill
            continue
        by_epoch[int(line["epoch"])] = line
    return [by_epoch[epoch] for epoch in sorted(by_epoch)]
