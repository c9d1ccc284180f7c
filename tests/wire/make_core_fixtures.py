"""Write core_fixtures.json: what core answers, for the browser's own filters and metrics to match.

Run from the repository: ``python tests/wire/make_core_fixtures.py``.

A case has the columns of the wire views ``hierarchy``, ``cells`` and ``rows`` (null is NaN).
For each filter, ``count`` is by cell after the sample filters (group metrics come from it) and
``shown`` the same with cells below ``minCount`` set to 0. For each sort, ``node`` lists the wire
nodes in the new preorder; ``size`` is the number of classes, metrics are those without filters.
``separability`` has the columns of the view of that name and what core makes of them.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from classblocks.core.confusion import Cells, count_cells
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.inside import confused_inside
from classblocks.core.metrics import group_metrics
from classblocks.core.outcome import outcomes
from classblocks.core.separability import Separability, separability, separation_of
from classblocks.core.where import Where

FILE = Path(__file__).with_name("core_fixtures.json")
WORKED_EXAMPLE_3 = np.array([[5, 2, 1, 0], [1, 6, 0, 1], [0, 1, 7, 2], [0, 0, 3, 5]])

FILTERS = [
    Where(),
    Where(top_k=1),
    Where(top_k=2),
    Where(top_k=5),
    Where(p_pred=(0.5, 1)),
    Where(p_pred=(0.3, 0.7)),
    Where(p_true=(0, 0.1)),
    Where(top_k=1, p_pred=(0.25, 1), p_true=(0, 0.2)),
    Where(min_count=2),
    Where(top_k=1, min_count=3),
    Where(p_pred=(0.35, 0.95), p_true=(0.05, 1), min_count=2),
    Where(p_pred=(0.999, 1)),
]


def random_nested(rng: np.random.Generator, classes: list[int]) -> object:
    """A random tree over the classes, with single-child chains."""
    if len(classes) == 1:
        leaf: object = f"class {classes[0]}"
        return [leaf] if rng.random() < 0.2 else leaf
    if rng.random() < 0.15:
        return [random_nested(rng, classes)]
    n_parts = int(rng.integers(2, min(5, len(classes)) + 1))
    cuts = np.sort(rng.choice(np.arange(1, len(classes)), n_parts - 1, replace=False))
    parts = np.split(np.array(classes), cuts)
    return {f"g{part[0]}-{len(part)}": random_nested(rng, part.tolist()) for part in parts}


def random_case(name: str, seed: int, n_classes: int, n: int, known: bool = True) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = [f"class {c}" for c in range(n_classes)]
    hierarchy = Hierarchy.from_nested(
        random_nested(rng, rng.permutation(n_classes).tolist()), names
    )
    if seed % 2:
        hierarchy = hierarchy.contract()
    # The last class never occurs, and the one before it is never predicted.
    true = rng.integers(0, n_classes - 1, n)
    logits = rng.normal(size=(n, n_classes)) + 3 * rng.random((n, 1)) * np.eye(n_classes)[true]
    logits[:, -2] -= 9
    weight = np.exp(logits)
    # Multiples of 1/64 are exact in float32: many ties and many values right on a bound.
    p = np.round(weight / weight.sum(1, keepdims=True) * 64) / 64
    p[np.arange(n), p.argmax(1)] += 1 - p.sum(1)
    rows = outcomes(np.maximum(p, 0) / np.maximum(p, 0).sum(1, keepdims=True), true)
    p_true, p_pred = rows.p_true.copy(), rows.p_pred.copy()
    on_bound = rng.random(n) < 0.1
    p_pred[on_bound] = rng.choice(np.array([0.3, 0.7, 0.35, 0.95], np.float32), on_bound.sum())
    rank = rows.true_rank
    if not known:
        p_true[:], rank = np.nan, np.full(n, -1, np.int32)
        p_pred[rng.random(n) < 0.3] = np.nan
    return case(name, hierarchy, count_cells(true, rows.pred, n_classes), p_pred, p_true, rank)


def worked_example() -> dict[str, Any]:
    true, pred = (np.repeat(axis.ravel(), WORKED_EXAMPLE_3.ravel()) for axis in np.indices((4, 4)))
    hierarchy = Hierarchy.from_nested({"a": ["0", "1"], "b": ["2", "3"]}, list("0123"))
    p_pred = np.linspace(0.2, 1, 34, dtype=np.float32)
    p_true = np.where(true == pred, p_pred, np.float32(0.1)).astype(np.float32)
    rank = np.where(true == pred, 0, 1 + np.arange(34) % 3).astype(np.int32)
    return case("worked example 3", hierarchy, count_cells(true, pred, 4), p_pred, p_true, rank)


def empty() -> dict[str, Any]:
    hierarchy = Hierarchy.from_paths(["a/x", "a/y", "b/z"])
    none = np.empty(0, np.float32)
    return case("no samples", hierarchy, count_cells([], [], 3), none, none, np.empty(0, np.int32))


def case(
    name: str,
    hierarchy: Hierarchy,
    cells: Cells,
    p_pred: np.ndarray,
    p_true: np.ndarray,
    true_rank: np.ndarray,
) -> dict[str, Any]:
    known = not (true_rank < 0).any()
    filters = [where for where in FILTERS if known or where.top_k < 2]
    by_cell = cells.row_order
    return {
        "name": name,
        "n_classes": cells.n_classes,
        "n_samples": cells.n_samples,
        "hierarchy": {
            "parent": hierarchy.parent.tolist(),
            "start": hierarchy.start.tolist(),
            "stop": hierarchy.stop.tolist(),
            "depth": hierarchy.depth.tolist(),
            "class": hierarchy.class_of_node.tolist(),
            "name": list(hierarchy.name),
            "aliases": [" › ".join(aliases) for aliases in hierarchy.aliases],
        },
        "cells": {
            "true": cells.true.tolist(),
            "pred": cells.pred.tolist(),
            "count": cells.count.tolist(),
        },
        "rows": {
            "sample": by_cell.tolist(),
            "p_true": numbers(p_true[by_cell]),
            "p_pred": numbers(p_pred[by_cell]),
            "true_rank": true_rank[by_cell].tolist(),
        },
        "filters": [
            filtered(where, hierarchy, cells, p_pred, p_true, true_rank) for where in filters
        ],
        "sorts": [
            sort(hierarchy, cells, key, descending)
            for key in ("size", "precision", "recall", "f1")
            for descending in (False, True)
        ],
    }


def filtered(
    where: Where,
    hierarchy: Hierarchy,
    cells: Cells,
    p_pred: np.ndarray,
    p_true: np.ndarray,
    true_rank: np.ndarray,
) -> dict[str, Any]:
    columns = {"p_pred": p_pred, "p_true": p_true, "true_rank": true_rank}
    samples = Where(where.top_k, where.p_pred, where.p_true)
    kept, shown = samples.cells(cells, **columns), where.cells(cells, **columns)
    metrics = group_metrics(kept, hierarchy)
    inside = confused_inside(kept, hierarchy)
    return {
        "filter": {
            "topK": where.top_k,
            "pPred": list(where.p_pred),
            "pTrue": list(where.p_true),
            "minCount": where.min_count,
        },
        "count": by_full_cell(cells, kept),
        "n_kept": kept.n_samples,
        "shown": by_full_cell(cells, shown),
        "n_shown": shown.n_samples,
        "groups": {
            name: numbers(metrics[name]) for name in ("tp", "fp", "fn", "precision", "recall", "f1")
        },
        "correct": numbers(inside["correct"]),
        "inside": numbers(inside["inside"]),
    }


def random_layers(seed: int, n_classes: int, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = [f"class {c}" for c in range(n_classes)]
    hierarchy = Hierarchy.from_nested(
        random_nested(rng, rng.permutation(n_classes).tolist()), names
    )
    # The last class never occurs, and the one before it is never predicted.
    true = rng.integers(0, n_classes - 1, n)
    others = np.delete(np.arange(n_classes), -2)

    def counted(right: float) -> Cells:
        pred = np.where(rng.random(n) < right, true, rng.choice(others, n))
        return count_cells(true, np.where(pred == n_classes - 2, 0, pred), n_classes)

    layers = {f"layer {i}": counted(0.25 * i) for i in range(4)}
    return layer_case(f"{n_classes} classes", separability(layers, counted(0.8), hierarchy))


def ties() -> dict[str, Any]:
    """A node for each final recall of which 95 % are a whole number of samples: reached, missed."""
    last = np.repeat(np.arange(20, 401, 20), 2)
    tp = np.stack([last * 95 // 100 - np.arange(len(last)) % 2, last])
    support = np.full(tp.shape, 400)
    return {
        "name": "exactly 95 %",
        "layers": ["first"],
        "tp": tp.ravel().tolist(),
        "support": support.ravel().tolist(),
        "predicted": support.ravel().tolist(),
        "separation": separation_of(tp / support).tolist(),
    }


def layer_case(name: str, found: Separability) -> dict[str, Any]:
    rows = {
        kind: numbers(getattr(found, kind).astype(float).ravel())
        for kind in ("recall", "precision", "f1")
    }
    return {
        "name": name,
        "layers": list(found.layers),
        "tp": found.tp.ravel().tolist(),
        "support": found.support.ravel().tolist(),
        "predicted": found.predicted.ravel().tolist(),
        "separation": found.separation.tolist(),
        **rows,
    }


def by_full_cell(cells: Cells, part: Cells) -> list[int]:
    counts: list[int] = part.dense()[cells.true, cells.pred].tolist()
    return counts


def sort(hierarchy: Hierarchy, cells: Cells, key: str, descending: bool) -> dict[str, Any]:
    metrics = group_metrics(cells, hierarchy)
    values = hierarchy.stop - hierarchy.start if key == "size" else metrics[key]
    ordered = hierarchy.sort_children(values, descending)
    node = {identity(hierarchy, v): v for v in range(hierarchy.n_nodes)}
    return {
        "key": key,
        "descending": descending,
        "node": [node[identity(ordered, v)] for v in range(ordered.n_nodes)],
        "class_of_leaf": ordered.class_of_leaf.tolist(),
    }


def identity(hierarchy: Hierarchy, v: int) -> tuple[int, frozenset[int]]:
    """Depth and classes: a node's identity whatever the order of children."""
    classes = hierarchy.class_of_leaf[hierarchy.start[v] : hierarchy.stop[v]]
    return int(hierarchy.depth[v]), frozenset(classes.tolist())


def numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def text() -> str:
    cases = [
        worked_example(),
        empty(),
        random_case("6 classes", 1, 6, 60),
        random_case("6 classes, chains", 2, 6, 60),
        random_case("17 classes", 3, 17, 300),
        random_case("17 classes without probabilities of the true class", 4, 17, 200, known=False),
        random_case("40 classes", 5, 40, 500),
    ]
    layers = [random_layers(6, 7, 80), random_layers(7, 20, 400), ties()]
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in cases)
    measured = ",\n".join(json.dumps(entry) for entry in layers)
    return (
        f'{{"kind": "core_fixtures", "version": 1, "cases": [\n{lines}\n], '
        f'"separability": [\n{measured}\n]}}\n'
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
