"""Which images a probe learns from and which it is judged on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classblocks.study.format import Classes, StudyError
from classblocks.study.images import ImageSource, UnreadableImage

HELD_SHARE = 0.2  # of the training images, to choose the penalty on


class ChosenImages(ImageSource):
    """Some images of a source, in its order."""

    def __init__(self, source: ImageSource, rows: NDArray[np.int64]) -> None:
        super().__init__(source.labels[rows], source.class_names)
        self.source = source
        self.rows = rows

    @cached_property
    def _ids(self) -> NDArray[np.int64]:
        return self.source.sample_id[self.rows]

    @property
    def sample_id(self) -> NDArray[np.int64]:
        """(n,), their numbers in the source."""
        return self._ids

    def uri(self, i: int) -> str:
        """Where image `i` is, relative to the source."""
        return self.source.uri(int(self.rows[i]))

    def read_bytes(self, i: int) -> bytes:
        """Image `i` as it is stored."""
        return self.source.read_bytes(int(self.rows[i]))

    def read(self, i: int) -> Image.Image:
        """Image `i` as RGB pixels."""
        return self.source.read(int(self.rows[i]))


@dataclass(frozen=True)
class ProbeSamples:
    """Images of a probe.

    Attributes
    ----------
    train, evaluation : disjoint images
    train_true, evaluation_true : their class ids, int32
    held : (train.n,) bool, the training images on which the penalty is chosen
    source : all images of the source that those to judge on come from
    source_rows : (evaluation.n,) their positions in it
    """

    train: ImageSource
    evaluation: ImageSource
    train_true: NDArray[np.int32]
    evaluation_true: NDArray[np.int32]
    held: NDArray[np.bool_]
    source: ImageSource
    source_rows: NDArray[np.int64]


def choose_samples(
    classes: Classes,
    train: ImageSource,
    evaluation: ImageSource | None,
    *,
    holdout: float,
    per_class: int | None,
    seed: int,
) -> ProbeSamples:
    """Choose the images of a probe.

    Parameters
    ----------
    classes : of the study
    train : images to learn from
    evaluation : others to be judged on; None takes a share of each class from `train`
    holdout : that share, 0..1
    per_class : learn from at most so many of a class
    seed : of all choices

    Raises
    ------
    ValueError
        Labels outside the classes, one image in both sources, fewer than two classes to learn
        from, or nothing to be judged on.
    """
    true = train.true(classes)
    if evaluation is None:
        apart = stratified(true, holdout, seed)
        rows, judged = np.flatnonzero(~apart), np.flatnonzero(apart)
        if not len(judged):
            raise ValueError(
                f"none of the {train.n} images can be held out to be judged on: that leaves one of "
                f"each class, and takes {holdout:g} of the rest"
            )
    else:
        rows = np.arange(train.n)
        judged = np.arange(evaluation.n)
        if not len(judged):
            raise ValueError("a probe needs images to be judged on, got none")
    judged_true = (train if evaluation is None else evaluation).true(classes)[judged]
    if evaluation is not None:
        refuse_shared(train, evaluation)
    if per_class is not None:
        rows = rows[at_most(true[rows], per_class, seed)]
    n_classes = len(np.unique(true[rows]))
    if n_classes < 2:
        raise ValueError(f"a probe needs images of two classes to learn from, got {n_classes}")
    return ProbeSamples(
        ChosenImages(train, rows),
        ChosenImages(train, judged) if evaluation is None else evaluation,
        true[rows],
        judged_true,
        # Another seed: the choice does not repeat that of the images to be judged on.
        stratified(true[rows], HELD_SHARE, seed + 1),
        train if evaluation is None else evaluation,
        judged,
    )


def stratified(true: NDArray[np.int32], share: float, seed: int) -> NDArray[np.bool_]:
    """Mark a share of the samples of every class, chosen by `seed`.

    Parameters
    ----------
    true : (n,) class ids
    share : 0..1

    Returns
    -------
    (n,) bool. What rounding leaves over goes to the next classes; one sample of every class is
    never marked, so a class of one sample has none
    """
    order = np.random.default_rng(seed)
    marked = np.zeros(len(true), bool)
    owed = 0.0
    for class_id in np.unique(true):
        rows = np.flatnonzero(true == class_id)
        owed += share * len(rows)
        n = min(int(owed + 1e-9), len(rows) - 1)
        marked[order.permutation(rows)[:n]] = True
        owed -= n
    return marked


def at_most(true: NDArray[np.int32], per_class: int, seed: int) -> NDArray[np.int64]:
    """Positions, ascending, of at most `per_class` samples of every class, chosen by `seed`."""
    order = np.random.default_rng(seed)
    chosen = [order.permutation(np.flatnonzero(true == c))[:per_class] for c in np.unique(true)]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def refuse_shared(train: ImageSource, evaluation: ImageSource) -> None:
    """See that no image of one source is in the other.

    Raises
    ------
    StudyError
        Two images with the same uri, or the same sample id where both sources have ids of their
        own, have the same bytes; names the first.

    Notes
    -----
    The same uri alone is no evidence: train/cat/1.png and val/cat/1.png are two images.
    """
    for i, j in _same_name(train, evaluation):
        try:
            if train.read_bytes(i) == evaluation.read_bytes(j):
                raise StudyError(
                    f"{train.uri(i)} is an image of both the training and the evaluation data of "
                    "the probe: give two that share none, or one with a share held out"
                )
        except UnreadableImage:
            continue


def _same_name(train: ImageSource, evaluation: ImageSource) -> Iterator[tuple[int, int]]:
    there = {uri: j for j, uri in enumerate(evaluation.uris())}
    for i, uri in enumerate(train.uris()):
        if uri in there:
            yield i, there[uri]
    if _has_own_ids(train) and _has_own_ids(evaluation):
        _, first, second = np.intersect1d(
            train.sample_id, evaluation.sample_id, return_indices=True
        )
        yield from zip(first.tolist(), second.tolist(), strict=True)


def _has_own_ids(images: ImageSource) -> bool:
    return not np.array_equal(images.sample_id, np.arange(images.n))


def digest(images: ImageSource, true: NDArray[np.int32]) -> str:
    """SHA-256 over where the images are and what they show, as 64 hex digits."""
    found = sha256("\n".join(images.uris()).encode())
    found.update(np.ascontiguousarray(images.sample_id, "<i8").data)
    found.update(np.ascontiguousarray(true, "<i4").data)
    return found.hexdigest()
