"""Which layer of a network tells which group of classes, from classifiers on every layer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classblocks.core.confusion import Cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import group_metrics

NEAR = 0.95
TIE = 1e-12


@dataclass(frozen=True, eq=False)
class Separability:
    """What every layer and, in the last row, the network itself tell of each group.

    Attributes
    ----------
    layers : n_layers names, from the input to the output
    tp, support, predicted : (n_layers + 1, n_nodes) int64, samples kept in the group, samples of
        the group, samples predicted into it
    recall, precision, f1 : (n_layers + 1, n_nodes) float64; NaN where there is nothing to divide by
    cut_accuracy : (n_layers + 1, d_max + 1) float64, share of samples whose prediction stays in
        their group of depth d = 0 … the deepest leaf, where the groups are the classes; NaN without
        samples
    separation : (n_nodes,) int32, the first row whose recall is at least 95 % of the last row's;
        −1 where that is 0 or undefined
    best_layer : (n_classes,) int32, the row with the highest recall of each class, the later one of
        ties; −1 for a class without samples
    """

    layers: tuple[str, ...]
    tp: NDArray[np.int64]
    support: NDArray[np.int64]
    predicted: NDArray[np.int64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    f1: NDArray[np.float64]
    cut_accuracy: NDArray[np.float64]
    separation: NDArray[np.int32]
    best_layer: NDArray[np.int32]


def separability(
    layers: Mapping[str, ArrayLike | Cells], final: ArrayLike | Cells, hierarchy: Hierarchy
) -> Separability:
    """Measure how well each layer tells every group of a hierarchy.

    Parameters
    ----------
    layers : for each layer, in their order in the network, the confusions of a classifier on its
        output alone: (n_classes, n_classes) samples, axis 0 true, or Cells
    final : confusions of the network, best on the same samples
    hierarchy : over the same classes

    Returns
    -------
    Separability

    Raises
    ------
    ValueError
        No layers, no counts, or another number of classes than the hierarchy's; names the layer.

    Notes
    -----
    Blocks §4.1.2, after Rauber et al. 2017; METHODS §14. With few samples per class the highest
    recall of several layers is biased upwards: a class whose best layer is not the last need not be
    one that an earlier layer tells better. `paired_differences` tests that.
    """
    if not layers:
        raise ValueError("layers: expected at least one layer, got none")
    tables = []
    for name, counts in layers.items():
        try:
            tables.append(group_metrics(counts, hierarchy))
        except ValueError as error:
            raise ValueError(f"layer {name!r}: {error}") from None
    tables.append(group_metrics(final, hierarchy))
    rows = {
        column: np.stack([table[column] for table in tables])
        for column in ("tp", "n_true", "n_pred", "recall", "precision", "f1")
    }
    return Separability(
        tuple(layers),
        rows["tp"],
        rows["n_true"],
        rows["n_pred"],
        rows["recall"],
        rows["precision"],
        rows["f1"],
        _cut_accuracy(rows["tp"], hierarchy),
        separation_of(rows["recall"]),
        _best(rows["recall"][:, hierarchy.node_of_class]),
    )


def separation_of(recall: NDArray[np.float64], near: float = NEAR) -> NDArray[np.int32]:
    """Find the first row that comes near to the last one.

    Parameters
    ----------
    recall : (n_rows, n_nodes), NaN where undefined
    near : share of the last row's recall that is near enough

    Returns
    -------
    (n_nodes,) int32, row; −1 where the last row is 0 or NaN
    """
    last = recall[-1]
    known = last > 0
    reaches = recall >= near * (1 - TIE) * np.where(known, last, np.inf)
    return np.where(known, reaches.argmax(axis=0), -1).astype(np.int32)


def _cut_accuracy(tp: NDArray[np.int64], hierarchy: Hierarchy) -> NDArray[np.float64]:
    levels = range(int(hierarchy.depth.max()) + 1)
    kept = np.stack([tp[:, hierarchy.cut(depth)].sum(axis=1) for depth in levels], axis=1)
    n_samples = tp[:, :1]
    return np.where(n_samples > 0, kept / np.maximum(n_samples, 1), np.nan)


def _best(recall: NDArray[np.float64]) -> NDArray[np.int32]:
    """Row of the highest recall in each column, the last one of several."""
    known = ~np.isnan(recall)
    from_the_end = np.where(known, recall, -1.0)[::-1]
    row = len(recall) - 1 - from_the_end.argmax(axis=0)
    return np.where(known.any(axis=0), row, -1).astype(np.int32)
