"""From batches of uint8 pixels to network input, on whatever device they are."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NARROWEST = 16  # channels


def layout_of(network: nn.Module) -> torch.memory_format:
    """Choose how batches lie in memory: channels last, which is faster, where it is safe.

    Notes
    -----
    PyTorch 2.13 writes beyond its buffers on a CPU, and may crash, in the backward pass of
    convolutions with fewer than 16 channels when channels come last, the batch is odd and several
    threads work.
    """
    parameter = next(network.parameters(), None)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    on_cpu = parameter is None or parameter.device.type == "cpu"
    if on_cpu and any(conv.out_channels < NARROWEST for conv in convolutions):
        return torch.contiguous_format
    return torch.channels_last


def normalise(images: Tensor) -> Tensor:
    """uint8 (B, 3, H, W) → float32 in [-2, 2], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last).sub_(127.5).div_(63.75)


def augment(images: Tensor, *, size: int, crop_scale: float, flip: bool) -> Tensor:
    """Crop a random share of each image, resize it, mirror half of them.

    Parameters
    ----------
    images : (B, 3, H, W) float
    size : side of the result in pixels
    crop_scale : smallest share of the area that is kept
    flip : mirror half of the images left to right

    Returns
    -------
    (B, 3, size, size) float, channels last

    Notes
    -----
    Szegedy et al. (CVPR 2015), with aspect ratios of 3:4 to 4:3. Drawn on the CPU from torch's
    global random state, so that a run is the same on every device.
    """
    n = len(images)
    area = torch.empty(n).uniform_(crop_scale, 1)
    ratio = torch.exp(torch.empty(n).uniform_(-0.2877, 0.2877))  # 3:4 … 4:3
    scale_x = (area * ratio).sqrt().clamp(max=1)
    scale_y = (area / ratio).sqrt().clamp(max=1)
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if flip else torch.ones(n)
    shift_x = torch.empty(n).uniform_(-1, 1) * (1 - scale_x)
    shift_y = torch.empty(n).uniform_(-1, 1) * (1 - scale_y)
    boxes = torch.stack((scale_x * mirror, shift_x, scale_y, shift_y))
    grid = _grid(boxes.to(images.device, non_blocking=True), size)
    crops = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return crops.contiguous(memory_format=torch.channels_last)


def _grid(boxes: Tensor, size: int) -> Tensor:
    """(B, size, size, 2) places in [-1, 1] for boxes (4, B): scale and shift of x, then of y.

    As ``F.affine_grid``, which multiplies matrices for every pixel; nothing turns here.
    """
    scale_x, shift_x, scale_y, shift_y = boxes[:, :, None]
    centres = (torch.arange(size, device=boxes.device) * 2 + 1) / size - 1
    grid = torch.empty(boxes.shape[1], size, size, 2, device=boxes.device)
    grid[..., 0] = (scale_x * centres + shift_x)[:, None, :]
    grid[..., 1] = (scale_y * centres + shift_y)[:, :, None]
    return grid
