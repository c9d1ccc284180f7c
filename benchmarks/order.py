"""Ordering classes: ours beside SciPy, scikit-learn and clana; time, memory and quality.

Run ``python benchmarks/order.py`` (a few minutes). clana is not installed with the project: unpack
it with ``pip install --no-deps --target DIR clana`` and give ``--clana DIR``; of it only the
simulated annealing is run, on the same counts.
Every order is made in a process of its own, which reports seconds, seconds of the processor (the
same where nothing else runs), and memory above what it held before. Ratios are of the processor's.
"""

import argparse
import importlib.util
import multiprocessing
import resource
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from synthetic import predictions

from classblocks.core.confusion import Cells, count_cells
from classblocks.core.criteria import order_criteria
from classblocks.core.order import order_classes
from classblocks.core.similarity import confusion_similarity

OURS = ("linkage", "auto", "recursive_ncut", "spectral", "polish", "greedy_merge")
PEERS = {
    "SciPy optimal leaf ordering": 1000,
    "scikit-learn SpectralEmbedding, 1-D": 5000,
    "scikit-learn SpectralClustering, 20": 1000,
    "clana simulated annealing": 1000,
}
SIZES = ((1000, 50_000), (5000, 500_000), (21_841, 1_280_000))
CLANA_STEPS = 1000


@dataclass(frozen=True)
class Cost:
    """Medians in seconds, and the peak of memory in MB above the start."""

    seconds: float
    processor: float
    memory: float


def main() -> None:
    """Print a table for every number of classes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[size for size, _ in SIZES])
    parser.add_argument("--repeats", type=int, default=5, help="of ours; peers run once")
    parser.add_argument("--clana", help="folder with the clana package")
    parser.add_argument("--slow", action="store_true", help="SciPy at 5000 classes, too: minutes")
    args = parser.parse_args()
    clana = args.clana and Path(args.clana) / "clana" / "optimize.py"
    if not clana or not clana.is_file():
        print("clana: skipped, no package given (pip install --no-deps --target DIR clana, then")
        print("--clana DIR)")
        clana = None

    for n_classes, n_samples in SIZES:
        if n_classes not in args.sizes:
            continue
        cells = shuffled(n_samples, n_classes)
        wrong = cells.true != cells.pred
        print(f"\n{n_classes:,} classes, {n_samples:,} samples, ", end="")
        print(f"{cells.count[wrong].sum():,} errors in {wrong.sum():,} cells\n")
        print("| order | time, s | processor, s | × linkage | memory, MB ", end="")
        print("| in 20 blocks, % | within 10, % |")
        print("|---|" + 6 * "---:|")
        report("planted", planted_order(n_classes), cells, None, 1)
        base = 0.0
        for method in OURS:
            if n_classes > 6000 and method not in ("linkage", "auto"):
                continue
            cost, order = in_a_process(method, cells, args.repeats, None)
            base = base or cost.processor
            report(f"ours: {method}", order, cells, cost, base)
        for peer, largest in PEERS.items():
            if n_classes > largest and not (args.slow and peer[:5] == "SciPy"):
                continue
            if peer[:5] == "clana" and clana is None:
                continue
            cost, order = in_a_process(peer, cells, 1, clana)
            note = f", {CLANA_STEPS:,} of 200,000 steps" if peer[:5] == "clana" else ""
            report(peer + note, order, cells, cost, base)


def shuffled(n_samples: int, n_classes: int) -> Cells:
    """Synthetic errors with the classes in an order that tells nothing."""
    number = np.random.default_rng(1).permutation(n_classes)
    rows = predictions(n_samples, n_classes)
    return count_cells(number[rows["true"]], number[rows["pred"]], n_classes)


def planted_order(n_classes: int) -> np.ndarray:
    """Order the classes as the generator has them."""
    return np.random.default_rng(1).permutation(n_classes)


def report(name: str, order: np.ndarray, cells: Cells, cost: Cost | None, base: float) -> None:
    """Print one row."""
    found = order_criteria(cells, order, step=max(1, cells.n_classes // 1000))
    times = "– | – | – | –"
    if cost:
        times = f"{cost.seconds:.3f} | {cost.processor:.3f} | {cost.processor / base:.1f}"
        times += f" | {cost.memory:.0f}"
    masses = f"{100 * found.block_mass:.1f} | {100 * found.band_mass:.1f}"
    print(f"| {name} | {times} | {masses} |", flush=True)


def in_a_process(
    what: str, cells: Cells, repeats: int, clana: Path | None
) -> tuple[Cost, np.ndarray]:
    """Order in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measured, (what, cells, repeats, clana))


def measured(what: str, cells: Cells, repeats: int, clana: Path | None) -> tuple[Cost, np.ndarray]:
    """Time an order; a small one first, so that nothing is imported on the clock."""
    run = ours if what in OURS else theirs
    small = count_cells(np.arange(60) % 30, np.arange(60) // 2, 30)
    run(what, small, clana)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, processor = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        order = run(what, cells, clana)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = Cost(statistics.median(times), statistics.median(processor), (peak - before) / 1024)
    return cost, order


def ours(method: str, cells: Cells, clana: Path | None) -> np.ndarray:
    """Order with one of our methods, hierarchy and names included."""
    return order_classes(cells, method).class_of_leaf


def theirs(peer: str, cells: Cells, clana: Path | None) -> np.ndarray:
    """Order with a peer, from the same similarity; clana from counts."""
    if peer.startswith("clana"):
        spec = importlib.util.spec_from_file_location("clana_optimize", clana)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.random.seed(0)
        found = module.simulated_annealing(cells.dense(), steps=CLANA_STEPS, deterministic=True)
        return np.asarray(found.perm)
    graph = confusion_similarity(cells)
    if peer.startswith("SciPy"):
        from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
        from scipy.spatial.distance import squareform

        dense = graph.toarray()
        distance = 1 - dense / dense.max()
        np.fill_diagonal(distance, 0)
        condensed = squareform(distance, checks=False)
        return leaves_list(optimal_leaf_ordering(linkage(condensed, "average"), condensed))
    import warnings

    from sklearn.cluster import SpectralClustering
    from sklearn.manifold import SpectralEmbedding

    warnings.filterwarnings("ignore", message="Graph is not fully connected")
    affinity = graph.tocsr()
    affinity.indices, affinity.indptr = (
        part.astype(np.int32) for part in (affinity.indices, affinity.indptr)
    )
    if "Embedding" in peer:
        model = SpectralEmbedding(1, affinity="precomputed", random_state=0)
        return np.argsort(model.fit_transform(affinity)[:, 0], kind="stable")
    n_clusters = min(20, cells.n_classes - 2)
    model = SpectralClustering(n_clusters, affinity="precomputed", random_state=0)
    return np.argsort(model.fit_predict(affinity), kind="stable")


if __name__ == "__main__":
    main()
