"""Run a network over images once and keep what the views need."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from classblocks.nn.batches import batches
from classblocks.nn.hooks import Responses, evaluating, watching
from classblocks.nn.layers import default_layers
from classblocks.nn.preprocess import preprocess_of
from classblocks.nn.running import Run, chosen_device, described
from classblocks.nn.sink import Sink
from classblocks.nn.target import opened, register
from classblocks.nn.weights import checksum
from classblocks.study.format import Coordinates, StudyError
from classblocks.study.images import ImageSource, UnreadableImage, open_images
from classblocks.study.reranking import Reranking
from classblocks.study.result import Result
from classblocks.study.study import Study
from classblocks.study.writer import ResultWriter

TRANSFORMS = ("none",)
NAMED_UNREADABLE = 100


def record(
    model: nn.Module,
    source: str | os.PathLike[str] | ImageSource,
    study: Study | str | os.PathLike[str],
    name: str,
    *,
    layers: Sequence[str] | None = None,
    classes: Sequence[str] | Sequence[tuple[str, str]] | None = None,
    transform: str = "none",
    epoch: int | float | None = None,
    split: str = "val",
    batch_size: int = 256,
    device: str | torch.device | None = None,
    side: int = 4,
    n_top: int = 16,
    k: int = 5,
    logits: bool = True,
    crm: str | None = None,
    progress: bool = True,
    preprocess: Callable[[Image.Image], Tensor] | None = None,
    thumbnails: bool = True,
    model_name: str | None = None,
    bfloat16: bool = False,
    report: Callable[[float], None] | None = None,
) -> Result:
    """Record predictions and responses of a network as one result set.

    One pass; memory does not grow with the number of images. Interrupted, it resumes at its last
    checkpoint when it is called again with the same arguments, and ends with the same bytes.

    Parameters
    ----------
    model : maps float images (B, 3, H, W) to scores (B, K); returned as it was, hooks removed
    source : image folder, Parquet with ``image`` and ``label``, or an opened image source
    study : a study, or the path of one, which is created if there is none
    name : of the new result set
    layers : names as in ``model.named_modules()``; None means those of ``default_layers``, an
        empty sequence none
    classes : of a study to be created, in the order of the network's outputs; names, or pairs of
        name and key. None takes the names of the image folders
    transform : of the images before preprocessing; only "none" so far
    epoch, split : coordinates of the result set
    batch_size : images at a time; part of what a resumed recording must agree in
    device : None means cuda where there is one, else cpu
    side : maps are pooled to side × side positions
    n_top : how many samples are kept for each neuron
    k : how many of the best classes are kept for each sample
    logits : keep the sums for the correlation of logit columns, ``Result.logits``
    crm : name of a hierarchy of the study; in the same pass a second result set, "name-crm" of the
        model "… + crm", ranks the classes of each sample by their expected distance in it
    preprocess : picture → float tensor (3, H, W); None means what ``preprocess_of`` finds
    thumbnails : keep a small picture of each sample that has none yet
    model_name : coordinate; None means the class of the network
    bfloat16 : run the network in mixed precision
    report : called about once a second with the share done, 0..1; None lets the study tell
        (``Study.activity``)

    Returns
    -------
    The finished result set, which is in the study

    Raises
    ------
    ValueError
        Unknown layer or transform, wrong number of outputs, labels outside the classes, a response
        or score that is not finite (names layer and batch), no readable image, or an interrupted
        recording under this name with other settings.

    Notes
    -----
    METHODS §9.2, §9.5, §10. Images that cannot be read are skipped: a warning counts them and the
    result's provenance names the first hundred.
    """
    if transform not in TRANSFORMS:
        raise ValueError(
            f"transform {transform!r} does not exist; there is: {', '.join(TRANSFORMS)}"
        )
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
    images = open_images(source)
    study = opened(study, classes, images)
    if name in study.results:
        raise StudyError(f"result {name!r} exists already in {study.path}; choose another name")
    target = chosen_device(device)
    prepare = preprocess if preprocess is not None else preprocess_of(model)
    run = Run(images, study, prepare, target, batch_size, bfloat16)
    true = images.true(study.classes)
    coordinates = Coordinates(model_name or type(model).__name__, epoch, None, transform, split)
    reranking = None if crm is None else Reranking.of(study, name, coordinates, crm)
    with ExitStack() as ending, evaluating(model, target):
        if report is None:
            ending.callback(study.clear_activity)
        example = run.example(model)
        chosen = default_layers(model, example) if layers is None else list(layers)
        with watching(model, chosen, side) as responses:
            shapes = run.shapes(model, example, chosen, responses)
            ids = register(study, images, true, split)
            settings: dict[str, Any] = {
                "weights": checksum(model),
                "preprocess": described(prepare),
                "images": images.n,
                "batch_size": batch_size,
                "bfloat16": bfloat16,
            }
            made_by = {
                "made_by": "record",
                "network": f"{type(model).__module__}.{type(model).__qualname__}",
                "torch": torch.__version__,
                "device": target.type,
            }
            with ExitStack() as writers:
                writer = writers.enter_context(
                    ResultWriter(
                        study,
                        name,
                        coordinates,
                        k=k,
                        layers=shapes,
                        n_top=n_top,
                        logits=logits,
                        provenance=made_by,
                        inputs=settings,
                    )
                )
                reranked = None
                if reranking is not None:
                    with _abandoned_if_empty(writer):
                        reranked = _second_writer(study, reranking, settings, made_by, k)
                if reranked is not None:
                    writers.enter_context(reranked)
                sink = Sink(study, writer, ids, true, thumbnails, report, reranking, reranked)
                unreadable = _stream(run, model, responses, sink, name, progress)
                skipped = {"unreadable": unreadable.to_json(images)}
                # First, because the recording is not resumed once its own result is there.
                if reranked is not None:
                    reranked.finish(skipped)
                result = writer.finish(skipped)
    if unreadable.reasons:
        first = next(iter(unreadable.reasons.values()))
        warnings.warn(
            f"{len(unreadable.reasons)} of {images.n} images could not be read and were left out; "
            f"the first: {first}",
            stacklevel=2,
        )
    return result


@contextmanager
def _abandoned_if_empty(writer: ResultWriter) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if not writer.rows_done:
            writer.abandon()
        raise


def _second_writer(
    study: Study,
    reranking: Reranking,
    settings: Mapping[str, Any],
    made_by: Mapping[str, Any],
    k: int,
) -> ResultWriter | None:
    """Open the re-ranked result unless an interrupted recording has completed it already."""
    if reranking.is_done(study, settings):
        return None
    return ResultWriter(
        study,
        reranking.name,
        reranking.coordinates,
        k=k,
        provenance=made_by,
        inputs={**settings, **reranking.inputs},
    )


@dataclass
class _Unreadable:
    reasons: dict[int, str]

    def to_json(self, images: ImageSource) -> dict[str, Any]:
        """Count them, and name the first."""
        named = sorted(self.reasons)[:NAMED_UNREADABLE]
        return {
            "count": len(self.reasons),
            "first": [{"uri": images.uri(i), "reason": self.reasons[i]} for i in named],
        }


def _stream(
    run: Run, model: nn.Module, responses: Responses, sink: Sink, name: str, progress: bool
) -> _Unreadable:
    start, unreadable = _resumed(run, sink)
    bar = tqdm(total=run.images.n, initial=start, desc=name, unit="image", disable=not progress)
    stream = batches(
        run.images,
        run.prepare,
        start=start,
        batch_size=run.batch_size,
        keep_picture=sink.wants_picture,
    )
    try:
        for batch in stream:
            unreadable.reasons.update(batch.unreadable)
            if batch.inputs is not None:
                sink.add(batch, run.forward(model, batch.inputs), responses)
            sink.tick(batch.stop)
            bar.update(batch.stop - batch.start)
    except BaseException:
        # A batch that failed half way makes the writer refuse; its last checkpoint stands.
        sink.finish()
        for writer in sink.writers:
            with suppress(StudyError):
                writer.checkpoint()
            if not writer.rows_done:
                writer.abandon()
        raise
    finally:
        stream.close()
        bar.close()
    sink.finish()
    return unreadable


def _resumed(run: Run, sink: Sink) -> tuple[int, _Unreadable]:
    """Find the first image of the next batch, and the images that were skipped before it."""
    recorded = sink.slowest.recorded_ids()
    if not len(recorded):
        return 0, _Unreadable({})
    last = int(np.flatnonzero(sink.sample_id == recorded[-1])[0])
    start = min((last // run.batch_size + 1) * run.batch_size, run.images.n)
    skipped = np.flatnonzero(~np.isin(sink.sample_id[:start], recorded))
    return start, _Unreadable({int(i): _reason(run.images, int(i)) for i in skipped})


def _reason(images: ImageSource, position: int) -> str:
    try:
        images.read(position)
    except UnreadableImage as error:
        return str(error)
    return f"{images.uri(position)}: could not be read"
