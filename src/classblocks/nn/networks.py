"""Small reference networks that train in minutes on two CPU cores."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with a shortcut (He et al., CVPR 2016, fig. 2)."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(n_out)
        self.shortcut = (
            nn.Identity()
            if stride == 1 and n_in == n_out
            else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_in, H, W) to (B, n_out, H / stride, W / stride)."""
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class SmallResNet(nn.Module):
    """A four-stage residual network with one block per stage.

    Parameters
    ----------
    n_classes : classes of the output layer
    widths : channels of the four stages
    stem_stride : 2 halves the input first (64×64 images), 1 keeps it (32×32)

    Notes
    -----
    Input (B, 3, H, W) float, normalised; output logits (B, n_classes). Any H = W ≥ 16 works.
    """

    def __init__(
        self, n_classes: int, widths: Sequence[int] = (48, 96, 192, 384), stem_stride: int = 2
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, stem_stride, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        n_in = widths[0]
        stages = []
        for i, width in enumerate(widths):
            stages.append(ResidualBlock(n_in, width, 1 if i == 0 else 2))
            n_in = width
        self.stage1, self.stage2, self.stage3, self.stage4 = stages
        self.head = nn.Linear(n_in, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, n_classes)."""
        x = self.stem(x)
        x = self.stage4(self.stage3(self.stage2(self.stage1(x))))
        logits: Tensor = self.head(torch.mean(x, dim=(2, 3)))  # (B, C, H, W) → (B, C) → (B, K)
        return logits
