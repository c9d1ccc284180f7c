"""Exact partition of an ordered matrix into blocks: time, exactness and scaling.

Run ``python benchmarks/partition.py`` (half a minute; ``--large`` adds 21,841 classes, two minutes
and 4 GB). Prints a Markdown table.
"""

import argparse
import statistics
import time

import numpy as np
from synthetic import group_paths, predictions

from classblocks.core.block_score import OBJECTIVES
from classblocks.core.confusion import Cells, cells_of, count_cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.partition import Partition, partition

BUDGET = 0.15


def main() -> None:
    """Check exactness against the recurrence as written, then print one row per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--large", action="store_true", help="also 21,841 classes, 14 M samples")
    args = parser.parse_args()

    counts, planted = planted_blocks(args.classes, args.blocks)
    cells, order = cells_of(counts), np.arange(args.classes)
    found = partition(cells, order, args.blocks)
    plain, plain_time = timed(lambda: recurrence(counts, args.blocks))
    np.testing.assert_allclose(found.value_by_n, plain, rtol=1e-10)
    hits = len(np.intersect1d(found.cuts[1:-1], planted))
    print(
        f"{args.classes:,} classes, {len(cells.count):,} cells: the best values of 1 to "
        f"{args.blocks} blocks are those of\nthe recurrence as written, to 1e-10; "
        f"{hits} of {len(planted)} planted cuts found.\n"
    )
    print("| what | classes | blocks | seconds, median | budget |")
    print("|---|---:|---:|---:|---:|")
    for objective in OBJECTIVES:
        seconds = median(args.repeat, cells, order, args.blocks, objective)
        budget = f"≤ {BUDGET}" if objective == "size_weighted" else ""
        row(f"{objective}", args.classes, args.blocks, seconds, budget)
    row("automatic number", args.classes, "auto", median(args.repeat, cells, order, "auto"))
    row("the recurrence, NumPy, one row at a time", args.classes, args.blocks, plain_time)
    for n_classes in (200, 500, 2000, 5000):
        counts, _ = planted_blocks(n_classes, args.blocks)
        seconds = median(3, cells_of(counts), np.arange(n_classes), args.blocks)
        row("size_weighted", n_classes, args.blocks, seconds)
    if args.large:
        large()


def large() -> None:
    """Time 21,841 classes from sparse cells; coarse cuts cost a share of the objective."""
    n_classes, n_blocks = 21_841, 20
    rows = predictions(14_000_000, n_classes)
    cells = count_cells(rows["true"], rows["pred"], n_classes)
    tree = Hierarchy.from_paths(group_paths(n_classes))
    exact, seconds = timed(lambda: partition(cells, tree, n_blocks))
    row("size_weighted", n_classes, n_blocks, seconds)
    for step in (4, 16, 64):
        coarse, seconds = timed(lambda step=step: partition(cells, tree, n_blocks, step=step))
        share = coarse.value / exact.value
        row(f"cuts at multiples of {step}: {share:.5f} of the value", n_classes, n_blocks, seconds)
    _, seconds = timed(lambda: partition(cells, tree, "auto"))
    row("automatic number", n_classes, "auto", seconds)
    _, seconds = timed(lambda: partition(cells, tree, 25, along="tree"))
    row(f"nodes of a tree of {tree.n_nodes:,} nodes", n_classes, 25, seconds)


def planted_blocks(n_classes: int, n_blocks: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw counts with a dense block between neighbouring planted cuts, and return both."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(5, n_classes - 5, 3), n_blocks - 1, replace=False))
    block = np.searchsorted(cuts, np.arange(n_classes), "right")
    return rng.poisson(np.where(block[:, None] == block, 0.8, 0.02)), cuts


def recurrence(counts: np.ndarray, n_blocks: int) -> np.ndarray:
    """METHODS §5 as it is written: 2-D prefix sums, then best[k][j] over all i for each j."""
    matrix = np.log1p(counts)
    np.fill_diagonal(matrix, 0)
    n = len(matrix)
    prefix = np.zeros((n + 1, n + 1))
    prefix[1:, 1:] = matrix.cumsum(0).cumsum(1)
    diagonal = np.diag(prefix)
    best = np.full((n_blocks + 1, n + 1), -np.inf)
    best[0, 0] = 0
    for j in range(1, n + 1):
        i = np.arange(j)
        score = (prefix[j, j] - prefix[j, :j] - prefix[:j, j] + diagonal[:j]) / (j - i)
        for k in range(1, n_blocks + 1):
            best[k, j] = (best[k - 1, :j] + score).max()
    return best[1:, n]


def median(
    repeat: int, cells: Cells, order: np.ndarray, n_blocks: int | str, *objective: str
) -> float:
    """Time a partition."""
    return statistics.median(
        timed(lambda: partition(cells, order, n_blocks, *objective))[1] for _ in range(repeat)
    )


def timed(work) -> tuple[Partition | np.ndarray, float]:
    """Return what ``work`` returns and the seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def row(what: str, n_classes: int, n_blocks: int | str, seconds: float, budget: str = "") -> None:
    """Print one row."""
    print(f"| {what} | {n_classes:,} | {n_blocks} | {seconds:.3f} | {budget} |", flush=True)


if __name__ == "__main__":
    main()
