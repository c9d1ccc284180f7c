import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.confusion import count_cells
from classblocks.core.hierarchical import (
    hierarchical_intervals,
    hierarchical_metrics,
    lca_heights,
    least_heights,
)
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import outcomes

# METHODS worked example 22: root → {a: {0, 1}, v: {2, b: {3, 4}}}.
P = [
    [0.5, 0.3, 0.1, 0.05, 0.05],
    [0.6, 0.3, 0.05, 0.03, 0.02],
    [0.1, 0.1, 0.3, 0.3, 0.2],
    [0, 0, 0.1, 0.3, 0.6],
    [0.4, 0.1, 0.1, 0.1, 0.3],
    [0.05, 0.05, 0.1, 0.6, 0.2],
]
TRUE = [0, 1, 2, 3, 4, 3]


def tree():
    return Hierarchy.from_nested(
        {"a": ["0", "1"], "v": ["2", {"name": "b", "children": ["3", "4"]}]}, list("01234")
    )


def heights_by_walking(hierarchy):
    """Climb from both classes to the first common node, as the definition says."""
    n = hierarchy.n_classes
    out = np.zeros((n, n), int)
    path = [
        [int(v), *hierarchy.ancestors(int(v)).tolist()] for v in hierarchy.node_of_class.tolist()
    ]
    for i in range(n):
        for j in range(n):
            joint = next(v for v in path[i] if v in path[j])
            below = [
                hierarchy.depth[leaf] - hierarchy.depth[joint]
                for leaf, above in zip(hierarchy.node_of_class, path, strict=True)
                if joint in above
            ]
            out[i, j] = max(below)
    return out


def test_worked_example_22():
    found = outcomes(P, TRUE, k=2)
    assert found.pred.tolist() == [0, 0, 2, 4, 0, 3]
    metrics = hierarchical_metrics(TRUE, found.pred, tree(), found.topk_class)
    assert metrics.accuracy == 0.5
    assert metrics.n_mistakes == 3
    assert metrics.severity == pytest.approx(5 / 3)
    assert metrics.hd_1 == pytest.approx(5 / 6)
    assert metrics.hd_k == pytest.approx(0.75)
    assert metrics.best_hd_k == pytest.approx(0.58333, abs=5e-6)
    assert metrics.hp == pytest.approx(0.714286, abs=5e-7)
    assert metrics.hr == pytest.approx(0.666667, abs=5e-7)
    assert metrics.hf == pytest.approx(0.689655, abs=5e-7)


def test_heights_of_the_example():
    assert lca_heights(tree()).tolist() == [
        [0, 1, 3, 3, 3],
        [1, 0, 3, 3, 3],
        [3, 3, 0, 2, 2],
        [3, 3, 2, 0, 1],
        [3, 3, 2, 1, 0],
    ]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_heights_of_any_tree(random_hierarchy, seed, n):
    hierarchy = random_hierarchy(seed, n)
    distance = heights_by_walking(hierarchy)
    assert (lca_heights(hierarchy) == distance).all()
    for k in range(1, n + 1):
        assert (least_heights(hierarchy, k) == np.sort(distance, axis=1)[:, :k].sum(axis=1)).all()


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 40))
def test_metrics_by_their_definitions(random_hierarchy, seed, n_classes, n):
    hierarchy = random_hierarchy(seed, n_classes)
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    k = int(rng.integers(1, n_classes + 1))
    top = np.stack([rng.permutation(n_classes)[:k] for _ in range(n)])
    pred = top[:, 0]
    found = hierarchical_metrics(true, pred, hierarchy, top)
    distance = heights_by_walking(hierarchy)
    groups = [
        {int(v), *hierarchy.ancestors(int(v)).tolist()} - {0} for v in hierarchy.node_of_class
    ]
    shared = sum(len(groups[t] & groups[p]) for t, p in zip(true, pred, strict=True))
    hp = shared / sum(len(groups[p]) for p in pred)
    hr = shared / sum(len(groups[t]) for t in true)
    assert found.hp == pytest.approx(hp)
    assert found.hr == pytest.approx(hr)
    assert found.hf == pytest.approx(2 * hp * hr / (hp + hr) if hp + hr else 0)
    wrong = distance[true, pred][true != pred]
    assert found.severity == pytest.approx(wrong.mean() if len(wrong) else np.nan, nan_ok=True)
    assert found.hd_1 == pytest.approx(distance[true, pred].mean())
    assert found.hd_k == pytest.approx(distance[true[:, None], top].mean())
    assert found.best_hd_k == pytest.approx(np.sort(distance, axis=1)[:, :k][true].mean())
    assert found.best_hd_k <= found.hd_k + 1e-12


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(0, 40))
def test_intervals_are_around_the_metrics(random_hierarchy, seed, n_classes, n):
    hierarchy = random_hierarchy(seed, n_classes)
    true, pred = np.random.default_rng(seed).integers(0, n_classes, (2, n))
    metrics = hierarchical_metrics(true, pred, hierarchy)
    found = hierarchical_intervals(count_cells(true, pred, n_classes), hierarchy)
    for name, estimate in found._asdict().items():
        assert estimate.value == pytest.approx(getattr(metrics, name), nan_ok=True), name
        assert np.isnan(estimate.low) or estimate.low <= estimate.value <= estimate.high


def test_an_interval_is_that_of_the_bootstrap():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 5, 600)
    pred = np.where(rng.random(600) < 0.4, true, rng.integers(0, 5, 600))
    cells = count_cells(true, pred, 5)
    found = hierarchical_intervals(cells, tree())
    again = []
    for _ in range(1000):
        rows = rng.integers(0, 600, 600)
        again.append(hierarchical_metrics(true[rows], pred[rows], tree()))
    for name, estimate in found._asdict().items():
        drawn = np.std([getattr(one, name) for one in again])
        assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * drawn, rel=0.1), name


def test_nothing_wrong_and_nothing_at_all():
    right = hierarchical_metrics([0, 3], [0, 3], tree())
    assert (right.accuracy, right.hp, right.hr, right.hf, right.hd_1) == (1, 1, 1, 1, 0)
    assert np.isnan(right.severity)
    assert np.isnan(right.hd_k)
    assert right.k == 0
    none = hierarchical_metrics([], [], tree(), np.empty((0, 2), int))
    assert none.n_samples == 0
    assert np.isnan([none.accuracy, none.hp, none.hr, none.hf, none.severity, none.hd_1]).all()
    assert np.isnan([none.hd_k, none.best_hd_k]).all()


def test_hd_k_is_above_zero_even_for_a_perfect_ranking():
    metrics = hierarchical_metrics([0], [0], tree(), [[0, 1, 2, 3, 4]])
    assert metrics.hd_k == metrics.best_hd_k == pytest.approx((0 + 1 + 3 + 3 + 3) / 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0], [5]), "pred: expected class ids 0 to 4, got 5 in row 0"),
        (([0, 1], [0]), "true 2, pred 1"),
        (([0], [0], np.zeros((1, 6), int)), "1 to 5"),
        (([0], [0], [0, 1]), "topk_class: expected shape"),
        (([0], [0], [[0, -1]]), "got -1 in row 0"),
    ],
)
def test_bad_arguments(arguments, message):
    true, pred, *more = arguments
    with pytest.raises(ValueError, match=message):
        hierarchical_metrics(true, pred, tree(), *more)
