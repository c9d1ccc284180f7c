"""Filter, group metrics, pan and zoom in Chromium.

Run ``python benchmarks/browser_filter.py`` (half a minute). The page benchmark.html of the gallery
in web/test draws icicle and matrix of synthetic predictions. "work" is the time spent computing and
painting, "to pixels" also waits for the display's next frame (16.7 ms).
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = Path(__file__).resolve().parent.parent / "web"


def main() -> None:
    """Run the measurements and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=1_280_000)
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()

    with vite() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1024})
        page.goto(f"{address}/test/gallery/benchmark.html")
        page.wait_for_function("'benchmark' in window")
        times = page.evaluate(
            "([classes, samples, repetitions]) => benchmark(classes, samples, repetitions)",
            [options.classes, options.samples, options.repetitions],
        )
        browser.close()
    print_table(options, times)


@contextmanager
def vite() -> Iterator[str]:
    """Serve the gallery on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(WEB / "node_modules/.bin/vite"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--strictPort",
    ]
    server = subprocess.Popen(command, cwd=WEB, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, seconds: float = 30) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/test/gallery/benchmark.html").close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def print_table(options: argparse.Namespace, times: dict[str, Any]) -> None:
    """Print medians and 95th percentiles in milliseconds."""
    width, height, ratio = times["size"]
    print(f"{options.samples:,} samples, {options.classes:,} classes, {times['nCells']:,} cells,")
    print(f"{times['nNodes']:,} groups; page {width} x {height}, device pixel ratio {ratio}\n")
    print(f"{'milliseconds':54}{'median':>9}{'p95':>9}")
    rows = {
        "filter p(pred) -> repainted": "filterOne",
        "filter top-k -> repainted": "filterRank",
        "filter top-k, p(pred), p(true) -> repainted": "filterAll",
        "zoom step": "zoom",
        "pan step": "pan",
    }
    for label, key in rows.items():
        print_row(f"{label}, work", times[key]["work"])
        print_row(f"{label}, to pixels", times[key]["wall"])
    print_row("metrics of all groups", times["metrics"])
    print_row("interval between frames while panning", times["intervals"])


def print_row(label: str, values: list[float]) -> None:
    """Print one row; the first repetition warms up and is left out."""
    kept = sorted(values[1:])
    print(f"{label:54}{statistics.median(kept):9.2f}{kept[int(0.95 * (len(kept) - 1))]:9.2f}")


if __name__ == "__main__":
    main()
