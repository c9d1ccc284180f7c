"""Filter sliders of the whole page in Chromium: from the key to the repainted matrix.

Run ``python benchmarks/browser_page.py`` (a minute). Unlike browser_filter.py, which drives icicle
and matrix alone, this serves a study and moves the handles of the real page. "work" is the script
time from the key until the canvases are drawn, "to pixels" also waits for the display's next frame
(16.7 ms). Budget (DESIGN.md §7): 16 ms of work at 1.28 M samples and 1000 classes.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright
from synthetic import group_paths, predictions

import classblocks as cb

MOVES = {
    "p(pred) → repainted": ("p(pred), least", ["ArrowRight"]),
    "rank of true, p(pred) → repainted": (
        "rank of true ≥",
        ["ArrowRight", "ArrowRight", "ArrowLeft"],
    ),
    "p(true), rank, p(pred) → repainted": ("p(true), most", ["ArrowLeft"]),
}

MEASURE = """
async ([label, keys, times]) => {
    const handle = [...document.querySelectorAll('[role=slider]')].find(
        (one) => one.getAttribute('aria-label') === label,
    );
    handle.focus();
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    // A message sent during a frame arrives when the frame has been handed to the compositor.
    const afterFrame = () => new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
            port1.close();
            resolve();
        };
        port2.postMessage(null);
    });
    const work = [];
    const wall = [];
    for (let i = 0; i < times; i++) {
        let frameStart = 0;
        requestAnimationFrame(() => {
            frameStart = performance.now();
        });
        const key = keys[i % keys.length];
        const start = performance.now();
        const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
        handle.dispatchEvent(event);
        await Promise.resolve().then(() => {});
        const computed = performance.now() - start;
        await nextFrame();
        work.push(computed + performance.now() - frameStart);
        await afterFrame();
        wall.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return { work, wall };
}
"""


def main() -> None:
    """Make the study, move every handle and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=1_280_000)
    parser.add_argument("--repetitions", type=int, default=30)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "study"
        synthesise(path, options.samples, options.classes)
        browser = playwright.chromium.launch(
            executable_path=options.chromium,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        with served(path) as server:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(server.address)
            page.wait_for_selector("#classblocks[data-ready=true]", timeout=60_000)
            page.wait_for_timeout(1500)
            print(f"{options.samples:,} samples, {options.classes:,} classes; ", end="")
            print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
            print(f"{'milliseconds':54}{'median':>9}{'p95':>9}")
            measure(page, options.repetitions)
        browser.close()


@dataclass(frozen=True)
class Server:
    """A running ``classblocks view``."""

    address: str
    pid: int


@contextmanager
def served(study: Path) -> Iterator[Server]:
    """Serve a study on a free port."""
    command = [
        sys.executable,
        "-m",
        "classblocks",
        "view",
        str(study),
        "--no-browser",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            words = server.stdout.readline().split()
            address = next(word for word in words if word.startswith("http"))
            yield Server(address, server.pid)
        finally:
            server.terminate()


def synthesise(path: Path, n_samples: int, n_classes: int) -> None:
    """Write the study of browser_filter.py's size with predictions of core's benchmarks."""
    drawn = predictions(n_samples, n_classes)
    study = cb.create(path, classes=[f"class {c}" for c in range(n_classes)])
    study.add_hierarchy("given", cb.Hierarchy.from_paths(group_paths(n_classes)), default=True)
    study.add_result("net", model="net", **drawn)


def measure(page: Page, repetitions: int) -> None:
    """Move one handle after the other; earlier filters stay on."""
    for label, (slider, keys) in MOVES.items():
        times = page.evaluate(MEASURE, [slider, keys, repetitions])
        for name, row in (("work", times["work"]), ("to pixels", times["wall"])):
            kept = sorted(row[2:])
            p95 = kept[int(0.95 * (len(kept) - 1))]
            print(f"{label + ', ' + name:54}{statistics.median(kept):9.2f}{p95:9.2f}")


if __name__ == "__main__":
    main()
