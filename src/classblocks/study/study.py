"""A study: one folder with classes, samples, hierarchies and results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate
from classblocks.core.branch_plan import BranchPlan
from classblocks.core.hierarchy import Hierarchy
from classblocks.study.activity import clear_activity, read_activity, write_activity
from classblocks.study.adding import add_result
from classblocks.study.atomic import (
    TEMPORARY_SUFFIX,
    locked,
    read_object,
    remove_temporaries,
    write_json,
    write_table,
)
from classblocks.study.branches_file import StoredBranches, store_branches
from classblocks.study.findings import Finding, add_finding, read_findings, remove_finding
from classblocks.study.format import (
    BRANCHES,
    FINDINGS_FILE,
    FORMAT,
    FORMAT_VERSION,
    HIERARCHIES,
    RESULTS,
    SAMPLES_FILE,
    STUDY_FILE,
    THUMBNAILS,
    Classes,
    Coordinates,
    StudyError,
    check_name,
    check_version,
)
from classblocks.study.hierarchies import StoredHierarchies, write_hierarchy
from classblocks.study.predictions import checked_ids
from classblocks.study.result import Result
from classblocks.study.samples import Samples, merge_samples, samples_table
from classblocks.study.stamps import Stamp, json_stamps, result_stamps, stamp
from classblocks.study.thumbnails import INDEX_FILE, ThumbnailStore

if TYPE_CHECKING:
    from classblocks.core.where import Where

_LOCK_FILE = ".lock"


def create(
    path: str | os.PathLike[str],
    classes: Sequence[str] | Sequence[tuple[str, str]] | Classes,
    name: str | None = None,
) -> Study:
    """Make an empty study; `classes` are names, or pairs of name and key such as a WordNet id."""
    folder = Path(path)
    checked = Classes.of(classes)
    if folder.exists() and (not folder.is_dir() or (folder / STUDY_FILE).exists()):
        raise StudyError(f"{folder} exists already")
    if folder.exists() and not all(_is_ours(entry) for entry in folder.iterdir()):
        raise StudyError(f"{folder} is not empty and not a study; choose a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "name": name if name is not None else folder.resolve().name,
        "classes": checked.to_json(),
        "default_hierarchy": None,
    }
    for part in (RESULTS, HIERARCHIES, THUMBNAILS):
        (folder / part).mkdir(exist_ok=True)
    write_json(folder / STUDY_FILE, description)
    return Study(folder)


def _is_ours(path: Path) -> bool:
    """Whether `path` is what a killed `create` leaves behind."""
    if path.is_dir():
        return path.name in (RESULTS, HIERARCHIES, THUMBNAILS) and not any(path.iterdir())
    return path.name.startswith(f".{STUDY_FILE}.") and path.name.endswith(TEMPORARY_SUFFIX)


def open(path: str | os.PathLike[str]) -> Study:
    """Open a study; reads its descriptions, no rows."""
    return Study(Path(path))


class Study:
    """Opened once, it follows what other processes add when `refresh` is called."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_description()
        self._results: dict[str, Result] = {}
        self._result_stamps: dict[str, Stamp] = {}
        self.damaged: Mapping[str, str] = {}
        self._hierarchies = StoredHierarchies(path / HIERARCHIES, self.classes)
        self._branches = StoredBranches(path / BRANCHES, self.classes)
        self.samples = Samples(path)
        self.thumbnails = ThumbnailStore(path)
        self._stamps: dict[str, Any] = {}
        self.refresh()

    def __repr__(self) -> str:
        return (
            f"Study({str(self.path)!r}, {len(self.classes)} classes, {self.samples.n} samples, "
            f"{len(self.results)} results)"
        )

    def _read_description(self) -> None:
        file = self.path / STUDY_FILE
        if not self.path.is_dir():
            raise StudyError(f"{self.path} is not a folder: there is no study")
        if not file.exists():
            raise StudyError(
                f"{self.path} is not a complete study: {STUDY_FILE} is missing "
                f"(found {', '.join(sorted(os.listdir(self.path))[:8]) or 'nothing'})"
            )
        description = read_object(file)
        if description.get("format") != FORMAT:
            raise StudyError(f"{file}: format {description.get('format')!r}, expected {FORMAT!r}")
        check_version(description.get("version"), FORMAT_VERSION, file)
        try:
            self.name = str(description["name"])
            entries = [(entry["name"], entry.get("key") or "") for entry in description["classes"]]
            self._default_hierarchy: str | None = description["default_hierarchy"]
        except (KeyError, TypeError, AttributeError) as error:
            raise StudyError(f"{file} lacks or misuses {error}") from None
        classes = Classes.of(entries)
        if getattr(self, "classes", classes) != classes:
            raise StudyError(f"{file}: the classes have changed since the study was opened")
        self.classes = classes
        self._description = description

    @property
    def results(self) -> Mapping[str, Result]:
        """Complete results by model, epoch, layer, transform and name."""
        return self._results

    def result(self, name: str) -> Result:
        """One result; an unknown or damaged one is an error that says why."""
        if name in self._results:
            return self._results[name]
        if name in self.damaged:
            raise StudyError(f"result {name!r} is damaged: {self.damaged[name]}")
        known = ", ".join(map(repr, self._results)) or "none"
        raise StudyError(f"no result {name!r} in {self.path} (there are: {known})")

    @property
    def hierarchies(self) -> Mapping[str, Hierarchy]:
        """Hierarchies by name, read on first use."""
        return self._hierarchies

    @property
    def default_hierarchy(self) -> str | None:
        """Name of the hierarchy to show first; None if there is none."""
        if self._default_hierarchy in self._hierarchies:
            return self._default_hierarchy
        return next(iter(self._hierarchies), None)

    def add_hierarchy(self, name: str, hierarchy: Hierarchy, default: bool = False) -> None:
        """Save a hierarchy, in place of one with the same name."""
        self.save_hierarchy(name, hierarchy, replace=True, default=default)

    def save_hierarchy(
        self, name: str, hierarchy: Hierarchy, replace: bool = False, default: bool = False
    ) -> None:
        """Save a hierarchy; one with the same name is replaced only if that is asked for."""
        folder = self.path / HIERARCHIES
        with self._lock():
            write_hierarchy(folder, name, hierarchy, len(self.classes), replace)
            if default:
                self._read_description()
                description = {**self._description, "default_hierarchy": name}
                write_json(self.path / STUDY_FILE, description)
        self.refresh()

    @property
    def branches(self) -> Mapping[str, BranchPlan]:
        """Plans of branches by name, read on first use."""
        return self._branches

    def save_branches(self, name: str, plan: BranchPlan, replace: bool = False) -> None:
        """Save a plan of branches; one with the same name is replaced only if asked for."""
        with self._lock():
            store_branches(self.path / BRANCHES, name, plan, self.classes, replace)
        self.refresh()

    @property
    def findings(self) -> list[Finding]:
        """Named views, oldest first; a damaged file is an error."""
        return read_findings(self.path)

    def add_finding(self, name: str, note: str, state: Mapping[str, Any]) -> Finding:
        """Keep a view under a name; `state` is JSON."""
        finding = Finding.new(name, note, state)
        add_finding(self.path, self._lock(), finding)
        self.refresh()
        return finding

    def remove_finding(self, finding_id: str) -> None:
        """Forget a view."""
        remove_finding(self.path, self._lock(), finding_id)
        self.refresh()

    def add_samples(
        self,
        sample_id: ArrayLike,
        true: ArrayLike,
        split: str | Sequence[str] = "val",
        uri: Sequence[str] | None = None,
        columns: Mapping[str, Any] | pa.Table | None = None,
    ) -> None:
        """Append samples; those already there must agree in `true` and may gain uri and columns."""
        ids = checked_ids(sample_id)
        classes = validate.class_ids(true, len(self.classes), "true")
        validate.same_length(sample_id=ids, true=classes)
        fresh = samples_table(ids, classes, split, uri, columns)
        with self._lock():
            if not (self.path / SAMPLES_FILE).exists() and any(
                r.n_samples for r in self._results.values()
            ):
                raise StudyError(
                    f"{self.path / SAMPLES_FILE} is missing: it says what the results are about"
                )
            remove_temporaries(self.path / SAMPLES_FILE)
            merged = merge_samples(Samples(self.path), fresh)
            if merged is not None:
                write_table(self.path / SAMPLES_FILE, merged)
        self.refresh()

    def add_result(
        self,
        name: str,
        *,
        true: ArrayLike,
        pred: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        logits: ArrayLike | None = None,
        p_pred: ArrayLike | None = None,
        p_true: ArrayLike | None = None,
        true_rank: ArrayLike | None = None,
        topk_class: ArrayLike | None = None,
        topk_prob: ArrayLike | None = None,
        sample_id: ArrayLike | None = None,
        uri: Sequence[str] | None = None,
        split: str = "val",
        model: str | None = None,
        epoch: int | float | None = None,
        layer: str | None = None,
        transform: str | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> Result:
        """Add a result set: `true` and one of `pred`, `probabilities` (n, C) and `logits` (n, C).

        With `pred` goes what else is known of each sample; the others say it all, and keep the
        sums for the correlation of logit columns.
        Without `sample_id` the rows are the study's samples in order if their number and `true`
        agree, or new samples 0 .. n − 1 if the study has none.
        """
        given = {
            "pred": pred,
            "probabilities": probabilities,
            "logits": logits,
            "p_pred": p_pred,
            "p_true": p_true,
            "true_rank": true_rank,
            "topk_class": topk_class,
            "topk_prob": topk_prob,
        }
        coordinates = Coordinates(model, epoch, layer, transform, split)
        add_result(self, name, true, given, sample_id, uri, coordinates, provenance or {})
        self.refresh()
        return self.result(name)

    def confusion(self, name: str, where: Where | None = None) -> NDArray[np.int64]:
        """Count samples by true (rows) and predicted class, after the filters of `where`."""
        result = self.result(name)
        cells = result.cells()
        if where is not None:
            cells = where.cells(
                cells, p_pred=result.p_pred, p_true=result.p_true, true_rank=result.true_rank
            )
        return cells.dense()

    def refresh(self) -> bool:
        """Look for what was added or replaced; True if anything was."""
        # Results first: a result seen here has its samples in the sample table read after it.
        results = result_stamps(self.path / RESULTS)
        stamps = {
            "study": stamp(self.path / STUDY_FILE),
            "samples": stamp(self.path / SAMPLES_FILE),
            "thumbnails": stamp(self.path / THUMBNAILS / INDEX_FILE),
            "hierarchies": json_stamps(self.path / HIERARCHIES),
            "branches": json_stamps(self.path / BRANCHES),
            "findings": stamp(self.path / FINDINGS_FILE),
            "results": results,
        }
        before = self._stamps
        if before == stamps:
            return False
        if before and before["study"] != stamps["study"]:
            self._read_description()
        if before.get("samples") != stamps["samples"]:
            self.samples = Samples(self.path)
        if before.get("thumbnails") != stamps["thumbnails"]:
            self.thumbnails = ThumbnailStore(self.path)
        if before.get("hierarchies") != stamps["hierarchies"]:
            self._hierarchies = StoredHierarchies(self.path / HIERARCHIES, self.classes)
        if before.get("branches") != stamps["branches"]:
            self._branches = StoredBranches(self.path / BRANCHES, self.classes)
        if before.get("results") != results:
            self._open_results(results)
        # Last: what failed is tried again.
        self._stamps = stamps
        return True

    def _open_results(self, stamps: dict[str, Stamp]) -> None:
        opened: list[Result] = []
        damaged: dict[str, str] = {}
        for name, found in stamps.items():
            if self._result_stamps.get(name) == found and name in self._results:
                opened.append(self._results[name])
                continue
            try:
                check_name(name, "result")
                opened.append(Result(self.path / RESULTS / name, len(self.classes), self.samples))
            except (StudyError, OSError) as error:
                damaged[name] = str(error)
        opened.sort(key=lambda result: result.sort_key)
        self._results = {result.name: result for result in opened}
        self._result_stamps = stamps
        self.damaged = damaged

    def activity(self) -> dict[str, Any] | None:
        """Message and fraction of a running recording or training; None if none is alive."""
        return read_activity(self.path)

    def set_activity(self, message: str, fraction: float | None = None) -> None:
        """Say what this process is doing."""
        write_activity(self.path, message, fraction)

    def clear_activity(self) -> None:
        """Say that nothing is going on."""
        clear_activity(self.path)

    def _lock(self) -> AbstractContextManager[None]:
        return locked(self.path / _LOCK_FILE)
