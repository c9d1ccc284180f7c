"""Two classic networks, AlexNet and Network in Network, cut down to pictures of 64×64."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS = (48, 128, 192, 192, 128)  # half of AlexNet's
SMALL_WIDTHS = (32, 96, 128, 128, 96)  # about a third: for training on a CPU
NIN_WIDTHS = (48, 96, 128, 256)


class AlexNet(nn.Module):
    """Five convolutions and three fully connected layers (Krizhevsky et al., NIPS 2012, §3.5).

    Parameters
    ----------
    n_classes : classes of the output layer
    widths : channels of ``conv1`` to ``conv5``; the paper has (96, 256, 384, 384, 256)
    hidden : outputs of the two hidden fully connected layers; the paper has 4096
    side : side of the images in pixels that the network is made for, at least 24; up to 40 the
        first convolution keeps the resolution, above it halves it
    norm : batch norm after every convolution. A liberty, the paper is older than it; without it
        the network needs about a tenth of the learning rate
    dropout : probability of a dropped input of the two hidden fully connected layers

    Raises
    ------
    ValueError
        ``widths`` are not five, or a size is too small.

    Notes
    -----
    Input (B, 3, H, W) float, normalised; output logits (B, n_classes). Layers by name: ``conv1`` to
    ``conv5`` (convolution, ReLU and, after 1, 2 and 5, pooling), ``fc6``, ``fc7``, ``head``.

    What differs from the paper, whose images are 224×224: the first kernel is 5×5 at stride 2
    instead of 11×11 at stride 4, the second 3×3 instead of 5×5, so that maps of a 64×64 image are
    16, 8 and 4 wide after the three poolings (27, 13 and 6 in the paper). The last maps are
    averaged to 4×4, which does nothing at 64×64 and lets other sides of 32 to 72 through. There are
    no channel groups and no local response normalisation. The maximum is pooled before norm and
    ReLU: without norm the result is the same (both keep the order of values), at a quarter of the
    work. Weights start as in He et al. (ICCV 2015).
    """

    def __init__(
        self,
        n_classes: int,
        widths: Sequence[int] = WIDTHS,
        hidden: int = 1024,
        side: int = 64,
        norm: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        _check_sizes("AlexNet", n_classes, widths, 5)
        if hidden < 1 or side < 24:
            raise ValueError(
                f"AlexNet: expected hidden ≥ 1 and side ≥ 24, got hidden {hidden} and side {side}"
            )
        w1, w2, w3, w4, w5 = widths
        stride = 1 if side <= 40 else 2
        self.conv1 = _conv(3, w1, 5, norm, stride=stride, pool=True)
        self.conv2 = _conv(w1, w2, 3, norm, pool=True)
        self.conv3 = _conv(w2, w3, 3, norm)
        self.conv4 = _conv(w3, w4, 3, norm)
        self.conv5 = _conv(w4, w5, 3, norm, pool=True)
        self.fc6 = nn.Sequential(nn.Dropout(dropout), nn.Linear(w5 * 4 * 4, hidden), nn.ReLU())
        self.fc7 = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, n_classes)
        _start_like_he(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, n_classes)."""
        x = self.conv2(self.conv1(x))
        x = self.conv5(self.conv4(self.conv3(x)))
        if x.shape[2:] != (4, 4):  # else nothing but its gradient, a twentieth of a step, is added
            x = F.adaptive_avg_pool2d(x, 4)
        logits: Tensor = self.head(self.fc7(self.fc6(x.flatten(1))))  # (B, w5·16) → (B, K)
        return logits


def small_alexnet(n_classes: int) -> AlexNet:
    """AlexNet with a third of the channels, for training on a CPU."""
    return AlexNet(n_classes, SMALL_WIDTHS)


class NIN(nn.Module):
    """Convolutions followed by small networks at every position (Lin et al., ICLR 2014).

    Parameters
    ----------
    n_classes : classes of the output layer
    widths : channels of ``block1`` to ``block4``
    side : side of the images in pixels that the network is made for, at least 24; up to 40 the
        first convolution keeps the resolution, above it halves it
    norm : batch norm after every convolution. A liberty, the paper is older than it
    dropout : probability of a dropped input of each block but the first

    Raises
    ------
    ValueError
        ``widths`` are not four, or a size is too small.

    Notes
    -----
    Input (B, 3, H, W) float, normalised; output logits (B, n_classes). A block is a convolution,
    pooling (not in ``block4``) and two convolutions of 1×1, with a ReLU after each of the three.
    Blocks 2 to 4 see 3×3, the first 5×5 at stride 2, so that the maps of a 64×64 image are 16, 8, 4
    and 4 wide; other sides from 24 work too. The paper pools at the end of a block, which costs
    four times as much, and gives each class a map whose average is its score; here the average
    comes before the last linear map, the same but for the paper's ReLU between the two.
    """

    def __init__(
        self,
        n_classes: int,
        widths: Sequence[int] = NIN_WIDTHS,
        side: int = 64,
        norm: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        _check_sizes("NIN", n_classes, widths, 4)
        if side < 24:
            raise ValueError(f"NIN: expected side ≥ 24, got {side}")
        w1, w2, w3, w4 = widths
        self.block1 = nn.Sequential(
            _conv(3, w1, 5, norm, stride=1 if side <= 40 else 2, pool=True), *_everywhere(w1, norm)
        )
        self.block2 = _network_block(w1, w2, norm, dropout, pool=True)
        self.block3 = _network_block(w2, w3, norm, dropout, pool=True)
        self.block4 = _network_block(w3, w4, norm, dropout, pool=False)
        self.head = nn.Linear(w4, n_classes)
        _start_like_he(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, n_classes)."""
        x = self.block4(self.block3(self.block2(self.block1(x))))
        logits: Tensor = self.head(torch.mean(x, dim=(2, 3)))  # (B, w4, H, W) → (B, K)
        return logits


def _conv(
    n_in: int, n_out: int, kernel: int, norm: bool, stride: int = 1, pool: bool = False
) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=not norm)]
    if pool:
        parts.append(nn.MaxPool2d(3, 2, 1))
    if norm:
        parts.append(nn.BatchNorm2d(n_out))
    return nn.Sequential(*parts, nn.ReLU(inplace=True))


def _everywhere(width: int, norm: bool) -> list[nn.Module]:
    return [_conv(width, width, 1, norm), _conv(width, width, 1, norm)]


def _network_block(n_in: int, n_out: int, norm: bool, dropout: float, pool: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout), _conv(n_in, n_out, 3, norm, pool=pool), *_everywhere(n_out, norm)
    )


def _start_like_he(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            is_last = isinstance(module, nn.Linear) and module is network.get_submodule("head")
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear" if is_last else "relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _check_sizes(name: str, n_classes: int, widths: Sequence[int], n_widths: int) -> None:
    if n_classes < 1 or len(widths) != n_widths or min(widths) < 1:
        raise ValueError(
            f"{name}: expected n_classes ≥ 1 and {n_widths} widths ≥ 1, got n_classes {n_classes} "
            f"and widths {tuple(widths)}"
        )
