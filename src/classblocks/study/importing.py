"""Import of predictions: one file becomes a result set, with classes, hierarchy and thumbnails."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.core.hierarchy import Hierarchy
from classblocks.core.order import order_classes
from classblocks.study.adding import add_result
from classblocks.study.classes_file import read_classes
from classblocks.study.format import STUDY_FILE, Classes, Coordinates, StudyError, check_name
from classblocks.study.hierarchies import is_stored
from classblocks.study.hierarchy_file import read_hierarchy
from classblocks.study.image_matching import match_images
from classblocks.study.image_source import ImageSource
from classblocks.study.images import open_images
from classblocks.study.predictions_file import PredictionsFile, read_predictions
from classblocks.study.publish import refuse_existing, sha256
from classblocks.study.reranking import SUFFIX, add_reranked
from classblocks.study.result import Result
from classblocks.study.study import Study, create
from classblocks.study.study import open as open_study
from classblocks.study.thumbnail_import import add_thumbnails
from classblocks.study.undo import no_empty_study

DERIVED = "derived"
LABELLED = "given"


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    study: Study
    result: Result
    reranked: Result | None
    hierarchy: str | None
    ignored_columns: tuple[str, ...]
    n_thumbnails: int
    unreadable: tuple[str, ...]
    n_without_image: int


def import_predictions(
    study_path: str | os.PathLike[str],
    name: str,
    predictions_file: str | os.PathLike[str],
    *,
    classes_file: str | os.PathLike[str] | None = None,
    hierarchy: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | ImageSource | None = None,
    split: str | None = None,
    model: str | None = None,
    epoch: int | float | None = None,
    layer: str | None = None,
    transform: str | None = None,
    crm: str | None = None,
    progress: bool = True,
) -> Imported:
    """Import a CSV, TSV, Parquet, NPZ or JSON file; makes the study if there is none.

    Everything is read and checked before anything is written. Without `hierarchy`, and if the study
    has none, one is derived from the confusions. `split` is taken from the file if it names one.
    `crm` names the hierarchy by whose distances a second result set, "name-crm", ranks the classes.
    """
    path = Path(study_path)
    source = Path(predictions_file)
    check_name(name, "result")
    predictions = read_predictions(source)
    coordinates = Coordinates(model, epoch, layer, transform, _split(predictions, split))
    known = open_study(path) if (path / STUDY_FILE).exists() else None
    classes = _classes(known, predictions, None if classes_file is None else Path(classes_file))
    tree = None if hierarchy is None else read_hierarchy(os.fspath(hierarchy), classes)
    labelled = predictions.hierarchy(classes)
    if labelled is not None and tree is None and not (known and known.hierarchies):
        tree = (LABELLED, labelled)
    if known is not None and tree is not None:
        is_stored(known.hierarchies, *tree)
    rows = predictions.rows(classes)
    true = rows.pop("true")
    if crm is not None:
        _check_crm(crm, name, rows, known, tree)
    pictures = None if images is None else open_images(images)
    image_of_row: NDArray[np.int64] | None = None
    uri = predictions.texts["uri"].to_pylist() if "uri" in predictions.texts else None
    if pictures is not None:
        image_of_row = match_images(pictures, uri, true, classes)
        if uri is None:
            uri = [pictures.uri(i) for i in image_of_row.tolist()]

    digest = sha256(source)
    # An import that was killed after the result goes on with the hierarchy and the thumbnails.
    again = known is not None and _is_import_of(known, name, digest, coordinates)
    with no_empty_study(path):
        study = create(path, classes) if known is None else known
        if not again:
            add_result(
                study,
                name,
                true,
                rows,
                predictions.sample_id,
                uri,
                coordinates,
                {"imported": {"file": source.name, "sha256": digest}},
                splits=_splits(predictions),
            )
    study.refresh()
    result = study.result(name)
    added = _add_hierarchy(study, result, tree)
    reranked = None
    if crm is not None:
        reranked = add_reranked(study, result, rows, crm, _splits(predictions))
    n_thumbnails = 0
    unreadable: list[str] = []
    if pictures is not None and image_of_row is not None:
        n_thumbnails, unreadable = add_thumbnails(
            study, pictures, image_of_row, result.sample_id, progress=progress
        )
    if again and added is None and reranked is None and not n_thumbnails:
        refuse_existing(path, name)
    return Imported(
        study=study,
        result=result,
        reranked=reranked,
        hierarchy=added,
        ignored_columns=predictions.ignored,
        n_thumbnails=n_thumbnails,
        unreadable=tuple(unreadable),
        n_without_image=0 if image_of_row is None else int((image_of_row < 0).sum()),
    )


def _is_import_of(study: Study, name: str, digest: str, coordinates: Coordinates) -> bool:
    if name not in study.results:
        return False
    found = study.results[name]
    imported = found.provenance.get("imported")
    same_file = isinstance(imported, dict) and imported.get("sha256") == digest
    return same_file and found.coordinates == coordinates


def _check_crm(
    crm: str,
    name: str,
    rows: Mapping[str, Any],
    known: Study | None,
    tree: tuple[str, Hierarchy] | None,
) -> None:
    check_name(name + SUFFIX, "result")
    if not {"logits", "probabilities"} & rows.keys():
        raise StudyError("re-ranking needs probabilities or logits of all classes in the file")
    there = [] if known is None else list(known.hierarchies)
    if tree is not None:
        there.append(tree[0])
    if crm not in (there or [DERIVED]):
        names = ", ".join(map(repr, there or [DERIVED]))
        raise StudyError(f"no hierarchy {crm!r} to rank by (there will be: {names})")


def _splits(predictions: PredictionsFile) -> list[str] | None:
    return predictions.texts["split"].to_pylist() if "split" in predictions.texts else None


def _classes(known: Study | None, predictions: PredictionsFile, file: Path | None) -> Classes:
    given = None if file is None else read_classes(file)
    if known is None:
        return given if given is not None else predictions.classes()
    if given is not None and given.names != known.classes.names:
        raise StudyError(
            f"{file}: {len(given)} classes that are not the {len(known.classes)} of the study "
            f"{known.path}"
        )
    return known.classes


def _split(predictions: PredictionsFile, split: str | None) -> str | None:
    if split is not None or "split" not in predictions.texts:
        return "val" if split is None else split
    found = predictions.texts["split"].unique().to_pylist()
    return found[0] if len(found) == 1 else None


def _add_hierarchy(study: Study, result: Result, tree: tuple[str, Hierarchy] | None) -> str | None:
    if tree is not None:
        name, given = tree
        if is_stored(study.hierarchies, name, given):
            given = study.hierarchies[name]  # with its own provenance
        study.add_hierarchy(name, given, default=True)
        return name
    if study.hierarchies:
        return None
    derived = order_classes(result.cells(), names=study.classes.names)
    study.add_hierarchy(DERIVED, derived, default=True)
    return DERIVED
