"""Findings: views of a study that somebody named to come back to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classblocks.study.atomic import read_object, remove_temporaries, write_json
from classblocks.study.format import FINDINGS_FILE, StudyError, check_version

_VERSION = 1
_MOST_NAME = 200


@dataclass(frozen=True)
class Finding:
    """One named view; `state` is what the page needs to show it again, `created` UTC."""

    id: str
    name: str
    note: str
    created: str
    state: Mapping[str, Any] = field(hash=False)

    @classmethod
    def new(cls, name: str, note: str, state: Mapping[str, Any]) -> Finding:
        """Check what was given; the id is drawn and the time is now."""
        if not isinstance(name, str) or not name.strip() or len(name) > _MOST_NAME:
            shown = repr(name) if len(str(name)) <= _MOST_NAME else f"{len(name)} characters"
            raise StudyError(f"finding name: expected 1 to {_MOST_NAME} characters, got {shown}")
        if not isinstance(note, str):
            raise StudyError(f"finding note: expected text, got {type(note).__name__}")
        if not isinstance(state, Mapping):
            raise StudyError(f"finding state: expected an object, got {type(state).__name__}")
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(secrets.token_hex(8), name.strip(), note, created, dict(state))

    @classmethod
    def from_json(cls, obj: object, where: str) -> Finding:
        """Read one entry of the file; `where` names it in errors."""
        if not isinstance(obj, dict):
            raise StudyError(f"{where}: expected an object, got {type(obj).__name__}")
        for key in ("id", "name", "note", "created"):
            if not isinstance(obj.get(key), str):
                raise StudyError(f"{where}: {key}: expected text, got {obj.get(key)!r}")
        if not isinstance(obj.get("state"), dict):
            raise StudyError(f"{where}: state: expected an object, got {obj.get('state')!r}")
        return cls(**{key: obj[key] for key in cls.__dataclass_fields__})


def read_findings(study_path: Path) -> list[Finding]:
    """All findings, oldest first; a file that cannot be read whole is an error."""
    path = study_path / FINDINGS_FILE
    if not path.exists():
        return []
    obj = read_object(path)
    check_version(obj.get("version"), _VERSION, path)
    entries = obj.get("findings")
    if not isinstance(entries, list):
        raise StudyError(f"{path}: findings: expected a list, got {type(entries).__name__}")
    findings = [Finding.from_json(e, f"{path}: finding {i}") for i, e in enumerate(entries)]
    if len({finding.id for finding in findings}) < len(findings):
        raise StudyError(f"{path}: two findings have the same id")
    return findings


def add_finding(study_path: Path, lock: AbstractContextManager[None], finding: Finding) -> None:
    """Append one; a damaged file stays as it is."""
    with lock:
        _write(study_path, [*read_findings(study_path), finding])


def remove_finding(study_path: Path, lock: AbstractContextManager[None], finding_id: str) -> None:
    """Remove one; an unknown id is an error."""
    with lock:
        findings = read_findings(study_path)
        kept = [finding for finding in findings if finding.id != finding_id]
        if len(kept) == len(findings):
            raise StudyError(f"{study_path} has no finding with id {finding_id!r}")
        _write(study_path, kept)


def _write(study_path: Path, findings: list[Finding]) -> None:
    path = study_path / FINDINGS_FILE
    remove_temporaries(path)
    entries = [asdict(finding) for finding in findings]
    write_json(path, {"version": _VERSION, "findings": entries})
