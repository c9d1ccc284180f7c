"""Losses that know the class hierarchy: soft labels and hierarchical cross entropy."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from classblocks.core.hierarchical import lca_heights
from classblocks.core.hierarchy import Hierarchy


def soft_labels(hierarchy: Hierarchy, beta: float) -> Tensor:
    """Spread each class over its neighbours in the hierarchy.

    Parameters
    ----------
    hierarchy : over the classes; contraction changes heights and with them the result
    beta : at least 0, sharpness; 0 is uniform, ``inf`` one-hot

    Returns
    -------
    (C, C) float32 by class id; row i is the target distribution of class i and sums to 1

    Raises
    ------
    ValueError
        ``beta`` is negative or NaN.

    Notes
    -----
    Bertinetto et al. (CVPR 2020) §3.2, METHODS §22.4: row i is the softmax over j of
    ``−β d(i, j) / d_max``, d the height of the lowest common ancestor and d_max the largest.
    """
    if not beta >= 0:
        raise ValueError(f"beta: expected a number ≥ 0, got {beta}")
    distance = lca_heights(hierarchy).astype(np.float64)
    if math.isinf(beta):
        return torch.eye(hierarchy.n_classes)
    share = np.exp(-beta * distance / max(float(distance.max()), 1.0))
    return torch.from_numpy((share / share.sum(axis=1, keepdims=True)).astype(np.float32))


class SoftLabelLoss(nn.Module):
    """Cross entropy to ``soft_labels`` instead of to the class alone.

    Parameters
    ----------
    hierarchy : over the classes
    beta : at least 0; ``inf`` is plain cross entropy

    Raises
    ------
    ValueError
        ``beta`` is negative or NaN.

    Notes
    -----
    Keeps a (C, C) float32 table. The least value is the entropy of the target, not 0: the loss is
    the Kullback–Leibler divergence plus a constant.
    """

    labels: Tensor

    def __init__(self, hierarchy: Hierarchy, beta: float) -> None:
        super().__init__()
        self.register_buffer("labels", soft_labels(hierarchy, beta), persistent=False)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Average over a batch.

        Parameters
        ----------
        logits : (B, C) float
        target : (B,) int64 class ids

        Returns
        -------
        Scalar float32 (float64 for float64 logits); NaN for an empty batch

        Raises
        ------
        ValueError
            Shapes that do not fit, or, on a CPU, a class id outside 0 … C − 1.
        """
        logits = _checked(logits, target, len(self.labels))
        return F.cross_entropy(logits, self.labels[target].to(logits.dtype))


