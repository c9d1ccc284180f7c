"""Branches that classify into groups while a network trains, and leave nothing behind."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from classblocks.core.branch_plan import Branch, BranchPlan
from classblocks.nn.branch_heads import branch_head
from classblocks.nn.branch_schedule import Schedule
from classblocks.nn.hooks import evaluating, first_tensor
from classblocks.nn.outputs import logits_of

OUTPUT = "(output)"  # a branch here has no head: its groups are sums of class probabilities


@dataclass(frozen=True)
class BranchOutput:
    """What a network with branches gives.

    Attributes
    ----------
    logits : (B, C) of the network itself, as without branches
    groups : (B, K) of each branch, in the order of the plan: logits, or for a branch at the
        output log probabilities; None for a branch whose weight is 0 just now
    """

    logits: Tensor
    groups: tuple[Tensor | None, ...]


class Branches(nn.Module):
    """A network whose layers also learn to tell groups of classes apart.

    Parameters
    ----------
    model : maps images (B, 3, H, W) to logits (B, C); used as it is, not copied
    branches : a plan, or layer name → ``group_of_class`` (C,), integers 0..K-1, each used; the
        layer ``"(output)"`` is the output itself, which needs no head
    weight : of each branch's loss where ``branches`` is a mapping (GoogLeNet's 0.3)
    head : "pool" (average pool to 2×2, linear), "conv" (1×1 convolution, global average) or "mlp"
        (average pool to 2×2, two linear layers)
    schedule : how weights change over training, see ``Schedule``
    example : (1, 3, H, W) images to learn the sizes of the layers from; without it the heads take
        shape at the first call, which must come before distributed training starts
    seed : of the heads' weights; the global random state is not touched

    Raises
    ------
    ValueError
        Unknown layer, a layer that does not run, or groups that are not over the model's classes.

    Notes
    -----
    METHODS §16 (Blocks §4.1.3). ``network`` is the model; ``remove()`` takes the branches away and
    gives it back. A branch of weight 0 is not computed, so that the trajectory is bit for bit that
    of the plain network.
    """

    def __init__(
        self,
        model: nn.Module,
        branches: BranchPlan | Mapping[str, ArrayLike],
        *,
        weight: float = 0.3,
        head: str = "pool",
        schedule: str | Schedule = "constant",
        example: Tensor | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.network = model
        self.plan = _plan(branches, weight)
        self.schedule = schedule if isinstance(schedule, Schedule) else Schedule(schedule)
        self.heads = nn.ModuleList(
            nn.Identity()
            if branch.layer == OUTPUT
            else branch_head(head, branch.n_groups, seed + place)
            for place, branch in enumerate(self.plan.branches)
        )
        for place, branch in enumerate(self.plan.branches):
            groups = torch.from_numpy(np.array(branch.group_of_class, np.int64))
            self.register_buffer(f"group_of_class_{place}", groups, persistent=False)
        self._seen: dict[str, Tensor] = {}
        self._watched = self._watch()
        if example is not None:
            device = next(model.parameters()).device
            self.heads.to(device)
            with evaluating(self, device), torch.no_grad():
                self(example.to(device))

    def forward(self, images: Tensor, progress: float = 0.0) -> BranchOutput:
        """Run the network and its branches.

        Parameters
        ----------
        images : (B, 3, H, W) float
        progress : share of the training that is done, 0..1; decides the weights
        """
        logits = logits_of(self.network(images), self.n_classes)
        _, weights = self.schedule.weights(self._weights, progress)
        groups = tuple(
            None if weight == 0 else self._groups(place, logits)
            for place, weight in enumerate(weights)
        )
        self._seen.clear()
        return BranchOutput(logits, groups)

    def loss(
        self,
        output: BranchOutput,
        target: Tensor,
        progress: float = 0.0,
        main: Tensor | None = None,
    ) -> Tensor:
        """Add up the losses: ``w L_main + Σ w_l L_l`` with the weights of ``progress``.

        Parameters
        ----------
        output : of ``forward``
        target : (B,) int64 class ids
        progress : as given to ``forward``
        main : loss of the output, computed elsewhere; None means plain cross entropy

        Returns
        -------
        Scalar
        """
        if main is None:
            main = F.cross_entropy(output.logits.float(), target)
        own, weights = self.schedule.weights(self._weights, progress)
        total = main if own == 1 else own * main
        for place, (weight, groups) in enumerate(zip(weights, output.groups, strict=True)):
            if weight == 0:
                continue
            if groups is None:
                raise ValueError(
                    f"the branch at {self.plan.branches[place].layer!r} was not computed: "
                    "give forward and loss the same progress"
                )
            wanted = self.groups_of(place)[target]
            if self.plan.branches[place].layer == OUTPUT:
                total = total + weight * F.nll_loss(groups, wanted)
            else:
                total = total + weight * F.cross_entropy(groups.float(), wanted)
        return total

    def remove(self) -> nn.Module:
        """Take the hooks away and return the plain network, weights as they are now."""
        for handle in self._watched:
            handle.remove()
        self._watched = []
        return self.network

    @property
    def n_classes(self) -> int:
        """Classes of the network."""
        return self.plan.n_classes

    def groups_of(self, place: int) -> Tensor:
        """(C,) int64, group of every class in one branch."""
        groups: Tensor = getattr(self, f"group_of_class_{place}")
        return groups

    @property
    def _weights(self) -> list[float]:
        return [branch.weight for branch in self.plan.branches]

    def _groups(self, place: int, logits: Tensor) -> Tensor:
        branch = self.plan.branches[place]
        if branch.layer == OUTPUT:
            return summed_log_probabilities(logits, self.groups_of(place), branch.n_groups)
        if branch.layer not in self._seen:
            raise ValueError(f"layer {branch.layer!r} does not run when the network does")
        groups: Tensor = self.heads[place](self._seen[branch.layer])
        return groups

    def _watch(self) -> list[torch.utils.hooks.RemovableHandle]:
        modules = dict(self.network.named_modules())
        handles = []
        for layer in dict.fromkeys(branch.layer for branch in self.plan.branches):
            if layer == OUTPUT:
                continue
            if layer not in modules:
                known = [name for name in modules if name]
                raise ValueError(
                    f"the network has no layer {layer!r}; it has {', '.join(known[:12])}"
                    f"{' …' if len(known) > 12 else ''}"
                )

            def hook(module: nn.Module, args: object, output: object, layer: str = layer) -> None:
                values = first_tensor(output)
                if values is None or values.ndim not in (2, 3, 4):
                    raise ValueError(f"layer {layer!r} gives no units, tokens or maps")
                self._seen[layer] = values

            handles.append(modules[layer].register_forward_hook(hook))
        return handles


def summed_log_probabilities(logits: Tensor, group_of_class: Tensor, n_groups: int) -> Tensor:
    """Log probability of each group: the sum of the class softmax over its classes.

    Parameters
    ----------
    logits : (B, C)
    group_of_class : (C,) int64

    Returns
    -------
    (B, n_groups) float32, ≤ 0

    Notes
    -----
    METHODS §16.4, the variant without a head.
    """
    log_p = torch.log_softmax(logits.float(), 1)
    # Per group, not per row: one class of high probability must not round away another group.
    index = group_of_class.expand_as(log_p)
    top = torch.full((len(log_p), n_groups), -torch.inf, device=log_p.device)
    top = top.scatter_reduce(1, index, log_p.detach(), "amax")
    sums = torch.zeros_like(top).scatter_add(1, index, (log_p - top.gather(1, index)).exp())
    return sums.log() + top


def _plan(branches: BranchPlan | Mapping[str, ArrayLike], weight: float) -> BranchPlan:
    if isinstance(branches, BranchPlan):
        return branches
    return BranchPlan(
        tuple(
            Branch(layer, np.asarray(group_of_class), _numbers(group_of_class), weight)
            for layer, group_of_class in branches.items()
        )
    )


def _numbers(group_of_class: ArrayLike) -> tuple[str, ...]:
    groups = np.asarray(group_of_class)
    whole = groups.size and np.issubdtype(groups.dtype, np.integer)
    return tuple(str(group) for group in range(int(groups.max()) + 1)) if whole else ()
