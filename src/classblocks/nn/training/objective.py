"""From the method of a configuration to the module that is trained and its loss."""

from abc import abstractmethod
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from classblocks.core.branch_plan import BranchPlan
from classblocks.core.branching import full_classes, random_groups
from classblocks.core.hierarchy import Hierarchy
from classblocks.nn.branch_schedule import Schedule
from classblocks.nn.branches import Branches
from classblocks.nn.losses import HierarchicalCrossEntropy, SoftLabelLoss
from classblocks.nn.outputs import logits_of
from classblocks.nn.training.config import Config, Method


class Objective(nn.Module):
    """Holds the network and whatever training adds to it; gives the loss of a batch."""

    network: nn.Module

    @abstractmethod
    def loss(self, images: Tensor, target: Tensor, progress: float) -> Tensor:
        """Loss of images (B, 3, S, S) with class ids (B,), scalar; ``progress`` from 0 to 1."""

    def finished(self) -> nn.Module:
        """Take away what was only there for training and return the network."""
        return self.network


class CrossEntropy(Objective):
    """Plain cross entropy, the baseline."""

    def __init__(self, network: nn.Module, n_classes: int, label_smoothing: float) -> None:
        super().__init__()
        self.network = network
        self.n_classes = n_classes
        self.label_smoothing = label_smoothing

    def loss(self, images: Tensor, target: Tensor, progress: float) -> Tensor:
        """Cross entropy with label smoothing."""
        logits = logits_of(self.network(images), self.n_classes)
        return F.cross_entropy(logits.float(), target, label_smoothing=self.label_smoothing)


class BranchLoss(Objective):
    """Cross entropy of the output and of the branches."""

    def __init__(self, branches: Branches, label_smoothing: float) -> None:
        super().__init__()
        self.branches = branches
        self.label_smoothing = label_smoothing

    @property
    def network(self) -> nn.Module:  # type: ignore[override]
        """The plain network."""
        return self.branches.network

    def loss(self, images: Tensor, target: Tensor, progress: float) -> Tensor:
        """Sum of the losses with the weights of this moment; only the output is smoothed."""
        output = self.branches(images, progress)
        main = F.cross_entropy(output.logits.float(), target, label_smoothing=self.label_smoothing)
        return self.branches.loss(output, target, progress, main)

    def finished(self) -> nn.Module:
        """Remove the branches."""
        return self.branches.remove()


class SoftLabels(Objective):
    """Cross entropy to labels that leak to near classes, ever sharper if so wanted.

    Notes
    -----
    METHODS §22.4 (Bertinetto et al., CVPR 2020). The sharpness grows geometrically from ``beta`` to
    ``beta_end``.
    """

    def __init__(
        self,
        network: nn.Module,
        hierarchy: Hierarchy,
        beta: float,
        beta_end: float | None,
    ) -> None:
        super().__init__()
        self.network = network
        self.n_classes = hierarchy.n_classes
        self.beta, self.beta_end = beta, beta_end
        self.criterion = SoftLabelLoss(hierarchy, beta)

    def loss(self, images: Tensor, target: Tensor, progress: float) -> Tensor:
        """Cross entropy to the soft labels of this moment."""
        logits = logits_of(self.network(images), self.n_classes)
        if self.beta_end is None:
            loss: Tensor = self.criterion(logits, target)
            return loss
        # The labels are softmax(-beta d): another beta is a power of them.
        power = (self.beta_end / self.beta) ** progress
        labels = self.criterion.labels[target]  # (B, C)
        wanted = torch.softmax(power * labels.clamp_min(1e-38).log(), 1)
        return F.cross_entropy(logits.float(), wanted)


class HierarchicalLoss(Objective):
    """Hierarchical cross entropy (METHODS §22.5)."""

    def __init__(self, network: nn.Module, hierarchy: Hierarchy, alpha: float) -> None:
        super().__init__()
        self.network = network
        self.n_classes = hierarchy.n_classes
        self.criterion = HierarchicalCrossEntropy(hierarchy, alpha)

    def loss(self, images: Tensor, target: Tensor, progress: float) -> Tensor:
        """Weighted sum over the edges from the root to the true class."""
        logits = logits_of(self.network(images), self.n_classes)
        loss: Tensor = self.criterion(logits, target)
        return loss


def objective(
    config: Config,
    network: nn.Module,
    n_classes: int,
    example: Tensor,
    plan: BranchPlan | None,
    hierarchy: Hierarchy | None,
) -> Objective:
    """Build what ``config.method`` asks for.

    Parameters
    ----------
    example : (1, 3, S, S) network input
    plan : branches of the file, for kind "branches"
    hierarchy : for soft labels and hierarchical cross entropy
    """
    method, smoothing = config.method, config.recipe.label_smoothing
    if method.kind == "baseline":
        return CrossEntropy(network, n_classes, smoothing)
    if method.kind == "branches":
        if plan is None:
            raise ValueError("method.branches: there are none")
        branches = Branches(
            network,
            arranged(plan, method, n_classes, config.seed),
            head=method.head,
            schedule=Schedule(method.schedule, method.until),
            example=example,
            seed=config.seed,
        )
        return BranchLoss(branches, smoothing)
    if hierarchy is None:
        raise ValueError("method.hierarchy: there is none")
    if method.kind == "soft_labels":
        return SoftLabels(network, hierarchy, method.beta, method.beta_end)
    return HierarchicalLoss(network, hierarchy, method.alpha)


def arranged(plan: BranchPlan, method: Method, n_classes: int, seed: int) -> BranchPlan:
    """Keep the groups of a plan, or put others in their place; set the weights."""
    if method.groups == "random":
        plan = random_groups(plan, seed)
    elif method.groups == "classes":
        plan = full_classes(plan, n_classes)
    if method.weight is not None:
        weighted = (replace(branch, weight=method.weight) for branch in plan.branches)
        plan = replace(plan, branches=tuple(weighted))
    return plan
