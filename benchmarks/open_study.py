"""Opening a study: from the command to the first paint of the matrix in Chromium.

Run: ``python benchmarks/open_study.py [--runs 5] [--rows 50000 1280000] [--classes 1000]``

Chromium is running already, as a user's browser is; every run starts ``classblocks view`` as a new
process and opens its address in a fresh tab without cache. Budgets (DESIGN.md §7): 1 s for 50,000
rows, 2 s for 1,280,000.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from classblocks import study as studies
from classblocks.core.hierarchy import Hierarchy

FOLDER = Path(__file__).parents[1] / ".build" / "benchmarks"
BUDGET_SECONDS = {50_000: 1.0, 1_280_000: 2.0}
FIRST_PAINT = "classblocks:first-paint"


def synthesise(n_samples: int, n_classes: int) -> Path:
    """Make a study whose errors stay mostly near the diagonal; kept between calls."""
    path = FOLDER / f"open-{n_samples}-{n_classes}"
    if (path / "results" / "net").exists():
        return path
    shutil.rmtree(path, ignore_errors=True)
    rng = np.random.default_rng(0)
    true = rng.permutation(np.arange(n_samples) % n_classes).astype(np.int32)
    near = np.abs(true + rng.geometric(0.1, n_samples) * rng.choice([-1, 1], n_samples))
    wrong = np.where(rng.random(n_samples) < 0.9, near, rng.integers(0, n_classes, n_samples))
    is_right = rng.random(n_samples) < 0.7
    pred = np.where(is_right, true, np.minimum(wrong, n_classes - 1)).astype(np.int32)
    p_pred = rng.beta(5, 2, n_samples).astype(np.float32)
    p_true = np.where(pred == true, p_pred, (1 - p_pred) * rng.random(n_samples))
    true_rank = np.where(pred == true, 0, 1 + rng.geometric(0.2, n_samples)).clip(0, n_classes - 1)
    names = [f"class {class_id}" for class_id in range(n_classes)]
    study = studies.create(path, names, name=f"{n_samples:,} rows")
    study.add_hierarchy("groups", Hierarchy.from_paths(_paths(names)), default=True)
    study.add_result(
        "net",
        true=true,
        pred=pred,
        p_pred=p_pred,
        p_true=p_true.astype(np.float32),
        true_rank=true_rank.astype(np.int32),
    )
    return path


def _paths(names: list[str]) -> list[list[str]]:
    return [[f"a{i // 100}", f"b{i // 20}", f"c{i // 5}", name] for i, name in enumerate(names)]


def open_once(browser: Browser, study: Path) -> tuple[float, float]:
    """Return seconds from the command to the printed address, and to the first paint."""
    command = [sys.executable, "-m", "classblocks", "view", str(study), "--no-browser"]
    started = time.time()
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            listening = time.time()
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            page.goto(url, wait_until="commit")
            page.wait_for_function(
                "name => performance.getEntriesByName(name).length > 0", arg=FIRST_PAINT
            )
            painted = page.evaluate(
                "name => performance.timeOrigin + performance.getEntriesByName(name)[0].startTime",
                FIRST_PAINT,
            )
            context.close()
        finally:
            server.terminate()
    return listening - started, painted / 1000 - started


def main() -> None:
    """Print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="+", default=list(BUDGET_SECONDS))
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=arguments.chromium, args=["--no-sandbox"]
        )
        for n_samples in arguments.rows:
            study = synthesise(n_samples, arguments.classes)
            runs = [open_once(browser, study) for _ in range(arguments.runs + 1)][1:]
            listening, painted = (statistics.median(times) for times in zip(*runs, strict=True))
            budget = BUDGET_SECONDS.get(n_samples)
            beside = "" if budget is None else f", budget {budget:.1f} s"
            print(
                f"{n_samples:>9,} rows x {arguments.classes:,} classes: address {listening:.2f} s, "
                f"first paint {painted:.2f} s (median of {arguments.runs}{beside})"
            )
        browser.close()


if __name__ == "__main__":
    main()
