"""From a finished directory to a result that everybody sees: checksums, description, one rename."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classblocks.study.atomic import sync_directory, sync_file, write_json
from classblocks.study.format import RESULT_FILE, RESULT_VERSION, RESULTS, Coordinates, StudyError
from classblocks.study.responses import LayerResponses

_CHUNK = 1 << 22


def publish(
    directory: Path,
    study_path: Path,
    name: str,
    *,
    coordinates: Coordinates,
    n_samples: int,
    has_probabilities: bool,
    has_rank: bool,
    has_logits: bool,
    layers: Mapping[str, LayerResponses],
    provenance: Mapping[str, Any],
) -> Path:
    """Describe all files in `directory` and rename it to the result `name`."""
    description = {
        "version": RESULT_VERSION,
        "name": name,
        "coordinates": coordinates.to_json(),
        "n_samples": n_samples,
        "has_probabilities": has_probabilities,
        "has_rank": has_rank,
        "logits": has_logits,
        "layers": {layer: responses.to_json() for layer, responses in layers.items()},
        "files": seal(directory),
        "provenance": dict(provenance),
    }
    write_json(directory / RESULT_FILE, description)
    target = study_path / RESULTS / name
    refuse_existing(study_path, name)
    os.rename(directory, target)
    sync_directory(target.parent)
    return target


def refuse_existing(study_path: Path, name: str) -> None:
    """Raise if the result is there: results never change."""
    target = study_path / RESULTS / name
    if target.exists():
        raise StudyError(
            f"result {name!r} exists already in {study_path}; results never change: choose another "
            "name or delete its folder"
        )


def seal(directory: Path) -> dict[str, str]:
    """Force all files to disk and return the SHA-256 of each by its path inside `directory`."""
    files = {}
    for path in sorted(directory.rglob("*")):
        if path.is_dir():
            sync_directory(path)
        elif path.name != RESULT_FILE:
            sync_file(path)
            files[path.relative_to(directory).as_posix()] = sha256(path)
    sync_directory(directory)
    return files


def sha256(path: Path) -> str:
    """Hash a file without reading it whole into memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
