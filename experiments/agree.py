"""Compare what the page shows of a study with scikit-learn, group by group, in a real Chromium.

Run ``classblocks view STUDY --port 8265 --no-browser`` and then
``python experiments/agree.py STUDY http://127.0.0.1:8265/``.
"""

import argparse
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from sklearn.metrics import confusion_matrix

import classblocks as cb

FILTERS = {"": 0, "&topk=1": 1, "&topk=5": 5}


def shown(page: Page, url: str, fragment: str) -> dict[str, int]:
    """Open a state and read the numbers of the page."""
    page.goto("about:blank")
    page.goto(f"{url}#{fragment}")
    page.wait_for_selector("#classblocks[data-ready='true']", timeout=20_000)
    root = page.locator("#classblocks")
    numbers = {
        key: int(root.get_attribute(f"data-{key}") or 0) for key in ("shown", "tp", "fp", "fn")
    }
    viewer = page.locator("[data-samples]").first
    numbers["viewer"] = int(viewer.get_attribute("data-samples") or 0)
    return numbers


def table(page: Page) -> np.ndarray:
    """Read the table that mirrors the block in focus."""
    page.wait_for_selector("table.hidden-text", state="attached")
    rows = page.locator("table.hidden-text tbody tr").all()
    cells = [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]
    return np.array([[int(text.replace(",", "") or 0) for text in row] for row in cells])


def main() -> None:
    """Check groups under three filters, and the table of confusions between their parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("url")
    parser.add_argument("--result", help="by default the last one")
    parser.add_argument("--groups", type=int, default=30)
    args = parser.parse_args()
    study = cb.open(args.study)
    result = study.results[args.result or next(reversed(study.results))]
    tree = study.hierarchies[study.default_hierarchy]
    inner = np.flatnonzero(tree.class_of_node < 0)
    nodes = inner[np.linspace(0, len(inner) - 1, min(args.groups, len(inner))).astype(int)]
    checked = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for fragment, k in FILTERS.items():
            keep = result.true_rank >= k
            true, pred = result.true[keep], result.pred[keep]
            for node in nodes.tolist():
                leaves = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
                in_true, in_pred = np.isin(true, leaves), np.isin(pred, leaves)
                counts = confusion_matrix(in_true, in_pred, labels=[False, True])
                ((_, fp), (fn, tp)) = counts.tolist()
                found = shown(page, args.url, f"result={result.name}&sel=both:{node}{fragment}")
                expected = {
                    "shown": len(true),
                    "tp": tp,
                    "fp": fp,
                    "fn": fn,
                    "viewer": tp + fp + fn,
                }
                assert found == expected, f"{tree.name[node]} {fragment}: {found} != {expected}"
                if not k:
                    child_of = np.full(tree.n_classes, -1)
                    for number, child in enumerate(tree.children(node)):
                        members = tree.class_of_leaf[tree.start[child] : tree.stop[child]]
                        child_of[members] = number
                    both = in_true & in_pred
                    cells = confusion_matrix(child_of[true[both]], child_of[pred[both]])
                    page.wait_for_timeout(500)
                    np.testing.assert_array_equal(table(page), cells)
                checked += 1
        browser.close()
    print(f"{result.name}: {checked} selections agree with scikit-learn")


if __name__ == "__main__":
    main()
