"""Every ordering method on real and planted confusions: errors it was made from, and unseen ones.

    python experiments/order_quality.py STUDY [STUDY ...] [--result NAME] [--planted] [--splits 8]

Studies with the same classes are seeds of one network. ``full``: order and criteria from all
errors. ``half``: the order from a random half of the samples, criteria on the other half.
``seed``: the order from one seed's network, criteria on another's. ``own blocks`` are the 20 blocks
of the errors an order was made from; ``best blocks`` are cut anew for the errors it is measured on.
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from planted import heavy_tailed, six_groups
from scipy import stats
from sklearn.metrics import adjusted_rand_score

import classblocks as cb
from classblocks.core.confusion import Cells, cells_of
from classblocks.core.criteria import order_criteria
from classblocks.core.order import METHODS, order_classes
from classblocks.core.partition import partition

N_BLOCKS = 20
KNOWN = [method for method in METHODS if method not in ("auto", "ward")]
COLUMNS = {
    "own blocks": "higher",
    "best blocks": "higher",
    "within 10": "higher",
    "LS": "lower",
    "anti-Robinson": "lower",
    "cells": "",
    "ARI": "higher",
}


@dataclass(frozen=True)
class Subject:
    """One network's confusions; ``group`` is the planted group of each class, if there is one."""

    cells: Cells
    group: np.ndarray | None = None


