"""From what a network gives to class probabilities."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from classblocks.nn.hooks import first_tensor


def logits_of(output: object, n_classes: int) -> Tensor:
    """Find the class scores in a network's output.

    Parameters
    ----------
    output : a tensor; an object or mapping with ``logits``; or a tuple, list or mapping whose first
        tensor counts (networks with auxiliary outputs)

    Returns
    -------
    (B, n_classes)

    Raises
    ------
    ValueError
        No tensor of that shape.
    """
    named = output.get("logits") if isinstance(output, dict) else getattr(output, "logits", None)
    scores = named if isinstance(named, Tensor) else first_tensor(output)
    if scores is None:
        raise ValueError(f"the network gives {type(output).__name__}, expected class scores")
    if scores.ndim != 2:
        raise ValueError(
            f"the network gives shape {tuple(scores.shape)}, expected (images, {n_classes})"
        )
    if scores.shape[1] != n_classes:
        raise ValueError(
            f"the network tells {scores.shape[1]} classes apart, the study has {n_classes}"
        )
    return scores


def finite(logits: Tensor, start: int) -> Tensor:
    """See that all scores are finite.

    Parameters
    ----------
    logits : (B, K)
    start : number of the batch's first image, for the error

    Returns
    -------
    (B, K) float32

    Raises
    ------
    ValueError
        A score is NaN or infinite.
    """
    scores = logits.detach().float()
    if not bool(torch.isfinite(scores).all()):
        row = int((~torch.isfinite(scores)).any(1).int().argmax())
        raise ValueError(
            f"the network's output is not finite (row {row} of the batch from image {start})"
        )
    return scores


def probabilities(scores: Tensor) -> NDArray[np.float32]:
    """Softmax in float32, (B, K)."""
    values: NDArray[np.float32] = torch.softmax(scores, 1).cpu().numpy()
    return values
