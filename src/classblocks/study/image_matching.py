"""Which image belongs to which row of a predictions file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.study.format import Classes, StudyError
from classblocks.study.image_source import ImageSource


def match_images(
    source: ImageSource, uri: Sequence[str] | None, true: ArrayLike, classes: Classes
) -> NDArray[np.int64]:
    """Give the image number of each row, −1 where there is none: by uri, else by order."""
    classes_of_rows = np.asarray(true)
    n = len(classes_of_rows)
    if uri is not None and any(uri):
        found = _by_uri(source, uri)
        if (found >= 0).any():
            return found
        if source.n != n:
            raise StudyError(
                f"no uri of the predictions, such as {next(filter(None, uri))!r}, is among the "
                f"{source.n} images, such as {source.uri(0)!r}"
            )
    if source.n != n:
        raise StudyError(
            f"{n} predictions and {source.n} images cannot be matched by order: add a column uri "
            f"such as {source.uri(0)!r}"
        )
    _refuse_other_order(source, classes_of_rows, classes)
    return np.arange(n, dtype=np.int64)


def _by_uri(source: ImageSource, uri: Sequence[str]) -> NDArray[np.int64]:
    """Look for the whole uri, then for the file name where it is unique among the images."""
    number = {image: i for i, image in enumerate(source.uris())}
    by_name: dict[str, int] = {}
    for image, i in number.items():
        name = PurePosixPath(image).name
        by_name[name] = -1 if name in by_name else i
    rows = [
        number.get(text, by_name.get(PurePosixPath(text).name, -1)) if text else -1 for text in uri
    ]
    return np.array(rows, np.int64)


def _refuse_other_order(source: ImageSource, true: NDArray[np.int64], classes: Classes) -> None:
    """Images in another order than the rows would show wrong pictures without any other sign."""
    try:
        of_images = source.true(classes)
    except StudyError:
        return
    differs = of_images != true
    if differs.any():
        row = int(differs.argmax())
        raise StudyError(
            f"images and predictions seem to be in different order: row {row} has true class "
            f"{true[row]}, image {source.uri(row)} has {of_images[row]} ({int(differs.sum())} of "
            f"{len(true)} differ); add a column uri"
        )
