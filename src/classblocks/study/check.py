"""Look for damage: every file's presence, size, checksum, rows and ranges."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from classblocks.study.atomic import TEMPORARY_SUFFIX
from classblocks.study.format import (
    BRANCHES,
    FINDINGS_FILE,
    LOGITS,
    RECORDING_FILE,
    RESULT_FILE,
    RESULTS,
    SAMPLES_FILE,
    StudyError,
)
from classblocks.study.predictions import checked_ids
from classblocks.study.publish import sha256
from classblocks.study.result import Result
from classblocks.study.study import Study
from classblocks.study.study import open as open_study
from classblocks.study.thumbnails import read_index, shard_name

Report = Callable[[str], None]


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be, or was left over; `path` is relative to the study."""

    path: str
    message: str
    is_damage: bool = True

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def check(study: Study | str | os.PathLike[str], report: Report | None = None) -> list[Problem]:
    """List all problems of a study, which is only read; `report` hears what is being checked."""
    if not isinstance(study, Study):
        try:
            study = open_study(study)
        except (StudyError, OSError) as error:
            return [Problem(".", str(error))]
    else:
        study.refresh()
    say = report or (lambda _: None)
    problems = list(_leftovers(study.path))
    problems += _samples(study)
    for name, reason in study.damaged.items():
        problems.append(Problem(f"{RESULTS}/{name}", reason))
    for name, result in study.results.items():
        say(f"result {name}")
        problems += _result(study, result)
    for name in study.hierarchies:
        read = partial(study.hierarchies.__getitem__, name)
        problems += _attempt(f"hierarchies/{name}.json", read)
    for name in study.branches:
        problems += _attempt(f"{BRANCHES}/{name}.json", partial(study.branches.__getitem__, name))
    problems += _attempt(FINDINGS_FILE, lambda: study.findings)
    say("thumbnails")
    problems += _thumbnails(study)
    return problems


def _attempt(path: str, read: Callable[[], object]) -> list[Problem]:
    try:
        read()
    except (ValueError, OSError, pa.ArrowException) as error:
        return [Problem(path, str(error))]
    return []


def _leftovers(path: Path) -> Iterator[Problem]:
    for directory, inner, files in os.walk(path):
        here = Path(directory)
        for name in sorted(files):
            if name.endswith(TEMPORARY_SUFFIX) and name.startswith("."):
                where = (here / name).relative_to(path).as_posix()
                yield Problem(where, "left by an interrupted write; may be deleted", False)
        if here.name == RESULTS and here.parent == path:
            for name in sorted(inner):
                yield from _unfinished(path, here / name)
            inner[:] = [name for name in inner if not name.startswith(".")]


def _unfinished(path: Path, directory: Path) -> Iterator[Problem]:
    where = directory.relative_to(path).as_posix()
    if directory.name.startswith(".") and directory.name.endswith(".partial"):
        name = directory.name.removeprefix(".").removesuffix(".partial")
        if (directory.parent / name / RESULT_FILE).exists():
            yield Problem(where, "left by a complete recording; may be deleted", False)
            return
        resumable = (directory / RECORDING_FILE).exists()
        advice = "record again to resume it" if resumable else "it may be deleted"
        yield Problem(where, f"a recording under way or interrupted: {advice}", False)
    elif not (directory / RESULT_FILE).exists():
        yield Problem(where, f"{RESULT_FILE} is missing")


def _samples(study: Study) -> list[Problem]:
    def read() -> None:
        samples = study.samples
        if not samples.path.exists() and any(r.n_samples for r in study.results.values()):
            raise StudyError(f"{SAMPLES_FILE} is missing")
        checked_ids(samples.sample_id)
        bad = (samples.true < 0) | (samples.true >= len(study.classes))
        if bad.any():
            row = int(bad.argmax())
            raise StudyError(
                f"true class {samples.true[row]} in row {row}, expected 0 to "
                f"{len(study.classes) - 1}"
            )
        for column in (samples.split, samples.uri, *samples.columns.columns):
            column.validate(full=True)

    return _attempt(SAMPLES_FILE, read)


