"""Keep the epochs of a training in a study, and let it say how far the training is."""

import time

from torch import nn

from classblocks.nn.arrays import ArrayImages
from classblocks.nn.preprocess import Preprocess
from classblocks.nn.recording import record
from classblocks.nn.training.config import Config
from classblocks.nn.training.evaluation import Predictions
from classblocks.nn.weights import checksum
from classblocks.study.atomic import read_object
from classblocks.study.format import RECORDING_FILE, StudyError, partial_directory
from classblocks.study.result import Result
from classblocks.study.study import Study

MEAN, STD = 0.5, 0.25  # as `nn.augment.normalise` scales pixels


def result_name(name: str, epoch: int) -> str:
    """Name of the result set of one epoch; 0 is the untrained network."""
    return f"{name}-epoch-{epoch:02d}"


class Keeper:
    """Records epochs of one run.

    Parameters
    ----------
    images : of the validation split, decoded
    """

    def __init__(self, config: Config, study: Study, images: ArrayImages, progress: bool) -> None:
        self.config = config
        self.study = study
        self.images = images
        self.progress = progress
        self._due = 0.0

    def claim(self) -> None:
        """See that no epoch of a run that begins has been recorded by another one."""
        for epoch in range(1, self._epochs + 1):
            name = result_name(self.config.name, epoch)
            if name in self.study.results:
                raise StudyError(
                    f"{self.study.path} has the result {name!r} of another run already: choose "
                    "another name for this one"
                )

    def record(self, network: nn.Module, epoch: int) -> Predictions:
        """Record an epoch, unless a run that was interrupted did; return its predictions."""
        name = result_name(self.config.name, epoch)
        weights = checksum(network)
        if name in self.study.results:
            inputs = self.study.results[name].provenance.get("inputs")
            known = inputs.get("weights") if isinstance(inputs, dict) else None
            if known != weights:
                raise StudyError(
                    f"{self.study.path} has a result {name!r} of other weights: choose another "
                    "name for this run"
                )
        else:
            self._forget_other(name, weights)
            message = f"recording epoch {epoch} of {self.config.recipe.epochs}"
            record(
                network,
                self.images,
                self.study,
                name,
                layers=self.config.recording.layers,
                epoch=epoch,
                split=self.config.recording.split,
                progress=self.progress,
                preprocess=Preprocess(None, MEAN, STD),
                model_name=self.config.name,
                report=lambda share: self.tell(message, epoch / self._epochs),
            )
        return _predictions(self.study.results[name])

    def _forget_other(self, name: str, weights: str) -> None:
        """Start anew a recording that was interrupted and cannot be gone on with.

        A GPU does not come to the same weights when it trains an epoch again.
        """
        file = partial_directory(self.study.path, name) / RECORDING_FILE
        if file.exists() and read_object(file).get("inputs", {}).get("weights") != weights:
            file.unlink()

    def training(self, epoch: int, share: float) -> None:
        """Say how much of the training is done, about once a second."""
        self.tell(f"training: epoch {epoch} of {self._epochs}", share)

    def tell(self, message: str, share: float) -> None:
        """Say something through the study, about once a second."""
        if time.monotonic() >= self._due:
            self.study.set_activity(message, min(share, 1.0))
            self._due = time.monotonic() + 1

    @property
    def _epochs(self) -> int:
        return self.config.recipe.epochs


def _predictions(result: Result) -> Predictions:
    return Predictions(
        result.true,
        result.pred,
        result.topk_class,
        result.true_rank,
        result.p_pred,
        result.p_true,
    )
