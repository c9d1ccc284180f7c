"""What stays in memory of one layer while it is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.core.responses import ProfileSums, TopSamples
from classblocks.study.atomic import read_array, sync_directory, write_array
from classblocks.study.format import StudyError
from classblocks.study.responses import LayerResponses, LayerShape


class LayerSums:
    """Class sums, top samples and the smallest response of a layer."""

    def __init__(self, name: str, shape: LayerShape, n_classes: int, n_top: int) -> None:
        self.name = name
        self.shape = shape
        self.n_classes = n_classes
        self.n_top = n_top
        self.sums = ProfileSums(n_classes, shape.n_neurons, shape.n_positions)
        self.tops = TopSamples(shape.n_neurons, n_top)
        self.lowest = np.zeros(1, np.float32)

    def add(
        self,
        pooled: NDArray[Any],
        collective: NDArray[Any],
        true: NDArray[np.int32],
        sample_id: NDArray[np.int64],
        first_row: int,
    ) -> None:
        """Take in a batch whose first row is `first_row` of the recording."""
        try:
            self.sums.add(pooled, true)
            self.tops.add(collective, sample_id)
        except ValueError as error:
            raise StudyError(f"layer {self.name!r}, batch from row {first_row}: {error}") from None
        if len(true):
            low = min(np.min(pooled), np.min(collective))
            self.lowest = np.minimum(self.lowest, np.float32(low))

    def save(self, directory: Path) -> None:
        """Write the exact state."""
        directory.mkdir()
        for name, array in self._state().items():
            write_array(directory / f"{name}.npy", array)
        sync_directory(directory)

    def load(self, directory: Path) -> None:
        """Go on from a saved state."""
        for name, array in self._state().items():
            array[...] = read_array(directory / f"{name}.npy", array.shape, array.dtype)

    def _state(self) -> dict[str, NDArray[Any]]:
        return {
            "total": self.sums.total,
            "count": self.sums.count,
            "top_sample": self.tops.sample,
            "top_value": self.tops.value,
            "lowest": self.lowest,
        }

    def write(self, directory: Path) -> None:
        """Write the finished arrays of the layer beside its collective responses."""
        write_array(directory / "profile.npy", self.sums.profile())
        write_array(directory / "count.npy", self.sums.count)
        write_array(directory / "top_sample.npy", self.tops.sample)
        write_array(directory / "top_value.npy", self.tops.value)

    def description(self, directory: Path, n_samples: int) -> LayerResponses:
        """Describe the layer as result.json does."""
        return LayerResponses(
            directory=directory,
            name=self.name,
            n_classes=self.n_classes,
            n_samples=n_samples,
            n_neurons=self.shape.n_neurons,
            side=self.shape.side,
            n_top=self.n_top,
            nonnegative=bool(self.lowest[0] >= 0),
        )
