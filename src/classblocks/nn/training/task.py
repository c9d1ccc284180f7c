"""The training step, as Lightning wants it."""

from typing import Any

import lightning
import torch
from torch import Tensor

from classblocks.nn.augment import augment, layout_of, normalise
from classblocks.nn.training.config import Recipe
from classblocks.nn.training.objective import Objective

SHORTEST = 4  # steps; up to so many the rate stays as it is
LOOK_EVERY = 20  # steps; to look is to wait for the GPU


class Task(lightning.LightningModule):
    """One objective under one recipe: SGD with Nesterov's step and a one-cycle rate."""

    def __init__(self, objective: Objective, recipe: Recipe, seed: int) -> None:
        super().__init__()
        self.objective = objective
        self.recipe = recipe
        self.seed = seed
        self.layout = layout_of(objective.network)
        self._loss: list[Tensor] = []
        self._n_steps = 0

    def on_train_epoch_start(self) -> None:
        """Give each epoch a random state of its own: a resumed run goes on as if nothing was."""
        torch.manual_seed(hash_of(self.seed, self.current_epoch, self.global_rank))
        self._loss = []

    def training_step(self, batch: tuple[Tensor, Tensor], step: int) -> Tensor:
        """Loss of one batch of uint8 pixels."""
        pixels, target = batch
        recipe = self.recipe
        images = augment(
            normalise(pixels), size=recipe.size, crop_scale=recipe.crop_scale, flip=recipe.flip
        )
        images = images.contiguous(memory_format=self.layout)
        loss = self.objective.loss(images, target, self.progress)
        if step % LOOK_EVERY == 0 and not torch.isfinite(loss):
            raise ValueError(
                f"the loss is {loss.item()} in epoch {self.current_epoch + 1}, step {step + 1}: "
                f"a lower rate than {recipe.lr} or recipe.clip may help"
            )
        self._loss.append(loss.detach())
        self.log("loss", loss.detach(), prog_bar=True, logger=False)
        return loss

    @property
    def progress(self) -> float:
        """Share of the training that is done."""
        return self.trainer.global_step / max(1, self._n_steps)

    @property
    def mean_loss(self) -> float:
        """Mean over the steps of the epoch so far, NaN before the first."""
        return float(torch.stack(self._loss).float().mean()) if self._loss else float("nan")

    def configure_optimizers(self) -> Any:  # noqa: ANN401
        """SGD; weights decay, biases and norms do not."""
        recipe = self.recipe
        parameters = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(
            [
                {
                    "params": [p for p in parameters if p.ndim > 1],
                    "weight_decay": recipe.weight_decay,
                },
                {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
            ],
            recipe.lr,
            recipe.momentum,
            nesterov=recipe.momentum > 0,
        )
        n_steps = self._n_steps = int(self.trainer.estimated_stepping_batches)
        if n_steps <= SHORTEST:
            return optimizer
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            recipe.lr,
            total_steps=n_steps,
            pct_start=max(recipe.warmup, 2 / n_steps),  # a rise of one step divides by zero
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def hash_of(seed: int, epoch: int, rank: int) -> int:
    """Mix three small numbers into a seed."""
    value = 0
    for number in (seed, epoch, rank):
        value = (value * 1_000_003 + number + 1) % (1 << 63)
    return value
