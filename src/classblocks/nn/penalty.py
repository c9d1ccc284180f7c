"""The strength of the penalty, chosen on samples that were held out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from classblocks.nn.logistic import Fit, Problem, Rows

# Penalties λ = 1 / (c n) of the mean loss, from strong to weak, when the user names no c.
STRENGTHS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
PATIENCE = 2


@dataclass(frozen=True)
class Tried:
    """How well one strength did on the samples held out."""

    c: float
    accuracy: float
    loss: float
    converged: bool
    passes: int


def default_cs(n: int) -> list[float]:
    """Strengths that suit `n` training samples, ascending."""
    return [1 / (strength * n) for strength in STRENGTHS]


def choose(
    problem: Problem,
    held: tuple[str, ...],
    held_target: Tensor,
    cs: Sequence[float],
    fit: Callable[[Problem, float, tuple[Tensor, Tensor] | None], Fit],
) -> tuple[Fit, list[Tried]]:
    """Go from the strongest penalty to weaker ones, each from where the last one ended.

    Returns
    -------
    the fit with the best accuracy on the samples held out, of equal ones that with the stronger
    penalty; and all that were tried. Weaker ones than two that did worse in a row are not tried
    """
    best: Fit | None = None
    tried: list[Tried] = []
    start: tuple[Tensor, Tensor] | None = None
    best_accuracy, worse = -1.0, 0
    for c in sorted(cs):
        found = fit(problem, c, start)
        start = found.weight, found.bias
        accuracy, loss = judged(problem.rows, held, held_target, found)
        tried.append(Tried(c, accuracy, loss, found.converged, found.passes))
        if accuracy > best_accuracy:
            best, best_accuracy, worse = found, accuracy, 0
        else:
            worse += 1
        if worse == PATIENCE:
            break
    assert best is not None
    return best, tried


@torch.no_grad()
def judged(rows: Rows, parts: tuple[str, ...], target: Tensor, found: Fit) -> tuple[float, float]:
    """Accuracy and mean cross entropy over some parts."""
    hits, loss, start = 0, 0.0, 0
    for block in rows.blocks(parts):
        logits = torch.addmm(found.bias, block.to(found.weight.device), found.weight)
        own = target[start : start + len(block)]
        hits += int((logits.argmax(1) == own).sum())
        loss += float(F.cross_entropy(logits, own, reduction="sum"))
        start += len(block)
    return hits / max(start, 1), loss / max(start, 1)