def _result(study: Study, result: Result) -> list[Problem]:
    problems = []
    where = f"{RESULTS}/{result.name}"
    for name, expected in result.files.items():
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
            problems.append(Problem(f"{where}/{RESULT_FILE}", f"names a file outside: {name!r}"))
            continue
        path = result.directory / name
        if not path.is_file():
            problems.append(Problem(f"{where}/{name}", "is missing"))
        elif sha256(path) != expected:
            problems.append(
                Problem(f"{where}/{name}", "has other content than when it was written (SHA-256)")
            )
    listed = set(result.files) | {RESULT_FILE}
    for path in sorted(result.directory.rglob("*")):
        name = path.relative_to(result.directory).as_posix()
        if path.is_file() and name not in listed:
            problems.append(Problem(f"{where}/{name}", f"is not listed in {RESULT_FILE}"))
    if not problems:
        problems += _rows(study, result, where)
    return problems


def _rows(study: Study, result: Result, where: str) -> list[Problem]:
    problems = _attempt(f"{where}/predictions.parquet", lambda: _check_rows(study, result))
    problems += _attempt(f"{where}/{LOGITS}", lambda: _check_logits(study, result))
    for name, layer in result.layers.items():
        for array in ("profile", "count", "collective", "top_sample", "top_value"):
            problems += _attempt(
                f"{where}/responses/{name}/{array}.npy", partial(getattr, layer, array)
            )
    return problems


def _check_logits(study: Study, result: Result) -> None:
    sums = Result(result.directory, len(study.classes), study.samples).logits
    if sums is None:
        return
    if sums.n_samples != result.n_samples:
        raise StudyError(f"sums over {sums.n_samples} samples, expected {result.n_samples}")
    if not np.isfinite(sums.mean).all() or not all(
        np.isfinite(array).all() for array in sums.to_arrays().values()
    ):
        raise StudyError("sums that are not finite")


def _check_rows(study: Study, result: Result) -> None:
    # A fresh one, so that what is checked is on disk and not in memory.
    fresh = Result(result.directory, len(study.classes), study.samples)
    checked_ids(fresh.sample_id)
    fresh.cells()
    rank = fresh.true_rank
    bad = (rank < -1) | (rank >= len(study.classes))
    bad |= (rank >= 0) & ((rank == 0) != (fresh.pred == fresh.true))
    if bad.any():
        row = int(bad.argmax())
        raise StudyError(f"true_rank {rank[row]} in row {row} cannot be")
    for name in ("p_pred", "p_true"):
        values = getattr(fresh, name)
        outside = (values < 0) | (values > 1)
        if outside.any():
            row = int(outside.argmax())
            raise StudyError(f"{name} {values[row]} in row {row}, expected 0 to 1")
    top = fresh.topk_class
    if ((top < -1) | (top >= len(study.classes))).any():
        raise StudyError(f"topk_class has class ids outside 0 to {len(study.classes) - 1}")
    _ = fresh.topk_prob


def _thumbnails(study: Study) -> list[Problem]:
    directory = study.thumbnails.directory
    problems: list[Problem] = []
    try:
        index = read_index(directory)
    except StudyError as error:
        return [Problem("thumbnails/index.parquet", str(error))]
    shard = index.column("shard").to_numpy()
    end = index.column("offset").to_numpy() + index.column("length").to_numpy()
    used = {shard_name(number) for number in np.unique(shard).tolist()}
    for number in np.unique(shard).tolist():
        path = directory / shard_name(number)
        needed = int(end[shard == number].max())
        if not path.is_file():
            problems.append(Problem(f"thumbnails/{path.name}", "is missing"))
        elif path.stat().st_size < needed:
            problems.append(
                Problem(
                    f"thumbnails/{path.name}",
                    f"has {path.stat().st_size} bytes, its index needs {needed}",
                )
            )
        else:
            problems += _contents(path, index.filter(pa.array(shard == number)))
    for path in sorted(directory.glob("*.bin")):
        if path.name not in used:
            problems.append(
                Problem(
                    f"thumbnails/{path.name}",
                    "not in the index: of a recording under way, or left by an interrupted one",
                    False,
                )
            )
    return problems


def _contents(path: Path, index: pa.Table) -> list[Problem]:
    with path.open("rb") as file:
        for row in index.to_pylist():
            file.seek(row["offset"])
            digest = hashlib.sha256(file.read(row["length"])).digest()
            if int.from_bytes(digest[:8], "big") != row["hash"]:
                return [
                    Problem(
                        f"thumbnails/{path.name}",
                        f"the thumbnail of sample {row['sample_id']} has other content than when "
                        "it was written",
                    )
                ]
    return []
