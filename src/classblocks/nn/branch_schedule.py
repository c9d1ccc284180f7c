"""How the weights of the losses change while a network trains."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("constant", "linear", "cosine", "bcnn")
_FIRST, _LAST = 14 / 80, 34 / 80  # B-CNN changes its weights at epochs 14, 24 and 34 of 80


@dataclass(frozen=True)
class Schedule:
    """Weights of the main loss and of the branches at every moment of the training.

    Attributes
    ----------
    kind : "constant"; "linear" and "cosine" fall to 0 at ``until``; "bcnn" trains one branch after
        the other, then the output alone, and pays no heed to the weights of the plan
    until : share of the training, 0 < until ≤ 1, from which branches have weight 0; a constant
        schedule stops there too

    Notes
    -----
    METHODS §16.2, §22.7. "bcnn" with two branches has the weights of the authors' code:
    (.98, .01, .01), then (.1, .8, .1), (.1, .2, .7) and (0, 0, 1), the output last.
    """

    kind: str = "constant"
    until: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"schedule: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        if not 0 < self.until <= 1:
            raise ValueError(f"until: expected a share above 0 and at most 1, got {self.until}")

    def weights(self, given: Sequence[float], progress: float) -> tuple[float, list[float]]:
        """Return the weight of the main loss and those of the branches.

        Parameters
        ----------
        given : weights of the plan
        progress : share of the training that is done, 0..1
        """
        if self.kind == "bcnn":
            return _bcnn(len(given), progress / self.until)
        done = progress / self.until
        if done >= 1 and (self.until < 1 or self.kind != "constant"):
            share = 0.0
        elif self.kind == "linear":
            share = 1 - done
        elif self.kind == "cosine":
            share = (1 + math.cos(math.pi * done)) / 2
        else:
            share = 1.0
        return 1.0, [weight * share for weight in given]


def _bcnn(n: int, progress: float) -> tuple[float, list[float]]:
    """One head at a time: its phase, two helpers on either side."""
    steps = [_FIRST + i * (_LAST - _FIRST) / n for i in range(n + 1)]
    phase = sum(progress >= step for step in steps)
    if phase == n + 1:
        return 1.0, [0.0] * n
    if phase == 0:
        rest = 0.02 / n
        return rest, [0.98] + [rest] * (n - 1)
    if phase == n:
        if n == 1:
            return 0.7, [0.3]
        return 0.7, [0.1 / (n - 1)] * (n - 1) + [0.2]
    others = 0.1 / (n - 1)
    return 0.1, [0.8 if place == phase else others for place in range(n)]
