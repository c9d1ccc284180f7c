"""Reduce a layer's responses while they stream by: pooled maps, class means, top samples."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core import validate


def pool(maps: ArrayLike, side: int) -> NDArray[np.float32]:
    """Average response maps down to at most ``side × side`` positions.

    Parameters
    ----------
    maps : (n, n_neurons, height, width)
    side : positions along each axis; a map smaller than this keeps its own size

    Returns
    -------
    (n, n_neurons, positions) float32, positions row-major; ``side * side`` of them unless the map
    is smaller

    Raises
    ------
    ValueError
        Not four-dimensional, an empty map, or ``side`` < 1.

    Notes
    -----
    METHODS §9.2: bin ``i`` of ``s`` covers ``⌊iH/s⌋ … ⌈(i+1)H/s⌉``, which is what torch's adaptive
    average pooling does.
    """
    array = np.asarray(maps)
    if array.ndim != 4 or 0 in array.shape[2:]:
        raise ValueError(f"maps: expected (n, neurons, height, width), got shape {array.shape}")
    if side < 1:
        raise ValueError(f"side: expected at least 1, got {side}")
    n, n_neurons, height, width = array.shape
    rows = bin_weights(height, min(side, height))
    columns = bin_weights(width, min(side, width))
    pooled = rows @ array.astype(np.float64) @ columns.T
    return pooled.reshape(n, n_neurons, len(rows) * len(columns)).astype(np.float32)


def bin_weights(length: int, n_bins: int) -> NDArray[np.float64]:
    """Return (n_bins, length) weights that average each adaptive bin; rows sum to 1."""
    first = np.arange(n_bins) * length // n_bins
    last = -(-np.arange(1, n_bins + 1) * length // n_bins)
    position = np.arange(length)
    inside = (position >= first[:, None]) & (position < last[:, None])
    weights: NDArray[np.float64] = inside / (last - first)[:, None]
    return weights


class ProfileSums:
    """Per-class sums of pooled responses; sums of parts merge to the sums of the whole.

    Parameters
    ----------
    n_classes, n_neurons, n_positions : shape of the profile

    Attributes
    ----------
    total : (n_classes, n_neurons, n_positions) float64, sums
    count : (n_classes,) int64, samples
    """

    def __init__(self, n_classes: int, n_neurons: int, n_positions: int) -> None:
        self.total = np.zeros((n_classes, n_neurons, n_positions), np.float64)
        self.count = np.zeros(n_classes, np.int64)

    def add(self, values: ArrayLike, true: ArrayLike) -> None:
        """Add a batch.

        Parameters
        ----------
        values : (n, n_neurons, n_positions), pooled responses
        true : (n,), class ids

        Raises
        ------
        ValueError
            Another shape, a response that is not finite, ids outside the classes.
        """
        array = np.asarray(values)
        ids = validate.class_ids(true, len(self.count), "true")
        if array.shape != (len(ids), *self.total.shape[1:]):
            raise ValueError(
                f"values: expected shape {(len(ids), *self.total.shape[1:])}, got {array.shape}"
            )
        _finite(array, "values")
        # Row by row, so that no bit depends on where batches end; np.add.at is many times slower.
        for class_id, row in zip(ids.tolist(), array, strict=True):
            self.total[class_id] += row
        self.count += np.bincount(ids, minlength=len(self.count))

    def merge(self, other: Self) -> None:
        """Add the sums of another part of the data."""
        if self.total.shape != other.total.shape:
            raise ValueError(
                f"profile sums: expected shape {self.total.shape}, got {other.total.shape}"
            )
        self.total += other.total
        self.count += other.count

    def profile(self) -> NDArray[np.float32]:
        """Return the class means, (n_classes, n_neurons, n_positions); NaN for absent classes."""
        present = np.where(self.count > 0, self.count, np.nan)
        return (self.total / present[:, None, None]).astype(np.float32)


@dataclass(eq=False)
class TopSamples:
    """The samples that activate each neuron most; parts merge to the tops of the whole.

    Attributes
    ----------
    n_neurons, k : how many neurons, and samples for each
    sample : (n_neurons, k) int64, sample ids by falling value, ties by id; −1 where there are fewer
    value : (n_neurons, k) float32; NaN where there are fewer
    """

    n_neurons: int
    k: int

    def __post_init__(self) -> None:
        self.sample = np.full((self.n_neurons, self.k), -1, np.int64)
        self.value = np.full((self.n_neurons, self.k), np.nan, np.float32)

    def add(self, values: ArrayLike, sample_id: ArrayLike) -> None:
        """Add a batch.

        Parameters
        ----------
        values : (n, n_neurons), collective responses
        sample_id : (n,), non-negative ids, each at most once in all batches

        Raises
        ------
        ValueError
            Another shape, a response that is not finite, or a negative id.
        """
        array = np.asarray(values, np.float32)
        ids = np.asarray(sample_id, np.int64)
        if array.shape != (len(ids), self.n_neurons):
            raise ValueError(
                f"values: expected shape {(len(ids), self.n_neurons)}, got {array.shape}"
            )
        _finite(array, "values")
        if (ids < 0).any():
            row = int((ids < 0).argmax())
            raise ValueError(f"sample_id: expected ids ≥ 0, got {ids[row]} in row {row}")
        # Only what reaches a neuron's last place can enter; after the first batches that is little.
        rows, neurons = np.nonzero(~(array < self.value[:, -1]))
        self._enter(neurons, ids[rows], array[rows, neurons])

    def merge(self, other: Self) -> None:
        """Take in the tops of another part of the data."""
        if self.sample.shape != other.sample.shape:
            raise ValueError(
                f"top samples: expected shape {self.sample.shape}, got {other.sample.shape}"
            )
        neurons = np.repeat(np.arange(self.n_neurons), self.k)
        self._enter(neurons, other.sample.ravel(), other.value.ravel())

    def _enter(
        self, neuron: NDArray[np.int64], sample: NDArray[np.int64], value: NDArray[np.float32]
    ) -> None:
        touched = np.unique(neuron)
        neurons = np.concatenate([np.repeat(touched, self.k), neuron])
        samples = np.concatenate([self.sample[touched].ravel(), sample])
        values = np.concatenate([self.value[touched].ravel(), value])
        # NaN marks an empty place and sorts last; the id decides between equal values.
        order = np.lexsort((samples, -values, neurons))
        first = np.searchsorted(neurons[order], touched)
        best = order[first[:, None] + np.arange(self.k)]
        self.sample[touched] = samples[best]
        self.value[touched] = values[best]


def _finite(values: NDArray[np.floating], name: str) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        row, neuron = np.argwhere(bad)[0][:2]
        raise ValueError(
            f"{name}: expected finite responses, got {values[bad][0]} "
            f"in row {row} for neuron {neuron}"
        )
