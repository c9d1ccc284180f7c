"""What ``classblocks probe`` prints of layers, groups and classes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from classblocks.app.report.number import counted, percent, short
from classblocks.core.separability import Separability, separability
from classblocks.core.significance import mcnemar

if TYPE_CHECKING:
    from classblocks.app.probes import Probed
    from classblocks.core.hierarchy import Hierarchy
    from classblocks.study.result import Result

MOST_GROUPS = 12
MOST_CLASSES = 10
SURE = 0.05


def fit_lines(results: Mapping[str, "Result"]) -> Iterator[str]:
    """Say of every probe how it was found, and what was not as it should be."""
    yield "layer             features  training  right    C          passes  converged"
    for layer, result in results.items():
        facts = result.provenance
        right = float((result.pred == result.true).mean()) if result.n_samples else float("nan")
        kept = facts["n_features"] - facts["dropped_features"]
        yield (
            f"{short(layer):<17} {kept:8,d}  {facts['n_train']:8,d}  {percent(right):>7}  "
            f"{facts['c']:<9.3g}  {facts['iterations']:6,d}  "
            f"{'yes' if facts['converged'] else 'NO'}"
        )
    yield from _remarks(results)


def _remarks(results: Mapping[str, "Result"]) -> Iterator[str]:
    for layer, result in results.items():
        facts: Mapping[str, Any] = result.provenance
        if not facts["converged"]:
            yield (
                f"{short(layer)}: not converged, the gradient is {facts['gradient']:.2g} of that "
                f"at the start ({facts['inputs']['tolerance']:.2g} was asked for)"
            )
        if facts["dropped_features"]:
            constant = counted(facts["dropped_features"], "feature")
            yield f"{short(layer)}: {constant} of {facts['n_features']:,} constant, dropped"
    facts = next(iter(results.values())).provenance
    absent = facts["absent_classes"]
    if absent:
        yield (
            f"{len(absent):,} {'class' if len(absent) == 1 else 'classes'} without training "
            "images: never predicted, recall 0"
        )
    if facts["repeated"]:
        yield (
            f"{counted(facts['repeated'], 'training image')} left out: an evaluation image has "
            "the same pixels"
        )


def level_lines(found: Separability, tree: "Hierarchy") -> Iterator[str]:
    """Cut accuracy of every layer on every level of the hierarchy."""
    levels = range(1, found.cut_accuracy.shape[1])
    yield "cut accuracy by level (number of groups)"
    yield f"{'':<17}" + "".join(f"{f'{d} ({len(tree.cut(d)):,})':>12}" for d in levels)
    for row, name in enumerate([*map(short, found.layers), "the network"]):
        values = "".join(f"{percent(float(found.cut_accuracy[row, d])):>12}" for d in levels)
        yield f"{name:<17}{values}"


def group_lines(found: Separability, tree: "Hierarchy") -> Iterator[str]:
    """First layer at which each of the largest groups is separated."""
    size = tree.stop - tree.start
    inner = np.flatnonzero((tree.class_of_node < 0) & (tree.depth > 0))
    groups = inner[np.argsort(-size[inner], kind="stable")][:MOST_GROUPS]
    if not len(groups):
        return
    yield "largest groups: first layer with at least 95 % of the network's recall"
    for node in groups.tolist():
        row = int(found.separation[node])
        name = "–" if row < 0 else [*map(short, found.layers), "the network"][row]
        reached = float(found.recall[row, node]) if row >= 0 else float("nan")
        yield (
            f"  {short(tree.name[node]):<40} {int(size[node]):6,d} classes  {name:<14} "
            f"{percent(reached):>7} of {percent(float(found.recall[-1, node]))}"
        )


def early_lines(probed: "Probed", found: Separability, tree: "Hierarchy") -> Iterator[str]:
    """List classes that a probe of an earlier layer tells better than the network does."""
    last = len(found.layers)
    early = np.flatnonzero((found.best_layer >= 0) & (found.best_layer < last))
    if not len(early):
        yield "no class is told better by an earlier layer than by the network"
        return
    preds = list(probed.layers.values())
    final_right = probed.final == probed.true
    rows = []
    for class_id in early.tolist():
        row = int(found.best_layer[class_id])
        own = probed.true == class_id
        right = preds[row][own] == class_id
        gained = int((right & ~final_right[own]).sum())
        lost = int((~right & final_right[own]).sum())
        rows.append((lost - gained, class_id, row, int(own.sum()), float(mcnemar(gained, lost))))
    rows.sort()
    sure = sum(p < SURE for *_, p in rows)
    yield (
        f"{len(early):,} of {tree.n_classes:,} classes are told best by an earlier layer "
        f"(early-exit candidates); {sure:,} beyond chance (exact McNemar, p < {SURE:g}, not "
        f"corrected for the {last} layers and {tree.n_classes:,} classes looked at)"
    )
    for less, class_id, row, n, p in rows[:MOST_CLASSES]:
        node = int(tree.node_of_class[class_id])
        yield (
            f"  {short(tree.name[node]):<40} {short(found.layers[row]):<14} "
            f"{percent(float(found.recall[row, node])):>7}, the network "
            f"{percent(float(found.recall[-1, node])):>7} (+{-less} of {n}, p = {p:.2g})"
        )


def measured(probed: "Probed", tree: "Hierarchy") -> Separability:
    """Count what every layer and the network tell of each group."""
    return separability(probed.layer_cells, probed.final_cells, tree)
