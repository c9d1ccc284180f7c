"""Precision, recall and F1 of every group after a filter, beside scikit-learn group by group.

Run ``python benchmarks/group_metrics.py`` (about a minute, almost all of it scikit-learn).
"""

import argparse
import statistics
import time

import numpy as np
from sklearn.metrics import precision_recall_fscore_support
from synthetic import group_paths, predictions

from classblocks.core.confusion import count_cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.metrics import GroupCounter


def main() -> None:
    """Print both times and their ratio, after checking that the figures agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_280_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument(
        "--peer-groups", type=int, default=20, help="groups timed with scikit-learn"
    )
    args = parser.parse_args()

    rows = predictions(args.samples, args.classes)
    hierarchy = Hierarchy.from_paths(group_paths(args.classes))
    cells = count_cells(rows["true"], rows["pred"], args.classes)
    inner = np.flatnonzero(hierarchy.class_of_node < 0)
    start = time.perf_counter()
    counter = GroupCounter(cells, hierarchy)
    set_up = time.perf_counter() - start
    times, counting = [], []
    for low in np.linspace(0.9, 0, 25):
        keep = rows["p_pred"] >= low
        start = time.perf_counter()
        count = cells.kept(keep)
        counted = time.perf_counter()
        table = counter.metrics(count)
        times.append(time.perf_counter() - counted)
        counting.append(counted - start)
    ours = statistics.median(times)

    chosen = inner[1 :: max(1, len(inner) // args.peer_groups)]
    peer_times = []
    for node in chosen:
        leaves = hierarchy.class_of_leaf[hierarchy.start[node] : hierarchy.stop[node]]
        start = time.perf_counter()
        true, pred = np.isin(rows["true"], leaves), np.isin(rows["pred"], leaves)
        expected = precision_recall_fscore_support(true, pred, average="binary")[:3]
        peer_times.append(time.perf_counter() - start)
        found = [table[name][node] for name in ("precision", "recall", "f1")]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    peer = statistics.median(peer_times) * len(inner)
    print(f"{args.samples:,} samples, {args.classes:,} classes, {len(inner):,} inner groups, ")
    print(f"{hierarchy.n_nodes:,} nodes, {len(cells.count):,} cells; {len(chosen)} groups agree")
    print(f"set-up, once a result      {set_up * 1e3:10.2f} ms")
    print(f"cells of the kept rows     {statistics.median(counting) * 1e3:10.2f} ms a filter")
    print(f"metrics of all nodes       {ours * 1e3:10.2f} ms a filter (median of {len(times)})")
    print(f"scikit-learn, all groups   {peer * 1e3:10.0f} ms (median of {len(chosen)} × groups)")
    print(f"ratio                      {peer / ours:10.0f}")


if __name__ == "__main__":
    main()