def main() -> None:
    """Print one table for each data set and kind of measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*")
    parser.add_argument("--result", help="result set; the last one of each study if left out")
    parser.add_argument("--planted", action="store_true", help="generators with known groups, too")
    parser.add_argument("--splits", type=int, default=8, help="random halves of each seed")
    parser.add_argument("--seeds", type=int, default=3, help="of the generators")
    parser.add_argument("--methods", nargs="+", default=["auto", *KNOWN])
    args = parser.parse_args()

    data = studies_by_classes(args.studies, args.result)
    real = list(data)
    if args.planted:
        data["planted, 6 groups"] = [Subject(*six_groups(seed)) for seed in range(args.seeds)]
        data["planted, heavy tails"] = [Subject(heavy_tailed(seed)) for seed in range(args.seeds)]
    for name, subjects in data.items():
        errors = [int(s.cells.count[s.cells.true != s.cells.pred].sum()) for s in subjects]
        print(
            f"\n## {name}: {subjects[0].cells.n_classes} classes, {len(subjects)} seeds, ", end=""
        )
        print(f"errors {', '.join(map(str, errors))}")
        report("full", full(subjects, args.methods))
        report("half", halves(subjects, args.methods, args.splits))
        if len(subjects) > 1 and name in real:
            report("seed", across(subjects, args.methods))


def studies_by_classes(paths: list[str], result: str | None) -> dict[str, list[Subject]]:
    """Read the confusions of each study; those with equal class names belong together."""
    data: dict[tuple[str, ...], list[Subject]] = defaultdict(list)
    first: dict[tuple[str, ...], str] = {}
    for path in paths:
        study = cb.open(path)
        name = result or list(study.results)[-1]
        classes = tuple(study.classes.names)
        data[classes].append(Subject(study.results[name].cells()))
        first.setdefault(classes, f"{study.name} ({name})")
    return {first[classes]: subjects for classes, subjects in data.items()}


Rows = dict[str, list[dict[str, float]]]


def full(subjects: list[Subject], methods: list[str]) -> Rows:
    """Order and criteria from the same errors; one row a seed."""
    rows: Rows = defaultdict(list)
    for subject in subjects:
        for method in methods:
            order = order_classes(subject.cells, method).class_of_leaf
            rows[method].append(measured(order, subject.cells, subject.cells, subject.group))
    return rows


def halves(subjects: list[Subject], methods: list[str], n_splits: int) -> Rows:
    """Order from half of the samples, criteria on the others; one row a seed and split."""
    rows: Rows = defaultdict(list)
    for seed, subject in enumerate(subjects):
        for split in range(n_splits):
            counts = subject.cells.dense()
            half = np.random.default_rng([seed, split]).binomial(counts, 0.5)
            known, unseen = cells_of(half), cells_of(counts - half)
            for method in methods:
                order = order_classes(known, method).class_of_leaf
                rows[method].append(measured(order, known, unseen, subject.group))
    return rows


def across(subjects: list[Subject], methods: list[str]) -> Rows:
    """Order from one seed, criteria on another; one row for every ordered pair of seeds."""
    rows: Rows = defaultdict(list)
    for i, known in enumerate(subjects):
        for method in methods:
            order = order_classes(known.cells, method).class_of_leaf
            for j, unseen in enumerate(subjects):
                if i != j:
                    rows[method].append(measured(order, known.cells, unseen.cells, None))
    return rows


def measured(
    order: np.ndarray, known: Cells, unseen: Cells, group: np.ndarray | None
) -> dict[str, float]:
    """Measure an order made from ``known`` on ``unseen``."""
    n_blocks = min(N_BLOCKS, len(order))
    criteria = order_criteria(unseen, order, n_blocks=N_BLOCKS)
    own = partition(known, order, n_blocks)
    best = partition(unseen, order, n_blocks)
    block = np.empty(len(order), int)
    block[order] = own.block_of_leaf
    wrong = unseen.true != unseen.pred
    inside = wrong & (block[unseen.true] == block[unseen.pred])
    row = {
        "own blocks": 100 * unseen.count[inside].sum() / unseen.count[wrong].sum(),
        "best blocks": 100 * criteria.block_mass,
        "within 10": 100 * criteria.band_mass,
        "LS": criteria.linear_seriation / 1000,
        "anti-Robinson": criteria.anti_robinson / 1000,
        "cells": 100 * float((np.diff(best.cuts).astype(float) ** 2).sum()) / len(order) ** 2,
    }
    if group is not None:
        n_groups = int(group.max()) + 1
        found = np.empty(len(order), int)
        found[order] = partition(known, order, n_groups).block_of_leaf
        row["ARI"] = 100 * adjusted_rand_score(group, found)
    return row


def report(kind: str, rows: Rows) -> None:
    """Print mean ± standard deviation by method, and auto against the best single one."""
    names = [name for name in COLUMNS if name in rows["auto"][0]]
    n_rows = len(rows["auto"])
    print(f"\n### {kind}: mean ± standard deviation of {n_rows} orders of each method\n")
    print("| method | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    table = {m: np.array([[row[name] for name in names] for row in r]) for m, r in rows.items()}
    for method, values in table.items():
        spread = values.std(axis=0, ddof=1) if n_rows > 1 else np.zeros(len(names))
        cells = [f"{a:.1f} ± {b:.1f}" for a, b in zip(values.mean(axis=0), spread, strict=True)]
        print(f"| {method} | " + " | ".join(cells) + " |")
    print("\n| auto − best single method | method | difference ± standard error | p (paired t) |")
    print("|---|---|---:|---:|")
    for k, name in enumerate(names):
        if not COLUMNS[name]:
            continue
        sign = 1 if COLUMNS[name] == "higher" else -1
        known = {m: v[:, k].mean() * sign for m, v in table.items() if m != "auto"}
        best = max(known, key=lambda m: known[m])
        change = table["auto"][:, k] - table[best][:, k]
        error = change.std(ddof=1) / np.sqrt(n_rows) if n_rows > 1 else np.nan
        p = stats.ttest_1samp(change, 0).pvalue if n_rows > 1 and error > 0 else np.nan
        good = "better" if change.mean() * sign > 0 else "not better"
        print(f"| {name}: {good} | {best} | {change.mean():+.2f} ± {error:.2f} | {p:.3g} |")


if __name__ == "__main__":
    main()
