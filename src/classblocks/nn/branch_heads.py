"""What a branch puts on a layer's output."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HEADS = ("pool", "conv", "mlp")
SIDE = 2  # maps are pooled to 2×2
HIDDEN = 256


def branch_head(kind: str, n_groups: int, seed: int) -> nn.Module:
    """Build a head that takes its input size from the first input.

    Parameters
    ----------
    kind : one of ``HEADS``
    seed : of the weights

    Returns
    -------
    Module: units (B, N), tokens (B, T, N) or maps (B, N, h, w) → logits (B, n_groups)

    Notes
    -----
    METHODS §16.2; "mlp" follows B-CNN (Zhu & Bain 2017) with fewer units.
    """
    if kind == "pool":
        return nn.Sequential(_Pool(SIDE), _Linear(n_groups, seed))
    if kind == "conv":
        return nn.Sequential(_Pool(1), _Linear(n_groups, seed))
    if kind == "mlp":
        return nn.Sequential(
            _Pool(SIDE),
            _Linear(HIDDEN, seed),
            nn.BatchNorm1d(HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.5),
            _Linear(n_groups, seed + 1),
        )
    raise ValueError(f"head: expected one of {', '.join(HEADS)}, got {kind!r}")


class _Pool(nn.Module):
    """Flatten units, the mean of tokens, or maps averaged to ``side × side``.

    Notes
    -----
    Maps are averaged as ``adaptive_avg_pool2d`` does it, but by a product of matrices: its
    gradient costs a tenth on a CPU, where the other's is a tenth of a training step, and on a GPU
    it is the same in every run.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self._windows: dict[tuple[object, ...], Tensor] = {}

    def forward(self, values: Tensor) -> Tensor:
        if values.ndim == 2:
            return values
        if values.ndim == 3:
            return values.mean(1)
        if values.shape[1] == values.shape[2] != values.shape[3]:  # (B, h, w, N)
            values = values.permute(0, 3, 1, 2)
        if self.side == 1:
            return values.mean((2, 3))  # a 1×1 convolution and the mean commute
        windows = self._windows_of(values)
        with torch.autocast(values.device.type, enabled=False):
            if values.is_contiguous(memory_format=torch.channels_last):
                rows = values.permute(0, 2, 3, 1).flatten(1, 2)  # (B, h·w, N), a view
                means = (windows @ rows).transpose(1, 2)
            else:
                means = values.flatten(2) @ windows.T
        return means.flatten(1)  # (B, N, side²) → (B, N·side²)

    def _windows_of(self, maps: Tensor) -> Tensor:
        """(side², h·w), the share of every position in every mean."""
        h, w = maps.shape[2:]
        key = (h, w, maps.dtype, maps.device)
        if key not in self._windows:
            with torch.inference_mode(False):  # training may follow
                each = torch.eye(h * w, device=maps.device).view(h * w, 1, h, w)
                means = F.adaptive_avg_pool2d(each, self.side).flatten(1)  # (h·w, side²)
                self._windows[key] = means.T.to(maps.dtype)
        return self._windows[key]


class _Linear(nn.LazyLinear):
    """Weights from a seed of its own, so that the global random state stays as it was."""

    def __init__(self, n_out: int, seed: int) -> None:
        self.seed = seed
        super().__init__(n_out)

    def reset_parameters(self) -> None:
        if self.has_uninitialized_params() or self.in_features == 0:
            return
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            bound = self.in_features**-0.5
            for parameter in (self.weight, self.bias):
                drawn = torch.empty(parameter.shape).uniform_(-bound, bound)
                with torch.no_grad():
                    parameter.copy_(drawn)
