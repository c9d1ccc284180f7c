"""From images to the probes of several layers in a study."""

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from classblocks.core.outcome import outcomes
from classblocks.nn.features import EVALUATION, TRAIN, Features, record_features
from classblocks.nn.probe_fit import FitSettings, ProbeFit, fit_probe
from classblocks.nn.probe_samples import ProbeSamples
from classblocks.nn.running import Run
from classblocks.study.atomic import locked
from classblocks.study.format import Coordinates, partial_directory
from classblocks.study.study import Study
from classblocks.study.writer import ResultWriter

REPORT_SECONDS = 1.0
_CHUNK = 1 << 22


def probe_name(name: str, layer: str) -> str:
    """Name of the result set of the probe of one layer."""
    return f"{name}-probe-{layer}"


@dataclass
class ProbeWork:
    """Everything that the probes of one network share.

    Attributes
    ----------
    layers : all layers of the network that are probed, in the order in which they run
    coordinates : of the results, but for the layer
    inputs : what a probe must agree in to be kept when the same is asked for again
    ids : (samples.evaluation.n,) sample ids in the study
    """

    study: Study
    name: str
    layers: Sequence[str]
    coordinates: Coordinates
    inputs: Mapping[str, Any]
    settings: FitSettings
    samples: ProbeSamples
    ids: NDArray[np.int64]
    side: int
    k: int
    progress: bool
    _report_due: float = field(default=0.0, init=False)

    def do(self, run: Run, model: nn.Module, missing: Sequence[str]) -> None:
        """Record the features of the missing layers, and add the result of each as it is done."""
        if self.settings.chooses and not self.samples.held.any():
            raise ValueError(
                "every class has one image to learn from, so there is none to choose the penalty "
                "on: give more images, or one c"
            )
        with ExitStack() as ending:
            folder = self._folder(ending)
            ending.callback(self.study.clear_activity)
            started = time.perf_counter()
            features = record_features(
                run, model, self.samples, missing, self.side, folder, name=self.name,
                progress=self.progress, report=lambda share: self._tell("features", share / 2),
            )  # fmt: skip
            ending.callback(features.close)
            seconds = round(time.perf_counter() - started, 2)
            _refuse_constant(features)
            for i, layer in enumerate(missing):
                self._probe(layer, features, run, seconds, 0.5 + 0.5 * i / len(missing))
                features.files[layer].remove()

    def _folder(self, ending: ExitStack) -> Path:
        """Give an empty folder for the features that nobody else uses; it goes in the end."""
        folder = partial_directory(self.study.path, f"{self.name}-probe")
        lock = folder.with_name(f"{folder.name}.lock")
        busy = f"probes of {self.name!r} are being trained by another process"
        ending.enter_context(locked(lock, busy))
        ending.callback(lock.unlink, missing_ok=True)
        # What a killed command left.
        shutil.rmtree(folder, ignore_errors=True)
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _tell(self, what: str, share: float) -> None:
        now = time.monotonic()
        if now >= self._report_due:
            self.study.set_activity(f"probing {self.name}: {what}", share)
            self._report_due = now + REPORT_SECONDS

    def _probe(
        self, layer: str, features: Features, run: Run, feature_seconds: float, share: float
    ) -> None:
        started = time.perf_counter()
        n_classes = len(self.study.classes)
        file = features.files[layer]
        file.standardise()
        bar = tqdm(desc=f"{self.name} {layer}", unit="pass", disable=not self.progress)

        def report(passes: int) -> None:
            bar.update()
            self._tell(layer, share)

        with bar:
            fitted = fit_probe(layer, features, n_classes, self.settings, run.device, report)
        found = fitted.found
        facts = {
            "made_by": "probe",
            "layers": list(self.layers),
            "torch": torch.__version__,
            "c": found.c,
            "tried": [asdict(one) for one in fitted.tried],
            "solver": fitted.solver,
            "converged": found.converged,
            "gradient": found.gradient,
            "iterations": found.passes,
            "n_train": sum(len(features.true[part]) for part in TRAIN),
            "n_features": file.width,
            "dropped_features": file.n_constant,
            "absent_classes": np.setdiff1d(np.arange(n_classes), fitted.present).tolist(),
            "unreadable": features.n_unreadable,
            "repeated": features.n_repeated,
            "feature_seconds": feature_seconds,
            "seconds": round(time.perf_counter() - started, 2),
        }
        self._write(layer, features, fitted, facts)

    def _write(
        self, layer: str, features: Features, fitted: ProbeFit, facts: Mapping[str, Any]
    ) -> None:
        result = probe_name(self.name, layer)
        # Rows of a killed command: they take a second to write again, and may be of other settings.
        shutil.rmtree(partial_directory(self.study.path, result), ignore_errors=True)
        coordinates = Coordinates(**{**self.coordinates.to_json(), "layer": layer})
        n_classes = len(self.study.classes)
        ids, true = self.ids[features.evaluation_rows], features.true[EVALUATION]
        with ResultWriter(
            self.study, result, coordinates, k=self.k, provenance=facts, inputs=self.inputs
        ) as writer:
            try:
                done = 0
                for block in features.files[layer].blocks((EVALUATION,)):
                    for part in torch.split(block, max(1, _CHUNK // n_classes)):
                        rows = slice(done, done + len(part))
                        found = outcomes(fitted.chances(part, n_classes), true[rows], writer.k)
                        writer.append(ids[rows], true[rows], found)
                        done += len(part)
                writer.finish()
            except BaseException:
                writer.abandon()
                raise


def _refuse_constant(features: Features) -> None:
    for layer, file in features.files.items():
        if file.n_constant == file.width:
            raise ValueError(
                f"layer {layer!r}: all {file.width} features are the same for every training "
                "image, so there is nothing to learn from"
            )
