"""The whole page at 14 million samples and 21,841 classes in Chromium.

Run ``python benchmarks/browser_scale.py`` (three minutes; the study is made once and kept in
.build/benchmarks) or with ``--study PATH`` and a study of your own. "work" is the script time of an
input event and of the frame that answers it; "to pixels" also waits for the display. Budgets
(DESIGN.md §7): filter 100 ms, pan and zoom 60 frames/s, server memory 1.5 GB, hover 16 ms.
"""

import argparse
import os
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from browser_page import MEASURE, MOVES, served, synthesise
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parents[1] / ".build" / "benchmarks"
MATRIX = "[role=application][aria-label^='Confusion matrix']"
MARGIN_TOP = 96

LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) longTasks.push(one.duration);
}).observe({ type: 'longtask', buffered: true });
"""

WATCH = """
() => {
    window.answers = [];
    for (const kind of ['pointermove', 'wheel']) {
        let start = 0;
        let frameStart = 0;
        addEventListener(kind, () => {
            start = performance.now();
            requestAnimationFrame(() => { frameStart = performance.now(); });
        }, { capture: true, passive: true });
        addEventListener(kind, () => {
            const handled = performance.now() - start;
            const begun = start;
            requestAnimationFrame(() => {
                const work = handled + performance.now() - frameStart;
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => {
                    answers.push({ work, wall: performance.now() - begun });
                    port1.close();
                };
                port2.postMessage(null);
            });
        }, { passive: true });
    }
}
"""


def main() -> None:
    """Open the study, use every part of the page and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=21_841)
    parser.add_argument("--samples", type=int, default=14_000_000)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--repetitions", type=int, default=12)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    study = options.study or kept_study(options.samples, options.classes)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        with served(study) as server:
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.add_init_script(LONG_TASKS)
            started = time.monotonic()
            page.goto(server.address, wait_until="commit")
            page.wait_for_selector("#classblocks[data-ready=true]", timeout=600_000)
            ready = time.monotonic() - started
            page.wait_for_timeout(3000)
            print_opening(page, ready, server.pid)
            print(f"\n{'milliseconds':54}{'median':>9}{'p95':>9}{'least':>9}")
            measure_filters(page, options.repetitions)
            measure_pointer(page)
            print(f"\nserver memory, largest: {peak_memory(server.pid):,.0f} MB")
            print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        browser.close()


def kept_study(n_samples: int, n_classes: int) -> Path:
    """Make the study of browser_page.py in this size, once."""
    path = FOLDER / f"scale-{n_samples}-{n_classes}"
    if not (path / "results" / "net" / "result.json").exists():
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        synthesise(path, n_samples, n_classes)
    return path


def print_opening(page: Page, ready: float, pid: int) -> None:
    """Print what opening costs."""
    painted = page.evaluate("performance.getEntriesByName('classblocks:first-paint')[0].startTime")
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.enable")
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")
    nodes = client.send("Memory.getDOMCounters")["nodes"]
    print(f"first paint after navigation                {painted / 1000:8.2f} s")
    print(f"all samples loaded                          {ready:8.2f} s")
    print(f"JavaScript objects                          {heap['usedSize'] / 1e6:8.1f} MB")
    print(f"typed arrays                                {heap['backingStorageSize'] / 1e6:8.1f} MB")
    print(f"DOM nodes                                   {nodes:8,}")
    print(f"server memory                               {memory(pid, 'VmRSS'):8,.0f} MB")
    print(f"longest task while opening                  {longest_task(page):8.0f} ms")


def measure_filters(page: Page, repetitions: int) -> None:
    """Move one handle after the other; earlier filters stay on."""
    longest_task(page)
    for label, (slider, keys) in MOVES.items():
        times = page.evaluate(MEASURE, [slider, keys, repetitions])
        print_times(
            label, [dict(zip(times, one, strict=True)) for one in zip(*times.values(), strict=True)]
        )
    print(f"{'longest task during and after these':54}{longest_task(page):9.0f}")
    page.evaluate("location.hash = ''")


def measure_pointer(page: Page) -> None:
    """Hover, zoom from everything to a few cells and back, and pan at three zooms."""
    box = page.locator(MATRIX).bounding_box()
    assert box is not None
    side = box["height"] - MARGIN_TOP - 10
    x, y = box["x"] + 2 + 0.4 * side, box["y"] + MARGIN_TOP + 0.4 * side
    page.evaluate(WATCH)
    print_times("hover, everything in view", [move(page, x + i * 7, y + i * 5) for i in range(24)])
    ins = [turn(page, -240) for _ in range(18)]
    outs = [turn(page, 240) for _ in range(18)]
    print_times("zoom in and out", ins + outs)
    for steps, label in ((1, "nine tenths in view"), (4, "half"), (12, "a tenth")):
        for _ in range(steps):
            turn(page, -120)
        print_times(f"pan, {label}", drag(page, x, y))
        for _ in range(2 * steps):
            turn(page, 120)
    print(f"{'longest task during these':54}{longest_task(page):9.0f}")


def move(page: Page, x: float, y: float) -> dict[str, float]:
    """Move the pointer and wait for the answer."""
    before = page.evaluate("answers.length")
    page.mouse.move(x, y)
    return answer(page, before)


def turn(page: Page, delta: float) -> dict[str, float]:
    """Turn the wheel and wait for the answer."""
    before = page.evaluate("answers.length")
    page.mouse.wheel(0, delta)
    return answer(page, before)


def drag(page: Page, x: float, y: float) -> list[dict[str, float]]:
    """Pan with the Alt key down."""
    page.keyboard.down("Alt")
    page.mouse.move(x, y)
    page.mouse.down()
    answers = [move(page, x - 6 * i, y - 5 * i) for i in range(1, 25)]
    page.mouse.up()
    page.keyboard.up("Alt")
    page.mouse.move(x, y)
    return answers[1:]


def answer(page: Page, before: int) -> dict[str, float]:
    """Wait until the page has answered once more."""
    page.wait_for_function("n => answers.length > n", arg=before)
    last: dict[str, float] = page.evaluate("answers.at(-1)")
    page.wait_for_timeout(60)
    return last


def longest_task(page: Page) -> float:
    """Longest task since the last call, in milliseconds; 0 when none took 50."""
    found: float = page.evaluate(
        "() => { const most = Math.max(0, ...longTasks); longTasks.length = 0; return most; }"
    )
    return found


def print_times(label: str, times: list[dict[str, Any]]) -> None:
    """Print medians, 95th percentiles and least times; the first two warm up."""
    for name, key in (("work", "work"), ("to pixels", "wall")):
        kept = sorted(one[key] for one in times[2:])
        p95 = kept[int(0.95 * (len(kept) - 1))]
        median = statistics.median(kept)
        print(f"{label + ', ' + name:54}{median:9.2f}{p95:9.2f}{kept[0]:9.2f}")


def memory(pid: int, what: str) -> float:
    """Megabytes of a process as Linux counts them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def peak_memory(pid: int) -> float:
    """Most megabytes a process has held so far."""
    return memory(pid, "VmHWM")


if __name__ == "__main__":
    main()
