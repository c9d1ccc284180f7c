"""Batches of uint8 pixels, in an order that seed and epoch decide."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from classblocks.nn.training.pixels import Pixels


class _Rows(Dataset[Any]):
    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    def __getitems__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """Slice a whole batch: (B, 3, S, S) uint8, channels last, and (B,) class ids."""
        at = np.asarray(rows)
        images = torch.from_numpy(self.pixels.images[at]).permute(0, 3, 1, 2)
        return images, torch.from_numpy(self.pixels.true[at])

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        images, true = self.__getitems__([row])
        return images[0], true[0]

    def __len__(self) -> int:
        return len(self.pixels.true)


class EpochBatches(Sampler[list[int]]):
    """Rows of every batch of one process; all processes get equally many batches.

    Parameters
    ----------
    n : number of images
    batch_size : images of one batch over all processes
    seed : of the order
    rank, n_ranks : this process, and how many there are

    Notes
    -----
    Process r of R takes every R-th row of each batch, so that R processes see the batches of one.
    Batches differ by at most one image, so that none is too small for batch norm; rows of the
    beginning of a batch are repeated where R does not divide it.
    """

    def __init__(self, n: int, batch_size: int, seed: int, rank: int = 0, n_ranks: int = 1) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self.rank, self.n_ranks = rank, n_ranks
        self.epoch = 0
        self.sampler = self  # where Lightning looks for `set_epoch`

    def set_epoch(self, epoch: int) -> None:
        """Choose the order; epochs count from 0."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n)
        for rows in np.array_split(order, len(self)):
            if len(rows) % self.n_ranks:
                rows = np.resize(rows, -(-len(rows) // self.n_ranks) * self.n_ranks)
            yield rows[self.rank :: self.n_ranks].tolist()

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)


def loader(pixels: Pixels, batches: EpochBatches, *, workers: int, pin: bool) -> DataLoader[Any]:
    """Serve the batches, ahead of the network where there are worker processes."""
    return DataLoader(
        _Rows(pixels),
        batch_sampler=batches,
        collate_fn=_as_it_is,
        num_workers=workers,
        pin_memory=pin,
        persistent_workers=workers > 0,
        generator=torch.Generator(),  # or else each pass would draw from the global state
    )


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401
    return batch
