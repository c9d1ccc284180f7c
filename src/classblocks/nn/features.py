"""Features of all layers of a network, recorded in one pass."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from classblocks.nn.batches import Batch, batches
from classblocks.nn.feature_file import FeatureFile
from classblocks.nn.hooks import Responses, watching
from classblocks.nn.probe_samples import ProbeSamples
from classblocks.nn.running import Run
from classblocks.study.format import StudyError
from classblocks.study.images import ImageSource

FIT, HELD, EVALUATION = "fit", "held", "evaluation"
TRAIN = (FIT, HELD)


@dataclass(frozen=True)
class Features:
    """What one pass gave; the arrays are in the order of the rows of each part.

    Attributes
    ----------
    files : by layer
    true : by part, (rows,) int32 class ids
    evaluation_rows : (rows,) positions in the evaluation images; unreadable ones are missing
    n_unreadable : images of both sources that could not be read
    n_repeated : training images that were left out because an evaluation image has the same pixels
    """

    files: Mapping[str, FeatureFile]
    true: Mapping[str, NDArray[np.int32]]
    evaluation_rows: NDArray[np.int64]
    n_unreadable: int
    n_repeated: int

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files.values():
            file.close()


def bytes_needed(widths: Sequence[int], n_images: int) -> int:
    """Disk space of the features, in bytes."""
    return 4 * sum(widths) * n_images


def record_features(
    run: Run,
    model: nn.Module,
    samples: ProbeSamples,
    layers: Sequence[str],
    side: int,
    folder: Path,
    *,
    name: str,
    progress: bool = True,
    report: Callable[[float], None] = lambda share: None,
) -> Features:
    """Run the network once over all images of a probe and keep the features of its layers.

    Parameters
    ----------
    run : of the evaluation images
    layers : names as in ``model.named_modules()``
    side : maps are averaged to at most side × side positions; features are neurons × positions
    folder : where the files go; ``bytes_needed`` says how many bytes, memory does not grow
    report : called with the share done, 0..1

    Returns
    -------
    Features, standardised on the training images

    Raises
    ------
    ValueError
        Unknown layer, a feature that is not finite (names layer and image), too little room, or
        images that give inputs of different sizes.
    """
    with watching(model, layers, side) as responses:
        run.shapes(model, run.example(model), layers, responses)
        widths = [responses[layer][0].shape[1:].numel() for layer in layers]
        _see_room(folder, bytes_needed(widths, samples.train.n + samples.evaluation.n))
        files = {
            layer: FeatureFile(folder / str(i), width, (*TRAIN, EVALUATION), TRAIN)
            for i, (layer, width) in enumerate(zip(layers, widths, strict=True))
        }
        try:
            return _pass(run, model, samples, files, responses, name, progress, report)
        except BaseException:
            for file in files.values():
                file.close()
            raise


def _see_room(folder: Path, needed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StudyError(
            f"the features need {needed / 2**30:.1f} GiB in {folder}, {free / 2**30:.1f} GiB are "
            "free: take fewer images or layers, or a smaller side"
        )


def _pass(
    run: Run,
    model: nn.Module,
    samples: ProbeSamples,
    files: Mapping[str, FeatureFile],
    responses: Responses,
    name: str,
    progress: bool,
    report: Callable[[float], None],
) -> Features:
    total = samples.evaluation.n + samples.train.n
    bar = tqdm(total=total, desc=f"{name} features", unit="image", disable=not progress)
    seen: set[bytes] = set()
    evaluation_rows: list[NDArray[np.int64]] = []
    read: dict[str, list[NDArray[np.int64]]] = {FIT: [], HELD: []}
    n_unreadable = n_repeated = 0
    with bar:
        for images in (samples.evaluation, samples.train):
            for batch in batches(images, run.prepare, batch_size=run.batch_size):
                n_unreadable += len(batch.unreadable)
                if batch.inputs is not None:
                    run.forward(model, batch.inputs)
                    marks = _marks(batch.inputs)
                    values = _values(responses, files, images, batch)
                    if images is samples.evaluation:
                        seen.update(marks)
                        evaluation_rows.append(batch.position)
                        _append(files, values, EVALUATION, np.ones(len(marks), bool))
                    else:
                        fresh = np.array([mark not in seen for mark in marks])
                        n_repeated += int((~fresh).sum())
                        held = samples.held[batch.position]
                        for part, mask in ((FIT, ~held & fresh), (HELD, held & fresh)):
                            read[part].append(batch.position[mask])
                            _append(files, values, part, mask)
                bar.update(batch.stop - batch.start)
                report(bar.n / total)
    rows = _joined(evaluation_rows)
    true = {part: samples.train_true[_joined(found)] for part, found in read.items()}
    true[EVALUATION] = samples.evaluation_true[rows]
    return Features(files, true, rows, n_unreadable, n_repeated)


def _append(
    files: Mapping[str, FeatureFile],
    values: Mapping[str, NDArray[np.float32]],
    part: str,
    mask: NDArray[np.bool_],
) -> None:
    for layer, file in files.items():
        file.append(part, values[layer] if mask.all() else values[layer][mask])


def _values(
    responses: Responses, files: Mapping[str, FeatureFile], images: ImageSource, batch: Batch
) -> dict[str, NDArray[np.float32]]:
    found = {}
    for layer, file in files.items():
        pooled = responses[layer][0].flatten(1)  # (B, N, S) → (B, N·S)
        if pooled.shape[1] != file.width:
            raise ValueError(
                f"layer {layer!r} gives {pooled.shape[1]} features for {images.uri(batch.start)}, "
                f"{file.width} before: give a size that all images are brought to"
            )
        bad = ~torch.isfinite(pooled).all(1)
        if bool(bad.any()):
            row = int(batch.position[int(bad.int().argmax())])
            raise ValueError(
                f"layer {layer!r} gives a feature that is not finite for {images.uri(row)}"
            )
        found[layer] = pooled.cpu().numpy()
    return found


def _marks(inputs: Tensor) -> list[bytes]:
    """Tell pictures apart by their content, 16 bytes each."""
    return [blake2b(row.data, digest_size=16).digest() for row in inputs.contiguous().numpy()]


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
