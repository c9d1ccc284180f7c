"""The recorded responses of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classblocks.study.atomic import read_array
from classblocks.study.format import StudyError, check_name


@dataclass(frozen=True)
class LayerShape:
    """How many neurons a layer has and to how many positions per side its maps are pooled."""

    n_neurons: int
    side: int = 1

    def __post_init__(self) -> None:
        if self.n_neurons < 1 or self.side < 1:
            raise StudyError(
                f"a layer needs at least 1 neuron and side 1, got {self.n_neurons} and {self.side}"
            )

    @property
    def n_positions(self) -> int:
        """Pooled positions of one neuron."""
        return self.side * self.side


@dataclass(frozen=True)
class LayerResponses:
    """Arrays open on first use; the large ones stay on disk and are mapped."""

    directory: Path
    name: str
    n_classes: int
    n_samples: int
    n_neurons: int
    side: int
    n_top: int
    nonnegative: bool

    @classmethod
    def from_json(
        cls, directory: Path, name: str, obj: Mapping[str, Any], n_classes: int, n_samples: int
    ) -> LayerResponses:
        """Read one entry of `layers` in result.json."""
        try:
            return cls(
                directory=directory / check_name(name, "layer"),
                name=name,
                n_classes=n_classes,
                n_samples=n_samples,
                n_neurons=int(obj["n_neurons"]),
                side=int(obj["side"]),
                n_top=int(obj["n_top"]),
                nonnegative=bool(obj["nonnegative"]),
            )
        except KeyError as error:
            raise StudyError(f"{directory}: layer {name!r} lacks {error} in result.json") from None

    def to_json(self) -> dict[str, Any]:
        """Give the entry of `layers` in result.json."""
        return {
            "n_neurons": self.n_neurons,
            "side": self.side,
            "n_top": self.n_top,
            "nonnegative": self.nonnegative,
        }

    @cached_property
    def profile(self) -> NDArray[np.float32]:
        """(n_classes, n_neurons, side²), mean per class; NaN for a class without samples."""
        shape = (self.n_classes, self.n_neurons, self.side * self.side)
        return read_array(self.directory / "profile.npy", shape, np.float32)

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """(n_classes,), samples behind each row of `profile`."""
        return read_array(self.directory / "count.npy", (self.n_classes,), np.int64, mmap=False)

    @cached_property
    def collective(self) -> NDArray[np.float32]:
        """(n_samples, n_neurons), sum over positions before pooling; rows as in the result."""
        shape = (self.n_samples, self.n_neurons)
        return read_array(self.directory / "collective.npy", shape, np.float32)

    @cached_property
    def top_sample(self) -> NDArray[np.int64]:
        """(n_neurons, n_top) sample ids by falling collective response; −1 where there is none."""
        shape = (self.n_neurons, self.n_top)
        return read_array(self.directory / "top_sample.npy", shape, np.int64, mmap=False)

    @cached_property
    def top_value(self) -> NDArray[np.float32]:
        """(n_neurons, n_top), the collective responses of `top_sample`; NaN where there is none."""
        shape = (self.n_neurons, self.n_top)
        return read_array(self.directory / "top_value.npy", shape, np.float32, mmap=False)
