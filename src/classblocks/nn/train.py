"""One flat training loop over images that are decoded once and kept as uint8."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, apart from the network and the images."""

    epochs: int = 8
    batch_size: int = 256
    lr: float = 0.5  # peak of the one-cycle schedule, for the whole batch
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    crop_scale: float = 0.35  # smallest share of the image area that a training crop keeps
    size: int = 48  # side of a training crop in pixels; evaluation sees whole images
    flip: bool = True  # mirror images left to right; wrong for characters
    bfloat16: bool = True
    seed: int = 0


@dataclass(frozen=True)
class EpochEnd:
    """What one epoch cost and left behind."""

    epoch: int  # from 1
    loss: float  # mean training loss of the epoch, label smoothing included
    seconds: float  # wall time of the whole run so far
    cpu_seconds: float  # processor time of all threads of the run so far


def fit(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Iterator[EpochEnd]:
    """Train ``network`` in place with SGD and a one-cycle rate, and yield after every epoch.

    Parameters
    ----------
    network : maps float images (B, 3, S, S), scaled by ``normalise``, to logits (B, K)
    images : (n, 3, H, W) uint8
    labels : (n,) int64 in 0..K-1
    checkpoint : file that holds the state after the last whole epoch; if it exists the run
        resumes from it and yields only the epochs that are left

    Notes
    -----
    The caller may evaluate or record between epochs: the network is in training mode only while
    the generator runs. Crops follow Szegedy et al. (CVPR 2015): a random share of the area,
    resized; evaluation at full size is then a little larger than training, which helps
    (Touvron et al., NeurIPS 2019).
    """
    torch.manual_seed(recipe.seed)
    optimizer = torch.optim.SGD(
        _decay_groups(network, recipe.weight_decay),
        recipe.lr,
        recipe.momentum,
        nesterov=True,
    )
    n_steps = -(-len(images) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.lr, total_steps=n_steps * recipe.epochs, pct_start=0.2
    )
    done, elapsed, cpu_before = 0, 0.0, 0.0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])
        done, elapsed, cpu_before = state["epoch"], state["seconds"], state["cpu_seconds"]
    started, cpu_started = time.perf_counter() - elapsed, time.process_time() - cpu_before

    for epoch in range(done + 1, recipe.epochs + 1):
        network.train()
        total = 0.0
        bar = tqdm(
            torch.split(torch.randperm(len(images)), recipe.batch_size),
            desc=f"epoch {epoch}/{recipe.epochs}",
            unit="batch",
            disable=not progress,
        )
        for rows in bar:
            batch = augment(normalise(images[rows]), recipe)  # (B, 3, S, S)
            target = labels[rows]
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
                logits = network(batch)
            loss = F.cross_entropy(logits.float(), target, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        network.eval()
        end = EpochEnd(
            epoch,
            total / len(images),
            time.perf_counter() - started,
            time.process_time() - cpu_started,
        )
        if checkpoint is not None:
            part = checkpoint.with_suffix(".part")
            torch.save(
                {
                    "network": network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "rng": torch.get_rng_state(),
                    "epoch": epoch,
                    "seconds": end.seconds,
                    "cpu_seconds": end.cpu_seconds,
                },
                part,
            )
            part.replace(checkpoint)
        yield end


def normalise(images: Tensor) -> Tensor:
    """uint8 (B, 3, H, W) → float32 in [-2, 2], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last).sub_(127.5).div_(63.75)


def augment(images: Tensor, recipe: Recipe) -> Tensor:
    """Crop a random share of each image, resize it to ``recipe.size``, mirror half of them."""
    n = len(images)
    area = torch.empty(n).uniform_(recipe.crop_scale, 1)
    ratio = torch.exp(torch.empty(n).uniform_(-0.2877, 0.2877))  # 3:4 … 4:3
    scale_x = (area * ratio).sqrt().clamp(max=1)
    scale_y = (area / ratio).sqrt().clamp(max=1)
    theta = torch.zeros(n, 2, 3)
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if recipe.flip else 1.0
    theta[:, 0, 0] = scale_x * mirror
    theta[:, 1, 1] = scale_y
    theta[:, 0, 2] = torch.empty(n).uniform_(-1, 1) * (1 - scale_x)
    theta[:, 1, 2] = torch.empty(n).uniform_(-1, 1) * (1 - scale_y)
    grid = F.affine_grid(theta, [n, 3, recipe.size, recipe.size], align_corners=False)
    crops = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return crops.contiguous(memory_format=torch.channels_last)


def _decay_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for weights only: biases and norm scales keep their size."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
