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


class SmallConvNet(nn.Module):
    """Four plain convolutions, for small pictures of one sign each.

    Parameters
    ----------
    n_classes : classes of the output layer
    widths : channels of the four blocks

    Notes
    -----
    Input (B, 3, 32, 32) float, normalised; output logits (B, n_classes). The last maps are not
    averaged: where a stroke lies tells characters apart.
    """

    def __init__(self, n_classes: int, widths: Sequence[int] = (24, 48, 96, 192)) -> None:
        super().__init__()
        self.block1 = _conv_block(3, widths[0], kernel=5, stride=2)
        self.block2 = _conv_block(widths[0], widths[1])
        self.block3 = _conv_block(widths[1], widths[2])
        self.block4 = _conv_block(widths[2], widths[3])
        self.head = nn.Linear(widths[3] * 4 * 4, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 3, 32, 32) to logits (B, n_classes)."""
        x = self.block1(x)  # (B, C1, 16, 16)
        x = F.max_pool2d(self.block2(x), 2)  # (B, C2, 8, 8)
        x = F.max_pool2d(self.block3(x), 2)  # (B, C3, 4, 4)
        x = self.block4(x)
        logits: Tensor = self.head(x.flatten(1))  # (B, C4, 4, 4) → (B, K)
        return logits


def _conv_block(n_in: int, n_out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(),
    )
