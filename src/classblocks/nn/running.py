"""Running a network over images, with one clear error where it fails."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from classblocks.nn.hooks import Responses
from classblocks.nn.outputs import logits_of
from classblocks.nn.preprocess import Preprocess
from classblocks.nn.spec import first_line
from classblocks.study.images import ImageSource, UnreadableImage
from classblocks.study.study import Study
from classblocks.study.writer import LayerShape


def chosen_device(name: str | torch.device | None) -> torch.device:
    """Find the device of that name, or cuda where there is one; an error if it cannot be used."""
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=device)
    # A build without CUDA asserts.
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {str(name)!r} cannot be used: {first_line(error)}") from None
    return device


@dataclass(frozen=True)
class Run:
    """A pass of a network over images, for the classes of a study."""

    images: ImageSource
    study: Study
    prepare: Callable[[Image.Image], Tensor]
    device: torch.device
    batch_size: int
    bfloat16: bool

    def forward(self, model: nn.Module, inputs: Tensor) -> Tensor:
        """Return logits (B, K)."""
        with torch.inference_mode(), self._precision():
            try:
                output = model(inputs.to(self.device, non_blocking=True))
            except (RuntimeError, TypeError, IndexError, AssertionError) as error:
                raise ValueError(
                    f"the network fails on input of shape {tuple(inputs.shape)}: "
                    f"{first_line(error)}"
                ) from error
        return logits_of(output, len(self.study.classes))

    def _precision(self) -> AbstractContextManager[Any]:
        if not self.bfloat16:
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def example(self, model: nn.Module) -> Tensor:
        """Prepare the first readable image, (1, 3, H, W), and see that the network takes it."""
        reason = "there are none"
        for i in range(self.images.n):
            try:
                example = self.prepare(self.images.read(i))[None].to(self.device)
            except UnreadableImage as error:
                reason = str(error)
                continue
            self.forward(model, example)
            return example
        raise ValueError(f"none of the {self.images.n} images can be read: {reason}")

    def shapes(
        self, model: nn.Module, example: Tensor, layers: Sequence[str], responses: Responses
    ) -> dict[str, LayerShape]:
        """Learn the size of every layer from one image."""
        self.forward(model, example)
        silent = [layer for layer in layers if layer not in responses]
        if silent:
            raise ValueError(f"layer {silent[0]!r} does not run when the network does")
        return {
            layer: LayerShape(
                responses[layer][0].shape[1], round(responses[layer][0].shape[2] ** 0.5)
            )
            for layer in layers
        }


def described(prepare: Callable[[Image.Image], Tensor]) -> Mapping[str, Any] | str:
    """Say how pictures are prepared, for the provenance of a result."""
    if isinstance(prepare, Preprocess):
        return asdict(prepare)
    return str(getattr(prepare, "__qualname__", type(prepare).__qualname__))
