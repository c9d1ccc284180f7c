"""One linear classifier on the features of one layer, its penalty chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from classblocks.nn.features import FIT, HELD, TRAIN, Features
from classblocks.nn.logistic import LBFGS_ENTRIES, Fit, Problem, fit
from classblocks.nn.penalty import Tried, choose, default_cs

SOLVERS = ("auto", "lbfgs", "minibatch")
LOOSE = 3.0  # times the tolerance, while the penalty is chosen


@dataclass(frozen=True)
class FitSettings:
    """How classifiers are found.

    Attributes
    ----------
    c : inverse strengths of the penalty, of which the best is chosen; None means a grid
    solver : "lbfgs", "minibatch", or "auto": the second above ``LBFGS_ENTRIES`` features × samples
    tolerance : converged where the largest entry of the gradient is this share of that at zero
        weights
    most : steps of L-BFGS for one strength
    seed : order of the mini-batches
    """

    c: tuple[float, ...] | None = None
    solver: str = "auto"
    tolerance: float = 1e-2
    most: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        if self.c is not None and not (self.c and all(0 < c < float("inf") for c in self.c)):
            raise ValueError(f"c: expected positive numbers, got {list(self.c)}")
        if self.solver not in SOLVERS:
            raise ValueError(f"solver: expected one of {', '.join(SOLVERS)}, got {self.solver!r}")
        if not 0 < self.tolerance < 1:
            raise ValueError(f"tolerance: expected between 0 and 1, got {self.tolerance}")
        if self.most < 1:
            raise ValueError(f"most: expected at least 1, got {self.most}")

    @property
    def chooses(self) -> bool:
        """Whether there is more than one strength to choose from."""
        return self.c is None or len(self.c) > 1


@dataclass(frozen=True)
class ProbeFit:
    """A classifier over the classes that have training images.

    Attributes
    ----------
    found : the classifier; column j is class ``present[j]``
    present : class ids with training images, ascending, int32
    tried : how each strength did on the images held out for that
    solver : which was used
    """

    found: Fit
    present: NDArray[np.int32]
    tried: list[Tried]
    solver: str

    def chances(self, block: Tensor, n_classes: int) -> NDArray[np.float32]:
        """Probabilities (b, n_classes) for features (b, D); 0 for absent classes."""
        weight, bias = self.found.weight, self.found.bias
        logits = torch.addmm(bias, block.to(weight.device), weight)
        chances = np.zeros((len(block), n_classes), np.float32)
        chances[:, self.present] = torch.softmax(logits, 1).cpu().numpy()
        return chances


def fit_probe(
    layer: str,
    features: Features,
    n_classes: int,
    settings: FitSettings,
    device: torch.device,
    report: Callable[[int], None],
) -> ProbeFit:
    """Choose the penalty on the images held out, then learn from all training images.

    Raises
    ------
    ValueError
        Images of fewer than two classes could be read.
    """
    file = features.files[layer]
    learned = np.concatenate([features.true[part] for part in TRAIN])
    present = np.unique(learned)
    if len(present) < 2:
        raise ValueError(f"images of {len(present)} classes could be read, a probe needs two")
    column = np.full(n_classes, -1, np.int64)
    column[present] = np.arange(len(present))
    fitted, held = (
        torch.from_numpy(column[features.true[part]]).to(device) for part in (FIT, HELD)
    )
    whole = Problem(file, TRAIN, torch.cat([fitted, held]), len(present))
    solver = settings.solver
    if solver == "auto":
        solver = "lbfgs" if whole.n * file.width <= LBFGS_ENTRIES else "minibatch"
    find = partial(fit, solver=solver, most=settings.most, seed=settings.seed, report=report)
    cs = default_cs(whole.n) if settings.c is None else settings.c
    if len(cs) == 1 or not len(held):
        return ProbeFit(find(whole, cs[0], tolerance=settings.tolerance), present, [], solver)

    def roughly(problem: Problem, c: float, start: tuple[Tensor, Tensor] | None) -> Fit:
        return find(problem, c, start=start, tolerance=min(LOOSE * settings.tolerance, 0.5))

    part = Problem(file, (FIT,), fitted, len(present))
    best, tried = choose(part, (HELD,), held, cs, roughly)
    start = best.weight, best.bias
    found = find(whole, best.c, start=start, tolerance=settings.tolerance)
    return ProbeFit(found, present, tried, solver)
