"""Beside Neo, Apple's hierarchical confusion matrix: the same table of confusions in both pages.

Run ``python benchmarks/neo.py --neo FOLDER`` (minutes: Neo draws an element for every cell), or
without ``--neo`` for our figures alone. FOLDER holds ``confMat.umd.cjs`` and ``style.css`` as the
build of Neo's library writes them; its source and how to build it are at
https://github.com/apple/ml-hierarchical-confusion-matrix. Neo's licence does not allow copies here.

The confusions are written in Neo's own JSON and opened by both: ours through
``classblocks import --predictions``. With ``--groups`` Neo draws its groups as rows and columns too
and needs far more memory than a tab is given at 1000 classes. Budgets: paint 1 s, hover 16 ms, heap
150 MB.
"""

import argparse
import json
import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from browser_page import served
from playwright.sync_api import Browser, Error, Page, sync_playwright
from synthetic import group_paths, predictions

from classblocks.study.importing import import_predictions

NEO_PAGE = """<!doctype html>
<meta charset="utf-8"><title>Neo</title>
<link rel="stylesheet" href="style.css">
<div id="matrix"></div>
<script src="confMat.umd.cjs"></script>
<script>
fetch('confusions.json').then((reply) => reply.json()).then((confusions) => {
    const library = window['Neo: Hierarchical Confusion Matrix'];
    library.embed('matrix', { classes: ['root'], normalization: 'total' }, confusions);
    requestAnimationFrame(() => performance.mark('painted'));
});
</script>
"""

# "work" leaves out the wait for the display's next frame, and the one for the event to be sent.
WATCH = """
() => {
    window.answers = [];
    let start = 0;
    let frameStart = 0;
    addEventListener('mousemove', () => {
        start = performance.now();
        requestAnimationFrame(() => { frameStart = performance.now(); });
    }, { capture: true });
    addEventListener('mousemove', (event) => {
        const handled = performance.now() - start;
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => {
                const end = performance.now();
                answers.push({ whole: end - event.timeStamp, work: handled + end - frameStart });
                port1.close();
            };
            port2.postMessage(null);
        });
    });
}
"""

ROWS = {
    "paint": ("from navigation to painted, ms", 0),
    "nodes": ("DOM nodes", 0),
    "heap": ("JavaScript heap and its buffers, MB", 0),
    "work": ("hover, work of one answer, median ms", 1),
    "hover": ("hover, from the move to pixels, median ms", 1),
    "worst": ("hover, from the move to pixels, most ms", 1),
}


def main() -> None:
    """Measure both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neo", type=Path, help="folder with confMat.umd.cjs and style.css")
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--groups", action="store_true", help="labels with their groups")
    parser.add_argument("--hovers", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=15, help="how long Neo may take to paint")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "confusions.json"
        file.write_text(json.dumps(confusions(options.samples, options.classes, options.groups)))
        browser = playwright.chromium.launch(
            executable_path=options.chromium,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        found = {"classblocks": measure_ours(browser, file, options.hovers)}
        problem = None
        if options.neo is not None:
            try:
                found["neo"] = measure_neo(browser, file, options)
            except Error as error:
                problem = str(error).splitlines()[0]
        browser.close()
    print(f"{options.samples:,} samples, {options.classes:,} classes; ", end="")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print_table(found)
    if problem is not None:
        print(f"\nNeo: {problem}")


def confusions(n_samples: int, n_classes: int, groups: bool) -> list[dict[str, Any]]:
    """Synthetic confusions as Neo reads them; it needs every class once as the true one."""
    drawn = predictions(n_samples, n_classes)
    paths = with_colons_left_out(group_paths(n_classes))
    labels = [":".join(["root", *(path if groups else path[-1:])]) for path in paths]
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (drawn["true"], drawn["pred"]), 1)
    rows, columns = np.nonzero(counts + np.eye(n_classes, dtype=np.int64))
    return [
        {"actual": [labels[i]], "observed": [labels[j]], "count": int(counts[i, j])}
        for i, j in zip(rows, columns, strict=True)
    ]


def with_colons_left_out(paths: list[list[str]]) -> list[list[str]]:
    """Colons part the labels of Neo."""
    return [[name.replace(":", "-") for name in path] for path in paths]


def measure_ours(browser: Browser, file: Path, n_hovers: int) -> dict[str, float]:
    """Import the table, view it and measure the page."""
    study = file.parent / "study"
    import_predictions(study, "net", file)
    with served(study) as server:
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(server.address, wait_until="commit")
        page.wait_for_selector("#classblocks[data-ready=true]", timeout=60_000)
        box = page.locator("[role=application][aria-label^='Confusion matrix']").bounding_box()
        assert box is not None
        found = measure(page, "classblocks:first-paint", n_hovers, (box["x"], box["y"] + 96, 600))
        page.close()
    return found


def measure_neo(browser: Browser, file: Path, options: argparse.Namespace) -> dict[str, float]:
    """Serve Neo's library with a page that embeds the table, and measure it."""
    site = file.parent / "neo"
    site.mkdir()
    for name in ("confMat.umd.cjs", "style.css"):
        shutil.copy(options.neo / name, site / name)
    shutil.copy(file, site / file.name)
    (site / "index.html").write_text(NEO_PAGE)
    with static(site) as address:
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(options.minutes * 60_000)
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => performance.getEntriesByName('painted').length > 0")
        found = measure(page, "painted", options.hovers, (400, 300, 400))
        page.close()
    return found


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line of log each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def guess_type(self, path: str) -> str:
        """Say that .cjs is JavaScript too."""
        return "text/javascript" if path.endswith(".cjs") else super().guess_type(path)


@contextmanager
def static(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def measure(
    page: Page, painted: str, n_hovers: int, square: tuple[float, float, float]
) -> dict[str, float]:
    """Read the time of a mark, count the nodes and the heap, then move the pointer in a square."""
    paint = page.evaluate("name => performance.getEntriesByName(name)[0].startTime", painted)
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.enable")
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")
    nodes = client.send("Memory.getDOMCounters")["nodes"]
    page.evaluate(WATCH)
    x, y, side = square
    rng = np.random.default_rng(0)
    for answered in range(1, n_hovers + 2):
        across, down = rng.uniform(0.1, 0.9, 2) * side
        page.mouse.move(x + across, y + down)
        page.wait_for_function("n => answers.length >= n", arg=answered)
    answers = page.evaluate("answers")[1:]
    hovers = [one["whole"] for one in answers]
    return {
        "paint": paint,
        "nodes": nodes,
        "heap": (heap["usedSize"] + heap.get("backingStorageSize", 0)) / 1e6,
        "work": statistics.median(one["work"] for one in answers),
        "hover": statistics.median(hovers),
        "worst": max(hovers),
    }


def print_table(found: dict[str, dict[str, float]]) -> None:
    """Print a column each, and how many times as much Neo takes."""
    neo = found.get("neo")
    names = [*found, *(["ratio"] if neo else [])]
    print(f"{'':42}" + "".join(f"{name:>14}" for name in names))
    for key, (label, digits) in ROWS.items():
        ours = found["classblocks"][key]
        cells = [f"{one[key]:14,.{digits}f}" for one in found.values()]
        if neo:
            cells.append(f"{neo[key] / ours:13,.0f}×")
        print(f"{label:42}" + "".join(cells))


if __name__ == "__main__":
    main()
