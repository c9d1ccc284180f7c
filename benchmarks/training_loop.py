"""Images per second of ``classblocks train`` beside the usual loop over a folder of pictures.

Run ``python benchmarks/training_loop.py`` on an idle machine (about four minutes). Same pictures,
network, batch, optimizer, crops and precision, in turns:

- usual: torchvision's ``ImageFolder``, each picture decoded, cropped and mirrored on its own by
  ``RandomResizedCrop`` and ``RandomHorizontalFlip``, a ``DataLoader`` with 0 or more processes
- classblocks: decoded once, kept as uint8, cropped and mirrored as a batch, Lightning's loop
- ceiling: the training step alone, on one batch that is ready

Each in a process of its own, as a command runs: ``classblocks train`` keeps freed memory.

``--data`` takes a folder or Parquet; without it smooth random pictures are made.
"""

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from classblocks.core.malloc import keep_freed_memory
from classblocks.nn.spec import load_model
from classblocks.nn.torchvision_import import make_torchvision_importable
from classblocks.nn.training.config import Config, Data, Network, Recipe, Recording
from classblocks.nn.training.run import train
from classblocks.study.images import ImageSource, open_images

N_VAL = 64  # the engine measures after each epoch, which is not timed here


@dataclass(frozen=True)
class Speed:
    """Of one epoch after a first one."""

    per_second: float
    cpu_ms: float  # processor time per image, all processes


def write_pictures(folder: Path, args: argparse.Namespace) -> None:
    """Fill ``folder/train`` and ``folder/val`` with one folder for each class."""
    rng = np.random.default_rng(0)
    if args.data is None:
        labels = rng.integers(args.classes, size=args.images)
        names = [f"class{i:04}" for i in range(args.classes)]
    else:
        source = open_images(args.data)
        rows = np.sort(rng.permutation(source.n)[: args.images])
        labels, names = label_of(source, rows)
    for i, label in enumerate(labels.tolist()):
        for split in ("train", "val") if i < N_VAL else ("train",):
            target = folder / split / names[label]
            target.mkdir(parents=True, exist_ok=True)
            if args.data is not None:
                (target / f"{i}.jpg").write_bytes(source.read_bytes(int(rows[i])))
                continue
            coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8))
            picture = coarse.resize((args.side, args.side), Image.Resampling.BICUBIC)
            picture.save(target / f"{i}.jpg", quality=90)
    for name in names:
        for split in ("train", "val"):
            (folder / split / name).mkdir(parents=True, exist_ok=True)


def usual(folder: Path, workers: int, args: argparse.Namespace) -> Speed:
    """Train two epochs in the usual way, time the second."""
    from torchvision import datasets, transforms

    transform = transforms.Compose(
        [
            transforms.RandomResizedCrop(args.size, (0.35, 1)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.25] * 3),
        ]
    )
    pictures = datasets.ImageFolder(folder / "train", transform, allow_empty=True)
    batches = torch.utils.data.DataLoader(
        pictures, args.batch, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )
    step = stepper(len(pictures.classes), 2 * len(batches), args)
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        for images, target in batches:
            step(images.contiguous(memory_format=torch.channels_last), target)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    before = children_seconds()
    del batches
    # Processes count when they end, both epochs together.
    cpu += (children_seconds() - before) / 2
    return Speed(len(pictures) / wall, cpu / len(pictures) * 1e3)


def engine(folder: Path, out: Path, args: argparse.Namespace) -> Speed:
    """Train two epochs with the engine, time the second."""
    keep_freed_memory()
    config = Config(
        name="benchmark",
        out=str(out),
        data=Data(str(folder / "train"), str(folder / "val"), args.side, cache=str(folder / "px")),
        network=Network(args.model),
        recipe=Recipe(epochs=2, batch_size=args.batch, size=args.size),
        recording=Recording(every=1),
    )
    first, second = train(config, progress=False).log
    n = sum(1 for _ in (folder / "train").rglob("*.jpg"))
    cpu = second["cpu_seconds"] - first["cpu_seconds"]
    return Speed(n / (second["seconds"] - first["seconds"]), cpu / n * 1e3)


def ceiling(n_classes: int, n_steps: int, args: argparse.Namespace) -> Speed:
    """Train on one batch again and again."""
    images = torch.randn(args.batch, 3, args.size, args.size)
    images = images.contiguous(memory_format=torch.channels_last)
    target = torch.randint(n_classes, (args.batch,))
    step = stepper(n_classes, n_steps + 2, args)
    step(images, target)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(n_steps):
        step(images, target)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n = n_steps * args.batch
    return Speed(n / wall, cpu / n * 1e3)


def stepper(
    n_classes: int, n_steps: int, args: argparse.Namespace
) -> Callable[[torch.Tensor, torch.Tensor], None]:
    """Give what trains one step by the engine's recipe."""
    recipe = Recipe()
    network = load_model(args.model, n_classes).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(
        network.parameters(), recipe.lr, momentum=0.9, weight_decay=5e-4, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, total_steps=n_steps)

    def step(images: torch.Tensor, target: torch.Tensor) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images)
        loss = F.cross_entropy(logits.float(), target, label_smoothing=recipe.label_smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()

    return step


def alone(way: Callable[[], Speed], threads: int) -> Speed:
    """Measure in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, prepare, (threads,)) as pool:
        return pool.submit(way).result()


def prepare(threads: int) -> None:
    """Set up a process that measures."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    make_torchvision_importable()


def children_seconds() -> float:
    """Processor time of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def label_of(source: ImageSource, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Class numbers of some images of a source, and a name for each."""
    labels = source.labels[rows]
    kinds, number = np.unique(labels, return_inverse=True)
    return number, [f"class{i:04}" for i in range(len(kinds))]


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", help="labelled images; default: made")
    parser.add_argument("--model", default="classblocks.nn.classics:small_alexnet")
    parser.add_argument("--images", type=int, default=8192)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--side", type=int, default=64, help="of the pictures")
    parser.add_argument("--size", type=int, default=56, help="of the crops")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_pictures(folder, args)
        found: dict[str, list[Speed]] = {}
        for turn in range(args.rounds):
            ways: dict[str, Callable[[], Speed]] = {
                f"usual loop, {n} processes": partial(usual, folder, n, args) for n in args.workers
            }
            ways["classblocks train"] = partial(engine, folder, folder / f"run{turn}", args)
            ways["ceiling"] = partial(ceiling, args.classes, args.images // args.batch, args)
            for name, way in ways.items():
                found.setdefault(name, []).append(alone(way, args.threads))
    print(
        f"{args.model}, {args.images:,} pictures of {args.side}×{args.side}, crops of {args.size}, "
        f"batches of {args.batch}, {args.threads} threads, median of {args.rounds}"
    )
    ours = statistics.median(one.per_second for one in found["classblocks train"])
    for name, speeds in found.items():
        rate = statistics.median(one.per_second for one in speeds)
        cpu = statistics.median(one.cpu_ms for one in speeds)
        print(
            f"{name:26}{rate:9,.0f} images/s   {cpu:6.2f} ms processor per image   "
            f"classblocks / this {ours / rate:.2f}"
        )


if __name__ == "__main__":
    main()
