"""What recording costs beside plain inference of the same network on the same batches.

Run ``python benchmarks/recording.py`` on an idle machine (about three minutes at 64×64), or with
``--side 224 --images 512 --batch 32``. Both run in one process and take turns. On a machine with
other work only the last lines count, with ``OMP_NUM_THREADS=1`` and ``--runs 0 --threads 1``.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from classblocks.core.logits import LogitSums
from classblocks.core.malloc import keep_freed_memory
from classblocks.nn import hooks
from classblocks.nn.arrays import ArrayImages
from classblocks.nn.batches import batches
from classblocks.nn.networks import ResidualBlock
from classblocks.nn.preprocess import Preprocess
from classblocks.nn.recording import record
from classblocks.nn.running import Run
from classblocks.nn.sink import Sink
from classblocks.study.study import create
from classblocks.study.writer import ResultWriter


class ResNet18(nn.Module):
    """The network of He et al. (CVPR 2016), table 1, for 224×224 images."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()
        )
        self.pool = nn.MaxPool2d(3, 2, 1)
        widths = (64, 64, 128, 256, 512)
        for i in range(1, 5):
            first = ResidualBlock(widths[i - 1], widths[i], 1 if i == 1 else 2)
            setattr(self, f"layer{i}", nn.Sequential(first, ResidualBlock(widths[i], widths[i])))
        self.head = nn.Linear(512, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) to (B, n_classes)."""
        x = self.pool(self.stem(x))
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
        return self.head(x.mean((2, 3)))


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


PARTS = {
    "creating the study": (sys.modules[__name__], "create"),
    "network": (Run, "forward"),
    "preprocessing": (Preprocess, "scale"),
    "hooks": (hooks, "reduced"),
    "rows and sums": (Sink, "add"),
    "logit sums": (LogitSums, "add"),
    "finishing": (ResultWriter, "finish"),
}


@contextmanager
def timed_parts() -> Iterator[dict[str, float]]:
    """Add up the processor time of what a recording calls."""
    originals = {name: getattr(owner, attribute) for name, (owner, attribute) in PARTS.items()}
    spent = dict.fromkeys(PARTS, 0.0)

    def timed(name: str) -> Callable[..., object]:
        def call(*args: object) -> object:
            start = time.process_time()
            try:
                return originals[name](*args)
            finally:
                spent[name] += time.process_time() - start

        return call

    for name, (owner, attribute) in PARTS.items():
        setattr(owner, attribute, timed(name))
    try:
        yield spent
    finally:
        for name, (owner, attribute) in PARTS.items():
            setattr(owner, attribute, originals[name])


def print_medians(times: dict[str, list[tuple[float, float]]]) -> None:
    """Print the times of each way and their ratios to plain inference."""
    base = [statistics.median(column) for column in zip(*times["plain inference"], strict=True)]
    for name, rows in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        print(
            f"{name:26}{wall:8.2f} s wall{cpu:8.2f} s processor   "
            f"ratio {wall / base[0]:.3f} wall, {cpu / base[1]:.3f} processor"
        )


def print_parts(name: str, recording: Callable[[], object]) -> None:
    """Print what one recording spends beside the network: other work cannot change that ratio."""
    with timed_parts() as spent:
        _, whole = seconds(recording)
    spent["network"] -= spent["hooks"]
    spent["rows and sums"] -= spent["logit sums"]
    spent["rest"] = whole - sum(spent.values())
    plain = spent.pop("network") + spent.pop("preprocessing")
    shares = ", ".join(f"{part} {time / plain:.1%}" for part, time in spent.items())
    print(f"{name}: {whole / plain:.3f} of the network's {plain:.2f} s inside it: {shares}")


def main() -> None:
    """Print medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--images", type=int, default=16_384)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()  # as `classblocks record` does
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (args.images, args.side, args.side, 3), dtype=np.uint8)
    labels = rng.integers(0, args.classes, args.images)
    source = ArrayImages(pixels, labels)
    prepare = Preprocess(None, 0.5, 0.25)
    model = ResNet18(args.classes).eval()
    names = [f"class {i}" for i in range(args.classes)]

    @torch.inference_mode()
    def plain() -> None:
        for batch in batches(source, prepare, batch_size=args.batch):
            torch.softmax(model(batch.inputs), 1).argmax(1)

    def recording(
        layers: list[str] | None, logits: bool = True, images: ArrayImages = source
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            study = create(Path(folder) / "study", names)
            record(
                model, images, study, "r", layers=layers, preprocess=prepare, device="cpu",
                batch_size=args.batch, progress=False, thumbnails=False, logits=logits,
            )  # fmt: skip

    ways: dict[str, Callable[[], object]] = {
        "plain inference": plain,
        "record, without logit sums": lambda: recording([], logits=False),
        "record, predictions only": lambda: recording([]),
        "record, default layers": lambda: recording(None),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    # The first recording of a process imports what writes tables.
    recording(None, images=ArrayImages(pixels[: args.batch], labels[: args.batch]))
    for _ in range(args.runs):
        for name, way in ways.items():
            times[name].append(seconds(way))
    print(
        f"{args.images:,} images of {args.side}×{args.side}, {args.classes:,} classes, "
        f"batches of {args.batch}, {args.threads} threads, median of {args.runs}"
    )
    if args.runs:
        print_medians(times)
    print("processor time inside one recording")
    for name, way in list(ways.items())[1:]:
        print_parts(name, way)


if __name__ == "__main__":
    main()
