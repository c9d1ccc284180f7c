"""Measure a network on decoded images."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from classblocks.core.confusion import count_cells
from classblocks.core.hierarchical import hierarchical_metrics
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import cut_accuracy
from classblocks.core.outcome import outcomes
from classblocks.nn.augment import normalise
from classblocks.nn.hooks import evaluating
from classblocks.nn.outputs import finite, logits_of, probabilities
from classblocks.nn.training.pixels import Pixels

BATCH = 256
TOP = 5


@dataclass(frozen=True)
class Predictions:
    """What a network says of n images.

    Attributes
    ----------
    true, pred : (n,) class ids
    topk_class : (n, k) the k best classes
    true_rank : (n,) rank of the true class, 0 the best
    p_pred, p_true : (n,) float32 probabilities
    """

    true: NDArray[np.int32]
    pred: NDArray[np.int32]
    topk_class: NDArray[np.int32]
    true_rank: NDArray[np.int32]
    p_pred: NDArray[np.float32]
    p_true: NDArray[np.float32]


def predictions(
    network: nn.Module,
    pixels: Pixels,
    n_classes: int,
    device: torch.device,
    *,
    bfloat16: bool,
    rows: NDArray[np.int64] | None = None,
) -> Predictions:
    """Run the network in evaluation mode over whole images; it is left as it was."""
    at = np.arange(len(pixels.true)) if rows is None else rows
    parts = []
    with evaluating(network, device), torch.inference_mode():
        for first in range(0, len(at), BATCH):
            batch = at[first : first + BATCH]
            images = torch.from_numpy(pixels.images[batch]).permute(0, 3, 1, 2).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                logits = logits_of(network(normalise(images)), n_classes)
            p = probabilities(finite(logits, first))
            parts.append(outcomes(p, pixels.true[batch], min(TOP, n_classes)))
    names = ("pred", "topk_class", "true_rank", "p_pred", "p_true")
    found = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Predictions(pixels.true[at].astype(np.int32), **found)


def measures(found: Predictions, hierarchy: Hierarchy | None) -> dict[str, float]:
    """Numbers for the log.

    Returns
    -------
    ``top1`` and ``top5`` accuracy and ``loss`` (mean −log p of the true class, nats); with a
    hierarchy also ``level_1`` … (accuracy of the groups of each level but the last), ``severity``
    (NaN without mistakes), ``hd_1`` and ``hd_5``

    Notes
    -----
    METHODS §22.2.
    """
    tiny = np.finfo(np.float32).tiny
    numbers = {
        "top1": float(np.mean(found.true_rank < 1)),
        "top5": float(np.mean(found.true_rank < TOP)),
        "loss": float(-np.mean(np.log(np.maximum(found.p_true, tiny), dtype=np.float64))),
    }
    if hierarchy is None:
        return numbers
    cells = count_cells(found.true, found.pred, hierarchy.n_classes)
    for level in range(1, int(hierarchy.depth.max())):
        numbers[f"level_{level}"] = cut_accuracy(cells, hierarchy, hierarchy.cut(level))
    by_distance = hierarchical_metrics(found.true, found.pred, hierarchy, found.topk_class)
    numbers["severity"] = by_distance.severity
    numbers["hd_1"] = by_distance.hd_1
    numbers["hd_5"] = by_distance.hd_k
    return numbers
