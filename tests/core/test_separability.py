import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

import classblocks as cb
from classblocks.core.confusion import confusion, count_cells
from classblocks.core.separability import separation_of

METHODS_3 = [[5, 2, 1, 0], [1, 6, 0, 1], [0, 1, 7, 2], [0, 0, 3, 5]]


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 50), st.integers(1, 2))
def test_every_layer_and_group_as_scikit_learn_counts_it(
    random_hierarchy, seed, n_classes, n, n_layers
):
    tree = random_hierarchy(seed, n_classes)
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_classes, n)
    preds = [
        np.where(rng.random(n) < 0.6, true, rng.integers(0, n_classes, n))
        for _ in range(n_layers + 1)
    ]
    layers = {
        f"layer {i}": confusion(true, pred, n_classes)
        if i % 2
        else count_cells(true, pred, n_classes)
        for i, pred in enumerate(preds[:-1])
    }
    found = cb.separability(layers, confusion(true, preds[-1], n_classes), tree)
    assert found.layers == tuple(layers)
    for row, pred in enumerate(preds):
        for node in range(tree.n_nodes):
            group = tree.class_of_leaf[tree.start[node] : tree.stop[node]]
            ours, said = np.isin(true, group), np.isin(pred, group)
            assert found.tp[row, node] == (ours & said).sum()
            assert found.support[row, node] == ours.sum()
            assert found.predicted[row, node] == said.sum()
            for values, score, is_known in (
                (found.recall, recall_score, ours.any()),
                (found.precision, precision_score, said.any()),
                (found.f1, f1_score, ours.any() or said.any()),
            ):
                expected = score(ours, said) if is_known else np.nan
                assert values[row, node] == pytest.approx(expected, nan_ok=True)
        for depth in range(found.cut_accuracy.shape[1]):
            group = np.empty(n_classes, int)
            for node in tree.cut(depth).tolist():
                group[tree.class_of_leaf[tree.start[node] : tree.stop[node]]] = node
            same = group[true] == group[pred]
            expected = same.mean() if n else np.nan
            assert found.cut_accuracy[row, depth] == pytest.approx(expected, nan_ok=True)
        last = found.cut_accuracy[row, -1]
        assert last == pytest.approx((true == pred).mean() if n else np.nan, nan_ok=True)
    for node in range(tree.n_nodes):
        reached = found.recall[:, node] >= 0.95 * found.recall[-1, node] - 1e-9
        expected = -1 if not found.recall[-1, node] > 0 else int(reached.argmax())
        assert found.separation[node] == expected
    for class_id in range(n_classes):
        recall = found.recall[:, tree.node_of_class[class_id]]
        if np.isnan(recall).all():
            assert found.best_layer[class_id] == -1
        else:
            assert found.best_layer[class_id] == np.flatnonzero(recall == recall.max())[-1]


def test_worked_example_3_of_methods():
    tree = cb.Hierarchy.from_nested([["0", "1"], ["2", "3"]], list("0123"))
    found = cb.separability({"l": METHODS_3}, METHODS_3, tree)
    for row in (0, 1):
        np.testing.assert_array_equal(found.tp[row, [1, 4, 2]], [14, 17, 5])
        np.testing.assert_allclose(found.recall[row, [1, 4, 2]], [0.875, 0.94444, 0.625], atol=5e-6)
        np.testing.assert_allclose(
            found.precision[row, [1, 4, 2]], [0.93333, 0.89474, 0.83333], atol=5e-6
        )
        np.testing.assert_allclose(found.f1[row, [1, 4, 2]], [0.90323, 0.91892, 0.71429], atol=5e-6)
        np.testing.assert_allclose(found.cut_accuracy[row], [1, 0.91176, 0.67647], atol=5e-6)


def test_the_separation_layer_of_methods_15():
    recall = np.array([[0.50, 0.80, 0.86, 0.88, 0.90]]).T
    assert separation_of(recall).tolist() == [2]
    reached_exactly = np.array([[0.855, 0.1, 0.9]]).T
    assert separation_of(reached_exactly).tolist() == [0]
    assert separation_of(np.array([[0.3, np.nan], [0.0, np.nan]])).tolist() == [-1, -1]
    assert separation_of(np.array([[np.nan], [0.4]])).tolist() == [1]


def test_coarse_groups_separate_before_classes():
    tree = cb.Hierarchy.from_nested({"a": ["0", "1"], "b": ["2", "3"]}, list("0123"))
    coarse = np.kron(np.eye(2, dtype=int), np.full((2, 2), 10))
    found = cb.separability({"early": coarse, "late": 20 * np.eye(4, dtype=int)}, coarse, tree)
    assert found.separation.tolist() == [0, 0, 0, 0, 0, 0, 0]
    found = cb.separability({"early": coarse}, 20 * np.eye(4, dtype=int), tree)
    names = dict(zip(tree.name, found.separation.tolist(), strict=True))
    assert (names["a"], names["b"], names["0"], names["3"]) == (0, 0, 1, 1)
    np.testing.assert_allclose(found.cut_accuracy, [[1, 1, 0.5], [1, 1, 1]])


def test_a_class_that_an_earlier_layer_tells_better():
    tree = cb.Hierarchy.flat(["x", "y", "z"])
    early = np.diag([9, 5, 0]) + np.array([[0, 1, 0], [5, 0, 0], [0, 0, 0]])
    final = np.diag([5, 5, 0]) + np.array([[0, 5, 0], [5, 0, 0], [0, 0, 0]])
    found = cb.separability({"early": early}, final, tree)
    assert found.best_layer.tolist() == [0, 1, -1]


def test_bad_input_is_named():
    tree = cb.Hierarchy.flat(["x", "y"])
    two, three = np.eye(2, dtype=int), np.eye(3, dtype=int)
    with pytest.raises(ValueError, match="layers: expected at least one layer"):
        cb.separability({}, two, tree)
    with pytest.raises(ValueError, match=r"layer 'b': counts: expected 2 classes .* got 3"):
        cb.separability({"a": two, "b": three}, two, tree)
    with pytest.raises(ValueError, match="counts: expected 2 classes"):
        cb.separability({"a": two}, three, tree)
