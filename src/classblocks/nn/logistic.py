"""Multinomial logistic regression with L2 over rows that come in blocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

# Entries of the feature matrix up to which full-batch L-BFGS is used.
LBFGS_ENTRIES = 1 << 28
MINIBATCH = 256
EPOCHS = 10
FEWEST_STEPS = 100  # of an epoch
POLISHING = 100  # most steps of L-BFGS after the last epoch
RATE = 0.03  # of Adam, over √features


class Rows(Protocol):
    """Where features come from."""

    width: int

    def blocks(self, parts: Sequence[str]) -> Iterator[Tensor]:
        """Give rows in order, (b, width) float32 each."""

    def take(self, parts: Sequence[str], rows: NDArray[np.int64]) -> Tensor:
        """Copy some rows."""


@dataclass(frozen=True)
class Fit:
    """A linear classifier and how it was found.

    Attributes
    ----------
    weight : (width, K) float32
    bias : (K,) float32
    c : inverse strength of the penalty
    converged : largest entry of the gradient ≤ tolerance × that at zero weights
    gradient : that quotient
    passes : passes over the rows
    """

    weight: Tensor
    bias: Tensor
    c: float
    converged: bool
    gradient: float
    passes: int


@dataclass(frozen=True)
class Problem:
    """Minimise mean cross entropy + ‖W‖² / (2 c n) over some parts of the rows.

    Parameters
    ----------
    rows : standardised features
    parts : which of them count
    target : (n,) int64 in 0 … n_classes − 1, in the order of the rows

    Notes
    -----
    The objective of scikit-learn's ``LogisticRegression(C=c)`` over c n, with a column for each of
    two classes too; the bias has no penalty.
    """

    rows: Rows
    parts: tuple[str, ...]
    target: Tensor
    n_classes: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.target)

    def value(self, weight: Tensor, bias: Tensor, c: float) -> tuple[float, Tensor, Tensor]:
        """Objective, and its gradients by weight and bias; one pass."""
        decay = 1 / (c * self.n)
        total = 0.0
        by_weight = weight * decay
        by_bias = torch.zeros_like(bias)
        start = 0
        for block in self.rows.blocks(self.parts):
            block = block.to(weight.device)
            target = self.target[start : start + len(block)]
            logits = torch.addmm(bias, block, weight)  # (b, D) → (b, K)
            log_chance = F.log_softmax(logits, 1)
            own = log_chance.gather(1, target[:, None])
            total -= float(own.double().sum())
            residual = log_chance.exp_()
            residual.scatter_add_(1, target[:, None], torch.full_like(own, -1.0))
            by_weight.addmm_(block.T, residual, alpha=1 / self.n)
            by_bias += residual.sum(0) / self.n
            start += len(block)
        penalty = 0.5 * decay * float(weight.double().square().sum())
        return total / self.n + penalty, by_weight, by_bias

    @cached_property
    def steepest(self) -> float:
        """Largest entry of the gradient at zero weights, where the penalty has none; one pass."""
        return _largest(*self.value(*self.zero(), 1.0)[1:])

    def zero(self) -> tuple[Tensor, Tensor]:
        """Weights to begin with."""
        device = self.target.device
        weight = torch.zeros(self.rows.width, self.n_classes, device=device)
        return weight, torch.zeros(self.n_classes, device=device)


def fit(
    problem: Problem,
    c: float,
    *,
    start: tuple[Tensor, Tensor] | None = None,
    solver: str = "lbfgs",
    tolerance: float = 1e-2,
    most: int = 300,
    seed: int = 0,
    report: Callable[[int], None] = lambda passes: None,
) -> Fit:
    """Find the classifier for one strength of the penalty.

    Parameters
    ----------
    c : inverse strength
    start : weights and bias to begin with; None means zero
    solver : "lbfgs", or "minibatch": first some epochs of Adam, which come near in few passes
    tolerance : share of the largest entry of the gradient at zero weights at which to stop
    most : steps of L-BFGS
    seed : order of the mini-batches
    report : called at every pass over the rows with their number
    """
    weight, bias = problem.zero() if start is None else start
    steepest = problem.steepest
    epochs = 0
    if solver == "minibatch":
        weight, bias = _minibatch(problem, c, weight, bias, seed, report)
        epochs, most = EPOCHS, min(most, POLISHING)
    weight, bias, largest, passes = _lbfgs(
        problem, c, weight, bias, tolerance * steepest, most, report
    )
    gradient = largest / steepest if steepest else 0.0
    return Fit(weight, bias, c, gradient <= tolerance, gradient, epochs + passes)


def _largest(*gradients: Tensor) -> float:
    return max(float(gradient.abs().max()) for gradient in gradients)


def _lbfgs(
    problem: Problem,
    c: float,
    weight: Tensor,
    bias: Tensor,
    tolerance: float,
    most: int,
    report: Callable[[int], None],
) -> tuple[Tensor, Tensor, float, int]:
    split, shape = weight.numel(), weight.shape
    flat = torch.cat([weight.reshape(-1), bias]).requires_grad_()
    passes = 0
    # Where the gradient was taken last, which is mostly where the search ends.
    last = torch.full_like(flat, torch.nan)

    @torch.no_grad()
    def closure() -> float:
        nonlocal passes
        passes += 1
        report(passes)
        loss, by_weight, by_bias = problem.value(flat[:split].view(shape), flat[split:], c)
        flat.grad = torch.cat([by_weight.reshape(-1), by_bias])
        last.copy_(flat)
        return loss

    optimizer = torch.optim.LBFGS(
        [flat],
        max_iter=most,
        max_eval=2 * most,
        history_size=10,
        tolerance_grad=tolerance,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    optimizer.step(closure)  # type: ignore[no-untyped-call]
    found = flat.detach()
    if not torch.equal(found, last):
        closure()
    assert flat.grad is not None
    return found[:split].view(shape), found[split:], _largest(flat.grad), passes


def _minibatch(
    problem: Problem,
    c: float,
    weight: Tensor,
    bias: Tensor,
    seed: int,
    report: Callable[[int], None],
) -> tuple[Tensor, Tensor]:
    """Adam with a rate that falls to 0 along a cosine."""
    weight, bias = (tensor.clone().requires_grad_() for tensor in (weight, bias))
    optimizer = torch.optim.Adam([weight, bias], lr=RATE / problem.rows.width**0.5)
    per_epoch = max(-(-problem.n // MINIBATCH), min(FEWEST_STEPS, problem.n))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, per_epoch * EPOCHS)
    order = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        for rows in np.array_split(order.permutation(problem.n), per_epoch):
            block = problem.rows.take(problem.parts, rows).to(weight.device)
            target = problem.target[torch.from_numpy(rows).to(weight.device)]
            loss = F.cross_entropy(torch.addmm(bias, block, weight), target)
            loss = loss + weight.square().sum() / (2 * c * problem.n)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        report(epoch + 1)
    return weight.detach(), bias.detach()
