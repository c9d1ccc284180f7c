"""Linear probes: how well the classes are told apart with the features of one layer."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from classblocks.core.outcome import outcomes
from classblocks.nn.feature_file import FeatureFile
from classblocks.nn.features import EVALUATION, FIT, HELD, TRAIN, Features, record_features
from classblocks.nn.hooks import evaluating, watching
from classblocks.nn.layers import default_layers
from classblocks.nn.logistic import LBFGS_ENTRIES, Fit, Problem, fit
from classblocks.nn.penalty import Tried, choose, default_cs
from classblocks.nn.preprocess import preprocess_of
from classblocks.nn.probe_samples import (
    ChosenImages,
    ProbeSamples,
    at_most,
    digest,
    refuse_shared,
    stratified,
)
from classblocks.nn.running import Run, chosen_device, described
from classblocks.nn.target import opened, register
from classblocks.nn.weights import checksum
from classblocks.study.atomic import locked
from classblocks.study.format import Coordinates, StudyError, check_name, partial_directory
from classblocks.study.images import ImageSource, open_images
from classblocks.study.result import Result
from classblocks.study.study import Study
from classblocks.study.writer import ResultWriter

HELD_SHARE = 0.2
SOLVERS = ("auto", "lbfgs", "minibatch")
_CHUNK = 1 << 22


def probe_name(name: str, layer: str) -> str:
    """Name of the result set of the probe of one layer."""
    return f"{name}-probe-{layer}"


@dataclass(frozen=True)
class _Settings:
    """How the classifiers are found."""

    c: tuple[float, ...] | None
    solver: str
    tolerance: float
    most: int
    seed: int


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
    """Train one linear classifier per layer and add its predictions to a study."""
    settings = _checked(c, solver, tolerance, most, seed, holdout, per_class)
    train = open_images(train)
    images = train if evaluation is None else open_images(evaluation)
    study = opened(study, None, images)
    target = chosen_device(device)
    prepare = preprocess if preprocess is not None else preprocess_of(model)
    samples, evaluated = _samples(
        study, train, images, evaluation is None, holdout, per_class, seed
    )
    run = Run(samples.evaluation, study, prepare, target, batch_size, False)
    inputs = {
        "weights": checksum(model),
        "preprocess": described(prepare),
        "train": {"images": samples.train.n, "digest": digest(samples.train, samples.train_true)},
        "evaluation": {
            "images": samples.evaluation.n,
            "digest": digest(samples.evaluation, samples.evaluation_true),
        },
        "side": side,
        **asdict(settings),
    }
    inputs = json.loads(json.dumps(inputs))
    with evaluating(model, target):
        example = run.example(model)
        chosen = _in_order(run, model, example, layers)
        missing = _missing(study, name, chosen, inputs)
        if missing:
            coordinates = Coordinates(
                model_name or type(model).__name__, epoch, None, "none", split
            )
            ids = register(study, images, images.true(study.classes), split)[evaluated]
            work = _Work(study, name, chosen, coordinates, inputs, settings, ids, k, progress)
            work.do(run, model, samples, missing, side)
    study.refresh()
    return {layer: study.result(probe_name(name, layer)) for layer in chosen}


def _checked(
    c: float | Sequence[float] | None,
    solver: str,
    tolerance: float,
    most: int,
    seed: int,
    holdout: float,
    per_class: int | None,
) -> _Settings:
    cs = None if c is None else tuple(np.atleast_1d(np.asarray(c, np.float64)).tolist())
    if cs is not None and (not cs or not all(0 < v < float("inf") for v in cs)):
        raise ValueError(f"c: expected positive numbers, got {c}")
    if solver not in SOLVERS:
        raise ValueError(f"solver: expected one of {', '.join(SOLVERS)}, got {solver!r}")
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance: expected a number between 0 and 1, got {tolerance}")
    if not 0 < holdout < 1:
        raise ValueError(f"holdout: expected a share between 0 and 1, got {holdout}")
    if per_class is not None and per_class < 1:
        raise ValueError(f"per_class: expected at least 1, got {per_class}")
    if most < 1:
        raise ValueError(f"most: expected at least 1, got {most}")
    return _Settings(cs, solver, tolerance, most, seed)


def _samples(
    study: Study,
    train: ImageSource,
    images: ImageSource,
    is_one_source: bool,
    holdout: float,
    per_class: int | None,
    seed: int,
) -> tuple[ProbeSamples, NDArray[np.int64]]:
    """Choose the images; also the positions of those to judge in `images`."""
    true = train.true(study.classes)
    if is_one_source:
        apart = stratified(true, holdout, seed)
        if not apart.any():
            raise ValueError(
                f"of {train.n} images, none can be held out for evaluation: no class has two"
            )
        rows, evaluated = np.flatnonzero(~apart), np.flatnonzero(apart)
    else:
        refuse_shared(train, images)
        rows, evaluated = np.arange(train.n), np.arange(images.n)
    if per_class is not None:
        rows = rows[at_most(true[rows], per_class, seed)]
    learned = true[rows]
    n_classes = len(np.unique(learned))
    if n_classes < 2:
        raise ValueError(f"a probe needs images of two classes to learn from, got {n_classes}")
    if not len(evaluated):
        raise ValueError("a probe needs images to be judged on, got none")
    return (
        ProbeSamples(
            ChosenImages(train, rows),
            ChosenImages(images, evaluated) if is_one_source else images,
            learned,
            images.true(study.classes)[evaluated],
            stratified(learned, HELD_SHARE, seed + 1),
        ),
        evaluated,
    )


def _in_order(
    run: Run, model: nn.Module, example: Tensor, layers: Sequence[str] | None
) -> list[str]:
    """Bring the layers into the order in which they run; an error names one that does not."""
    names = default_layers(model, example) if layers is None else list(layers)
    if not names:
        raise ValueError("layers: expected at least one layer, got none")
    with watching(model, names, 1) as responses:
        run.shapes(model, example, names, responses)
        return list(responses)


def _missing(
    study: Study, name: str, layers: Sequence[str], inputs: Mapping[str, Any]
) -> list[str]:
    """Layers whose probe is not there yet; a probe of other settings under the name is an error."""
    missing = []
    for layer in layers:
        result = check_name(probe_name(name, layer), "result")
        if result in study.damaged:
            study.result(result)
        if result not in study.results:
            missing.append(layer)
            continue
        found = study.results[result].provenance.get("inputs")
        if found != inputs:
            known = found if isinstance(found, dict) else {}
            differs = [key for key in inputs if known.get(key) != inputs[key]]
            raise StudyError(
                f"{result!r} is in {study.path} with other settings ({', '.join(differs)}): choose "
                "another name or delete its folder"
            )
    return missing


@dataclass(frozen=True)
class _Work:
    study: Study
    name: str
    layers: Sequence[str]
    coordinates: Coordinates
    inputs: Mapping[str, Any]
    settings: _Settings
    ids: NDArray[np.int64]
    k: int
    progress: bool

    def do(
        self, run: Run, model: nn.Module, samples: ProbeSamples, layers: Sequence[str], side: int
    ) -> None:
        """Record the features of some layers and add the result of each."""
        if self.settings.c is None or len(self.settings.c) > 1:
            if not samples.held.any():
                raise ValueError(
                    "every class has one image to learn from: there is none left on which the "
                    "penalty could be chosen; give more images, or one c"
                )
        folder = partial_directory(self.study.path, f"{self.name}-probe")
        with ExitStack() as ending:
            ending.callback(self.study.clear_activity)
            lock = folder.with_name(f"{folder.name}.lock")
            busy = f"the probes of {self.name!r} are being trained by another process"
            ending.enter_context(locked(lock, busy))
            ending.callback(lock.unlink, missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            ending.callback(shutil.rmtree, folder, ignore_errors=True)
            started = time.perf_counter()
            features = record_features(
                run, model, samples, layers, side, folder, name=self.name,
                progress=self.progress, report=lambda share: self._tell("features", share / 2),
            )  # fmt: skip
            seconds = time.perf_counter() - started
            for layer, file in features.files.items():
                if file.n_constant == file.width:
                    raise ValueError(
                        f"layer {layer!r}: all {file.width} features are the same for every "
                        "training image, there is nothing to learn from"
                    )
            for i, (layer, file) in enumerate(features.files.items()):
                self._tell(layer, 0.5 + 0.5 * i / len(layers))
                self._one(layer, file, features, {"feature_seconds": round(seconds, 2)})
                file.remove()

    def _tell(self, what: str, share: float) -> None:
        self.study.set_activity(f"probing {self.name}: {what}", share)

    def _one(
        self, layer: str, file: FeatureFile, features: Features, facts: Mapping[str, Any]
    ) -> None:
        started = time.perf_counter()
        file.standardise()
        learned = np.concatenate([features.true[FIT], features.true[HELD]])
        present = np.unique(learned)
        if len(present) < 2:
            raise ValueError(f"a probe needs images of two classes, {len(present)} could be read")
        found, tried, solver = self._fit(layer, file, features, present)
        n_classes = len(self.study.classes)
        provenance = {
            "made_by": "probe",
            "layers": list(self.layers),
            "torch": torch.__version__,
            "c": found.c,
            "tried": [asdict(one) for one in tried],
            "solver": solver,
            "converged": found.converged,
            "gradient": found.gradient,
            "iterations": found.passes,
            "n_train": len(learned),
            "n_features": file.width,
            "dropped_features": file.n_constant,
            "absent_classes": np.setdiff1d(np.arange(n_classes), present).tolist(),
            "unreadable": features.n_unreadable,
            "repeated": features.n_repeated,
            **facts,
        }
        coordinates = Coordinates(**{**self.coordinates.to_json(), "layer": layer})
        writer = ResultWriter(
            self.study,
            probe_name(self.name, layer),
            coordinates,
            k=self.k,
            provenance=provenance,
            inputs=self.inputs,
        )
        with writer:
            try:
                self._predict(writer, file, features, found, present)
                writer.finish({**provenance, "seconds": round(time.perf_counter() - started, 2)})
            except BaseException:
                writer.abandon()
                raise

    def _fit(
        self, layer: str, file: FeatureFile, features: Features, present: NDArray[np.int32]
    ) -> tuple[Fit, list[Tried], str]:
        settings = self.settings
        of_class = np.full(len(self.study.classes), -1, np.int64)
        of_class[present] = np.arange(len(present))
        fitted, held = (torch.from_numpy(of_class[features.true[part]]) for part in TRAIN)
        whole = Problem(file, TRAIN, torch.cat([fitted, held]), len(present))
        solver = settings.solver
        if solver == "auto":
            solver = "lbfgs" if whole.n * file.width <= LBFGS_ENTRIES else "minibatch"
        bar = tqdm(desc=f"{self.name} {layer}", unit="pass", disable=not self.progress)
        with bar:

            def found(problem: Problem, c: float, start: tuple[Tensor, Tensor] | None) -> Fit:
                return fit(
                    problem, c, start=start, solver=solver, tolerance=settings.tolerance,
                    most=settings.most, seed=settings.seed, report=lambda passes: bar.update(),
                )  # fmt: skip

            cs = default_cs(whole.n) if settings.c is None else settings.c
            if len(cs) == 1:
                return found(whole, cs[0], None), [], solver
            best, tried = choose(
                Problem(file, (FIT,), fitted, len(present)), (HELD,), held, cs, found
            )
            return found(whole, best.c, (best.weight, best.bias)), tried, solver

    def _predict(
        self,
        writer: ResultWriter,
        file: FeatureFile,
        features: Features,
        found: Fit,
        present: NDArray[np.int32],
    ) -> None:
        ids = self.ids[features.evaluation_rows]
        true = features.true[EVALUATION]
        n_classes = len(self.study.classes)
        step = max(1, _CHUNK // n_classes)
        done = 0
        for block in file.blocks((EVALUATION,)):
            for part in torch.split(block, step):
                chances = np.zeros((len(part), n_classes), np.float32)
                logits = torch.addmm(found.bias, part, found.weight)
                chances[:, present] = torch.softmax(logits, 1).numpy()
                rows = slice(done, done + len(part))
                writer.append(ids[rows], true[rows], outcomes(chances, true[rows], writer.k))
                done += len(part)
