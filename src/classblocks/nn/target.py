"""Where a recording goes: the study, its samples, and their numbers."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classblocks.study.class_names import classes_called
from classblocks.study.format import STUDY_FILE, Classes, StudyError
from classblocks.study.images import ImageSource
from classblocks.study.study import Study, create
from classblocks.study.study import open as open_study


def opened(
    study: Study | str | os.PathLike[str],
    classes: Sequence[str] | Sequence[tuple[str, str]] | None,
    images: ImageSource,
) -> Study:
    """Open the study, or create it with the given classes or those that the images name."""
    if not isinstance(study, Study):
        path = Path(study)
        if not (path / STUDY_FILE).exists():
            if classes is not None:
                return create(path, classes)
            if images.class_names is None:
                raise StudyError(
                    f"{path} is a new study and the images have numbers for labels: give the "
                    "names of the classes"
                )
            return create(path, classes_called(images.class_names))
        study = open_study(path)
    if classes is not None and Classes.of(classes).names != study.classes.names:
        raise StudyError(f"the classes given are not those of the study {study.path}")
    return study


def register(
    study: Study, images: ImageSource, true: NDArray[np.int32], split: str
) -> NDArray[np.int64]:
    """Make the images samples of the study and return their ids, (n,).

    Images without ids of their own count on where the study has samples of another split, and are
    found again by where they are.
    """
    ids = images.sample_id
    if (ids < 0).any():
        row = int((ids < 0).argmax())
        raise StudyError(f"sample_id: expected ids ≥ 0, got {ids[row]} ({images.uri(row)})")
    uris = images.uris()
    if study.samples.n and np.array_equal(ids, np.arange(images.n)):
        ids = _counted_on(study, uris, split)
    study.add_samples(ids, true, split=split, uri=uris, columns=images.columns)
    return ids


def _counted_on(study: Study, uris: Sequence[str], split: str) -> NDArray[np.int64]:
    own = np.array(study.samples.split.to_pylist(), object) == split
    if own.all():
        return np.arange(len(uris), dtype=np.int64)
    known: NDArray[np.int64] = study.samples.sample_id[own]
    if not len(known):
        first = int(study.samples.sample_id.max()) + 1
        return np.arange(first, first + len(uris), dtype=np.int64)
    there = np.array(study.samples.uri.to_pylist(), object)[own]
    if len(known) != len(uris) or list(there) != list(uris):
        raise StudyError(
            f"split {split!r} of the study has {len(known)} samples that are not these "
            f"{len(uris)} images; give the images a sample_id column"
        )
    return known
