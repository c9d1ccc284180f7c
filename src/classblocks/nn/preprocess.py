"""From pictures to network input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from classblocks.nn.classics import NIN, AlexNet
from classblocks.nn.networks import SmallConvNet, SmallResNet

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocess:
    """Resize, crop the middle, scale each channel by ``(value - mean) / std``, as torchvision does.

    Attributes
    ----------
    size : side of the square input in pixels; None leaves images as large as they are
    mean, std : one number, or one for red, green and blue; in units where white is 1
    resize : the shorter side is first resized to this; None means ``size``
    """

    size: int | None = None
    mean: float | Sequence[float] = 0.5
    std: float | Sequence[float] = 0.25
    resize: int | None = None

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            values = np.atleast_1d(np.asarray(getattr(self, name), np.float64))
            if values.shape not in ((1,), (3,)) or not np.isfinite(values).all():
                raise ValueError(f"{name}: expected 1 or 3 numbers, got {getattr(self, name)}")
        if (np.asarray(self.std) <= 0).any():
            raise ValueError(f"std: expected positive numbers, got {self.std}")
        if self.size is not None and self.size < 1:
            raise ValueError(f"size: expected at least 1 pixel, got {self.size}")

    def __call__(self, image: Image.Image) -> Tensor:
        """Turn an RGB picture into (3, size, size) float32."""
        return self.scale(np.asarray(self._fit(image))[None])[0]

    def scale(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Turn images (B, H, W, 3) of the right size into (B, 3, H, W) float32."""
        mean = torch.tensor(self.mean, dtype=torch.float32) * 255
        std = torch.tensor(self.std, dtype=torch.float32) * 255
        values = torch.from_numpy(np.array(pixels)).to(torch.float32)
        return values.sub_(mean).div_(std).permute(0, 3, 1, 2)  # (B, H, W, 3) → (B, 3, H, W)

    def fits(self, height: int, width: int) -> bool:
        """Whether images of this size need neither resizing nor cropping."""
        return self.size is None or (
            height == width == self.size and self.resize in (None, self.size)
        )

    def _fit(self, image: Image.Image) -> Image.Image:
        if self.fits(image.height, image.width) or self.size is None:
            return image
        shorter, wanted = min(image.size), self.resize or self.size
        width, height = (max(self.size, wanted * side // shorter) for side in image.size)
        if (width, height) != image.size:
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        return image.crop((left, top, left + self.size, top + self.size))


def preprocess_of(model: nn.Module) -> Preprocess:
    """Guess how a network wants its images.

    Notes
    -----
    timm networks say so themselves (``pretrained_cfg``). The reference networks of this package
    take images as they are, scaled to -2..2 as in training. torchvision's take the middle 224
    pixels of 256. For any other network: images as they are, scaled by the mean and spread of
    ImageNet, which most published weights expect.
    """
    if isinstance(model, SmallResNet | SmallConvNet | AlexNet | NIN):
        return Preprocess(None, 0.5, 0.25)
    described = getattr(model, "pretrained_cfg", None)
    if isinstance(described, dict) and described.get("input_size"):
        return _of_timm(described)
    if type(model).__module__.startswith("torchvision.models"):
        return Preprocess(224, IMAGENET_MEAN, IMAGENET_STD, resize=256)
    return Preprocess(None, IMAGENET_MEAN, IMAGENET_STD)


def _of_timm(described: dict[str, Any]) -> Preprocess:
    size = int(described["input_size"][-1])
    share = float(described.get("crop_pct") or 1)
    mean = tuple(described.get("mean") or IMAGENET_MEAN)
    std = tuple(described.get("std") or IMAGENET_STD)
    return Preprocess(size, mean, std, resize=int(size / share))
