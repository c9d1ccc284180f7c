"""What probes cost: one fit beside scikit-learn's, and the memory of everything by images.

Run ``python benchmarks/probes.py`` on an idle machine (about five minutes). Both solvers minimise
the same objective on the same rows to the same largest entry of the gradient. For memory, a small
network is probed over made-up images in processes of their own; what is kept of the features is on
disk, so that only anonymous pages count.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression

from classblocks.nn.logistic import Problem, fit
from classblocks.nn.networks import SmallResNet
from classblocks.nn.probes import probe
from classblocks.study.images import ImageSource
from classblocks.study.study import create


class Rows:
    """Features in memory."""

    def __init__(self, features: torch.Tensor) -> None:
        self.features = features
        self.width = features.shape[1]

    def blocks(self, parts):
        """Give them in blocks."""
        yield from self.features.split(4096)

    def take(self, parts, rows):
        """Give some of them."""
        return self.features[rows]


class MadeUp(ImageSource):
    """Noise of 64×64 pixels whose colour depends on the class; nothing is kept."""

    def __init__(self, n: int, n_classes: int, seed: int) -> None:
        super().__init__(np.arange(n, dtype=np.int64) % n_classes, None)
        self.seed = seed

    def uri(self, i: int) -> str:
        """Name an image."""
        return f"{self.seed}/{i}"

    def read_bytes(self, i: int) -> bytes:
        """Give its pixels."""
        return self.read(i).tobytes()

    def read(self, i: int) -> Image.Image:
        """Draw it."""
        rng = np.random.default_rng((self.seed, i))
        pixels = rng.integers(0, 200, (64, 64, 3), dtype=np.uint8)
        return Image.fromarray(pixels + np.uint8(self.labels[i] % 50))


def rows(n: int, width: int, n_classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clusters with correlated features, standardised."""
    rng = torch.Generator().manual_seed(0)
    target = torch.arange(n) % n_classes
    mixing = torch.randn(width, width, generator=rng) / width**0.5
    centres = torch.randn(n_classes, width, generator=rng)
    x = (centres[target] + 4 * torch.randn(n, width, generator=rng)) @ mixing
    return (x - x.mean(0)) / x.std(0, correction=0), target


def compare(n: int, width: int, n_classes: int, strength: float) -> None:
    """Time both solvers once."""
    x, target = rows(n, width, n_classes)
    c = 1 / (strength * n)
    problem = Problem(Rows(x), ("all",), target, n_classes)
    started, cpu = time.perf_counter(), time.process_time()
    found = fit(problem, c)
    ours = time.perf_counter() - started, time.process_time() - cpu
    started, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = LogisticRegression(C=c, tol=1e-2 * problem.steepest, max_iter=1000)
        theirs.fit(x.numpy(), target.numpy())
    other = time.perf_counter() - started, time.process_time() - cpu
    mine = (x @ found.weight + found.bias).argmax(1).numpy()
    same = float((mine == theirs.predict(x.numpy())).mean())
    print(
        f"{n:7,d} × {width:5,d}, {n_classes} classes, λ = {strength:g}: "
        f"{ours[0]:6.1f} s ({ours[1]:6.1f} s processor, {found.passes} passes), "
        f"scikit-learn {other[0]:6.1f} s ({other[1]:6.1f} s, {int(theirs.n_iter_[0])} steps); "
        f"{same:.1%} of the predictions agree"
    )


def anonymous() -> int:
    """Bytes of memory that no file stands behind."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("RssAnon:")[1].split()[0])


def memory(n: int) -> None:
    """Probe a small network over n images and print what it took."""
    most, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            most[0] = max(most[0], anonymous())

    torch.manual_seed(0)
    model = SmallResNet(50, (16, 32, 64, 128))
    with tempfile.TemporaryDirectory() as folder:
        study = create(Path(folder) / "study", [f"class {i}" for i in range(50)])
        before = anonymous()
        thread = threading.Thread(target=watch)
        thread.start()
        started = time.perf_counter()
        probe(
            model, MadeUp(n, 50, 1), MadeUp(n // 4, 50, 2), study, name="r", progress=False,
            c=1e-3, device="cpu",
        )  # fmt: skip
        seconds = time.perf_counter() - started
        stop.set()
        thread.join()
    print(
        f"{n + n // 4:7,d} images: {(most[0] - before) / 2**20:6.0f} MiB more than before, "
        f"{seconds:.1f} s"
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=int, metavar="N", help="only this many images")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory:
        memory(args.memory)
        return
    x, target = rows(40, 5, 4)
    fit(Problem(Rows(x), ("all",), target, 4), 1.0)  # PyTorch imports its optimisers once
    for strength in (0.1, 0.01):
        compare(5_000, 768, 200, strength)
        compare(5_000, 1_536, 200, strength)
    for n in (2_000, 8_000, 32_000):
        subprocess.run(
            [sys.executable, __file__, "--memory", str(n), "--threads", str(args.threads)],
            check=True,
        )


if __name__ == "__main__":
    main()
