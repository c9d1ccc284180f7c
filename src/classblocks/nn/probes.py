"""Linear probes: how well the classes are told apart with the features of one layer."""

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from classblocks.nn.hooks import evaluating, watching
from classblocks.nn.layers import default_layers
from classblocks.nn.preprocess import preprocess_of
from classblocks.nn.probe_fit import FitSettings
from classblocks.nn.probe_samples import choose_samples, digest
from classblocks.nn.probe_work import ProbeWork, probe_name
from classblocks.nn.running import Run, chosen_device, described
from classblocks.nn.target import opened, register
from classblocks.nn.weights import checksum
from classblocks.study.format import Coordinates, StudyError, check_name
from classblocks.study.images import ImageSource, open_images
from classblocks.study.result import Result
from classblocks.study.study import Study


def probe(
    model: nn.Module,
    train: str | os.PathLike[str] | ImageSource,
    evaluation: str | os.PathLike[str] | ImageSource | None,
    study: Study | str | os.PathLike[str],
    *,
    name: str,
    layers: Sequence[str] | None = None,
    epoch: int | float | None = None,
    split: str = "val",
    model_name: str | None = None,
    per_class: int | None = None,
    holdout: float = 0.25,
    c: float | Sequence[float] | None = None,
    solver: str = "auto",
    tolerance: float = 1e-2,
    most: int = 300,
    seed: int = 0,
    side: int = 4,
    k: int = 5,
    batch_size: int = 256,
    device: str | torch.device | None = None,
    preprocess: Callable[[Image.Image], Tensor] | None = None,
    progress: bool = True,
) -> dict[str, Result]:
    """Train one linear classifier per layer and add the predictions of each to a study.

    The features of all layers are recorded in one pass, to files in the study's folder that are
    removed in the end; they need 4 · (training + evaluation images) · (features of all layers)
    bytes of disk. Memory is that of the network, about 30 · 4 · features · classes bytes of the
    widest layer (weights, and what L-BFGS remembers), and about 100 bytes for each image.

    Parameters
    ----------
    model : maps float images (B, 3, H, W) to scores (B, K); returned as it was, hooks removed
    train : images to learn from: folder, Parquet, or an opened source
    evaluation : images to be judged on, which share none with `train`; None takes the share
        `holdout` of every class of `train`
    study : a study, or the path of one
    name : result set of the network; the probes are called "name-probe-LAYER"
    layers : names as in ``model.named_modules()``; None means those of ``default_layers``
    epoch, split, model_name : coordinates of the results; None takes the class of the network
    per_class : learn from at most so many images of a class
    c : inverse strength of the L2 penalty, as in scikit-learn; of several, or of a grid if None,
        the one with the best accuracy on a fifth of the training images is taken, and the
        classifier is then trained on all of them
    solver, tolerance, most : as in ``FitSettings``
    seed : of all choices
    side : maps are averaged to at most side × side positions
    k : how many of the best classes are kept for each sample
    batch_size, device, preprocess, progress : as in ``record``

    Returns
    -------
    Results by layer, in the order in which the layers run. The provenance of each has ``c``, the
    strengths ``tried``, ``converged``, ``gradient`` (its largest entry over that at zero weights),
    ``iterations`` (passes over the features), ``n_train``, ``n_features``, ``dropped_features``
    (constant over the training images), ``absent_classes`` (without training images: never
    predicted, recall 0), ``unreadable``, ``repeated`` (training images left out because an
    evaluation image has the same pixels) and ``seconds``

    Raises
    ------
    ValueError
        Unknown layer, a feature that is not finite or nothing but constant ones (names the layer),
        labels outside the classes, an image in both sources, fewer than two classes to learn from,
        one image per class with a penalty to choose, or a probe of other settings under the name.
    OSError
        No room for the features. Probes that were complete stay.

    Notes
    -----
    METHODS §14; Blocks §4.1.2 after Rauber et al., 2017. Probes that are there already under the
    same settings are kept, so an interrupted command goes on with the next layer; the pass over
    the images starts anew. Images on which the network itself was trained are told apart better
    than new ones at its late layers, so probes learn the most from images it has not seen.
    """
    settings = FitSettings(
        None if c is None else tuple(np.atleast_1d(np.asarray(c, np.float64)).tolist()),
        solver,
        tolerance,
        most,
        seed,
    )
    if not 0 < holdout < 1:
        raise ValueError(f"holdout: expected a share between 0 and 1, got {holdout}")
    for what, value in (("per_class", per_class), ("batch_size", batch_size), ("side", side)):
        if value is not None and value < 1:
            raise ValueError(f"{what}: expected at least 1, got {value}")
    train = open_images(train)
    other = None if evaluation is None else open_images(evaluation)
    study = opened(study, None, train if other is None else other)
    samples = choose_samples(
        study.classes, train, other, holdout=holdout, per_class=per_class, seed=seed
    )
    prepare = preprocess if preprocess is not None else preprocess_of(model)
    run = Run(samples.evaluation, study, prepare, chosen_device(device), batch_size, False)
    inputs = {
        "weights": checksum(model),
        "preprocess": described(prepare),
        "train": digest(samples.train, samples.train_true),
        "evaluation": digest(samples.evaluation, samples.evaluation_true),
        "side": side,
        **asdict(settings),
    }
    # As JSON reads it back: a tuple becomes a list.
    inputs = json.loads(json.dumps(inputs))
    with evaluating(model, run.device):
        chosen = _in_order(run, model, layers)
        missing = _missing(study, name, chosen, inputs)
        if missing:
            source = samples.source
            ids = register(study, source, source.true(study.classes), split)[samples.source_rows]
            coordinates = Coordinates(
                model_name or type(model).__name__, epoch, None, "none", split
            )
            work = ProbeWork(
                study, name, chosen, coordinates, inputs, settings, samples, ids, side, k, progress
            )
            work.do(run, model, missing)
    study.refresh()
    results = {layer: study.result(probe_name(name, layer)) for layer in chosen}
    _warn(next(iter(results.values())))
    return results


def _in_order(run: Run, model: nn.Module, layers: Sequence[str] | None) -> list[str]:
    """Bring the layers into the order in which they run; an error names one that does not."""
    example = run.example(model)
    names = default_layers(model, example) if layers is None else list(layers)
    if not names:
        raise ValueError("layers: expected at least one layer, got none")
    with watching(model, names, 1) as responses:
        run.shapes(model, example, names, responses)
        return list(responses)


def _missing(
    study: Study, name: str, layers: Sequence[str], inputs: Mapping[str, Any]
) -> list[str]:
    """Layers without a probe; one of other settings under its name is an error."""
    missing = []
    for layer in layers:
        result = check_name(probe_name(name, layer), "result")
        if result in study.damaged:
            study.result(result)
        if result not in study.results:
            missing.append(layer)
            continue
        known = study.results[result].provenance.get("inputs")
        known = known if isinstance(known, dict) else {}
        differs = [key for key in inputs if known.get(key) != inputs[key]]
        if differs:
            raise StudyError(
                f"result {result!r} is in {study.path} already, with another {', '.join(differs)}: "
                "give another name or delete its folder"
            )
    return missing


def _warn(result: Result) -> None:
    unreadable = result.provenance["unreadable"]
    if unreadable:
        warnings.warn(f"{unreadable} images could not be read and were left out", stacklevel=3)