class HierarchicalCrossEntropy(nn.Module):
    """Cross entropy as a sum over the edges from the root to the class, weighted by depth.

    Parameters
    ----------
    hierarchy : over the classes
    alpha : at least 0; an edge to a node of depth k weighs ``exp(−alpha · k)``, so a larger value
        cares more for the upper groups; 0 is plain cross entropy, to the last bit
    normalised : divide the weights by their sum over all nodes, the root included, as the authors'
        code does; only a scale

    Raises
    ------
    ValueError
        ``alpha`` is negative or not finite.

    Notes
    -----
    Bertinetto et al. (CVPR 2020) §3.1, METHODS §22.5: ``L = −Σ λ(v) log p(v | parent of v)`` over
    the nodes v from below the root to the class, p(v) the sum of the softmax over the classes
    below v. Their text has λ depend on the height, their code and this one on the depth.

    Summed by parts: ``λ_1 H_0 + Σ (λ_(k+1) − λ_k) H_k``, where H_k is the cross entropy among the
    classes below the k-th node of the path; H_0, among all of them, is the plain one. The
    log-sum-exp of every group is made from those of its children, O(B·V) in one pass up the tree.
    """

    path: Tensor  # (C, D) nodes below the root and above each class; past the end, the class itself
    change: Tensor  # (C, D) weight of the edge below a node less that of the edge above it, or 0

    def __init__(self, hierarchy: Hierarchy, alpha: float, normalised: bool = False) -> None:
        super().__init__()
        if not 0 <= alpha < math.inf:
            raise ValueError(f"alpha: expected a finite number ≥ 0, got {alpha}")
        weight = np.exp(-alpha * np.arange(int(hierarchy.depth.max()) + 2))  # by depth
        if normalised:
            weight /= weight[hierarchy.depth].sum()
        path, change = _paths(hierarchy, weight)
        self.n_classes = hierarchy.n_classes
        self.top_weight = float(weight[1])
        self.is_plain = not change.any()
        self.register_buffer("path", torch.from_numpy(path), persistent=False)
        self.register_buffer("change", torch.from_numpy(change).float(), persistent=False)
        self.groups = _GroupSums(hierarchy)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Average over a batch.

        Parameters
        ----------
        logits : (B, C) float, finite
        target : (B,) int64 class ids

        Returns
        -------
        Scalar float32 (float64 for float64 logits); NaN for an empty batch

        Raises
        ------
        ValueError
            Shapes that do not fit, or, on a CPU, a class id outside 0 … C − 1.
        """
        logits = _checked(logits, target, self.n_classes)
        plain: Tensor = self.top_weight * F.cross_entropy(logits, target)
        if self.is_plain:
            return plain
        path = self.path[target]  # (B,) → (B, D)
        sample = torch.arange(len(target), device=target.device)[:, None]
        own = logits.gather(1, target[:, None])  # (B, 1)
        inside = self.groups(logits)[path, sample] - own  # (V, B) → (B, D)
        rest = (self.change[target].to(logits.dtype) * inside).sum(1).mean()
        loss: Tensor = plain + rest
        return loss


class _GroupSums(nn.Module):
    """Log-sum-exp of the logits of every node but the root, (B, C) → (V, B)."""

    leaves: Tensor

    def __init__(self, hierarchy: Hierarchy) -> None:
        super().__init__()
        self.n_nodes = hierarchy.n_nodes
        self.n_levels = 0
        node_of_class = torch.from_numpy(hierarchy.node_of_class.astype(np.int64))
        self.register_buffer("leaves", node_of_class, persistent=False)
        for height in range(1, int(hierarchy.height[0])):
            nodes = np.flatnonzero(hierarchy.height == height)
            children = [hierarchy.children(v) for v in nodes.tolist()]
            place = np.repeat(np.arange(len(nodes)), [len(c) for c in children])
            for name, array in (
                ("nodes", nodes),
                ("children", np.concatenate(children).astype(np.int64)),
                ("place", place),  # of each child's parent among ``nodes``
            ):
                self.register_buffer(f"{name}{height}", torch.from_numpy(array), persistent=False)
            self.n_levels = height

    def forward(self, logits: Tensor) -> Tensor:
        """Sum upwards; the row of the root stays 0."""
        levels = [
            tuple(getattr(self, f"{name}{height}") for name in ("nodes", "children", "place"))
            for height in range(1, self.n_levels + 1)
        ]
        sums: Tensor = _SumUp.apply(logits, self.leaves, self.n_nodes, levels)  # type: ignore[no-untyped-call]
        return sums


class _SumUp(torch.autograd.Function):
    """One pass up the tree; backwards one pass down, so that no level keeps a graph of its own."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        logits: Tensor,
        leaves: Tensor,
        n_nodes: int,
        levels: list[tuple[Tensor, Tensor, Tensor]],
    ) -> Tensor:
        sums = logits.new_zeros(n_nodes, len(logits))
        sums[leaves] = logits.T
        for nodes, children, place in levels:
            below = sums[children]  # (children, B)
            most = sums[nodes].fill_(-torch.inf)
            most.scatter_reduce_(0, place[:, None].expand_as(below), below, "amax")
            share = torch.zeros_like(most).index_add_(0, place, (below - most[place]).exp_())
            sums[nodes] = most + share.log_()
        ctx.save_for_backward(sums, leaves)
        ctx.levels = levels
        return sums

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401
        sums, leaves = ctx.saved_tensors
        gradient = gradient.clone()
        for nodes, children, place in reversed(ctx.levels):
            share = (sums[children] - sums[nodes][place]).exp_()
            gradient[children] += gradient[nodes][place] * share
        return gradient[leaves].T, None, None, None


def _paths(
    hierarchy: Hierarchy, weight: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """List the groups around each class, outer to inner, and how the weight changes there."""
    n = hierarchy.n_classes
    longest = max(int(hierarchy.depth.max()) - 1, 0)
    path = np.repeat(hierarchy.node_of_class.astype(np.int64)[:, None], longest, axis=1)
    change = np.zeros((n, longest))
    for class_id, node in enumerate(hierarchy.node_of_class.tolist()):
        groups = hierarchy.ancestors(node)[::-1][1:]
        path[class_id, : len(groups)] = groups
        depth = np.arange(1, len(groups) + 1)
        change[class_id, : len(groups)] = weight[depth + 1] - weight[depth]
    return path, change


def _checked(logits: Tensor, target: Tensor, n_classes: int) -> Tensor:
    """Return the logits in at least single precision."""
    if logits.ndim != 2 or logits.shape[1] != n_classes:
        raise ValueError(f"logits: expected shape (B, {n_classes}), got {tuple(logits.shape)}")
    if target.shape != logits.shape[:1] or target.dtype != torch.int64:
        raise ValueError(
            f"target: expected {len(logits)} int64 class ids, got {target.dtype} of shape "
            f"{tuple(target.shape)}"
        )
    # On an accelerator the look would wait for it; its own assertion ends the program instead.
    if target.device.type == "cpu" and len(target):
        bad = torch.nonzero((target < 0) | (target >= n_classes))
        if len(bad):
            row = int(bad[0])
            raise ValueError(
                f"target: expected class ids 0 to {n_classes - 1}, got {int(target[row])} in row "
                f"{row}"
            )
    return logits if logits.dtype == torch.float64 else logits.float()
