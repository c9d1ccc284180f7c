"""After each epoch: measure, log, record into the study."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from classblocks.core.hierarchy import Hierarchy
from classblocks.nn.training import log
from classblocks.nn.training.config import Config
from classblocks.nn.training.evaluation import Predictions, measures, predictions
from classblocks.nn.training.keeping import Keeper
from classblocks.nn.training.pixels import Pixels
from classblocks.nn.training.task import Task


@dataclass(frozen=True)
class Epochs:
    """What is done between epochs.

    Attributes
    ----------
    val : evaluated whole
    seen : training images that are evaluated as they are, without crops, for the gap to ``val``
    seen_rows : (m,) which of them
    keeper : records epochs in a study; None records nothing
    """

    config: Config
    n_classes: int
    val: Pixels
    seen: Pixels
    seen_rows: NDArray[np.int64]
    hierarchy: Hierarchy | None
    keeper: Keeper | None

    def measured(self, network: nn.Module, epoch: int, device: torch.device) -> dict[str, float]:
        """Measure the network on both splits; record it first where that is wanted."""
        if self.keeper is None:
            found = self._predictions(network, self.val, device)
        else:
            found = self.keeper.record(network, epoch)
        known = measures(self._predictions(network, self.seen, device, self.seen_rows), None)
        return measures(found, self.hierarchy) | {
            "train_top1": known["top1"],
            "train_loss": known["loss"],
        }

    def _predictions(
        self,
        network: nn.Module,
        pixels: Pixels,
        device: torch.device,
        rows: NDArray[np.int64] | None = None,
    ) -> Predictions:
        mixed = self.config.recipe.precision != "32-true"
        return predictions(network, pixels, self.n_classes, device, bfloat16=mixed, rows=rows)

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch is measured and recorded."""
        every, last = self.config.recording.every, self.config.recipe.epochs
        return epoch == last or (every > 0 and epoch % every == 0)


class AfterEpoch(lightning.Callback):
    """Log and record; only one process does, the others wait."""

    def __init__(self, epochs: Epochs, file: Path, say: Callable[[str], None]) -> None:
        self.epochs = epochs
        self.file = file
        self.say = say
        self.seconds = 0.0  # in training alone, interrupted runs included
        self.cpu_seconds = 0.0  # of all threads of this process
        self._since = (0.0, 0.0)

    def state_dict(self) -> dict[str, Any]:
        """Keep the clocks in the checkpoint."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting."""
        self.seconds = state_dict["seconds"]
        self.cpu_seconds = state_dict["cpu_seconds"]

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Start the clocks."""
        self._since = (time.perf_counter(), time.process_time())

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,  # noqa: ANN401
        batch: Any,  # noqa: ANN401
        batch_idx: int,
    ) -> None:
        """Let the study say how far the training is."""
        if trainer.is_global_zero and self.epochs.keeper is not None:
            assert isinstance(pl_module, Task)
            self.epochs.keeper.training(trainer.current_epoch + 1, pl_module.progress)

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Measure, log, record."""
        assert isinstance(pl_module, Task)
        self.seconds += time.perf_counter() - self._since[0]
        self.cpu_seconds += time.process_time() - self._since[1]
        epoch = trainer.current_epoch + 1
        if trainer.is_global_zero and self.epochs.is_due(epoch):
            network = pl_module.objective.network
            state = torch.get_rng_state()
            numbers = self.epochs.measured(network, epoch, pl_module.device)
            torch.set_rng_state(state)
            line = {
                "epoch": epoch,
                "objective": pl_module.mean_loss,
                "seconds": self.seconds,
                "cpu_seconds": self.cpu_seconds,
                **numbers,
            }
            log.append(self.file, line)
            self.say(
                f"epoch {epoch} of {self.epochs.config.recipe.epochs}: {numbers['top1']:.1%} of "
                f"the validation images right, {numbers['top5']:.1%} among the first five"
            )
        trainer.strategy.barrier()
