import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.metrics import adjusted_rand_score

from classblocks.core import spectral
from classblocks.core.confusion import cells_of, count_cells
from classblocks.core.ncut import least_ncut
from classblocks.core.order import METHODS, order_classes
from classblocks.core.similarity import confusion_similarity
from classblocks.core.spectral import fiedler_order

EXAMPLE_4 = np.array(
    [
        [0, 9, 5, 2, 1, 0],
        [9, 0, 8, 3, 2, 1],
        [5, 8, 0, 4, 3, 2],
        [2, 3, 4, 0, 9, 6],
        [1, 2, 3, 9, 0, 8],
        [0, 1, 2, 6, 8, 0],
    ]
)
SHUFFLE = np.array([4, 1, 3, 0, 5, 2])
FROM_GRAPH = [method for method in METHODS if method != "ward"]


def linear_seriation(similarity, order):
    """METHODS §4.2: Σ over pairs of similarity × distance."""
    w = similarity[np.ix_(order, order)]
    i, j = np.triu_indices(len(order), 1)
    return (w[i, j] * (j - i)).sum()


def planted(rng, sizes, supergroup, inside=3.0, near=0.4, far=0.02):
    """Poisson counts of nested groups, shuffled; returns counts and the group of each class."""
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    top = np.asarray(supergroup)[group]
    rate = np.where(top[:, None] == top, near, far)
    rate[group[:, None] == group] = inside
    counts = rng.poisson(rate)
    np.fill_diagonal(counts, 50)
    return counts, group


@pytest.mark.parametrize("method", FROM_GRAPH)
def test_worked_example_4(method):
    assert linear_seriation(EXAMPLE_4, np.arange(6)) == 98
    shuffled = EXAMPLE_4[np.ix_(SHUFFLE, SHUFFLE)]
    assert linear_seriation(shuffled, np.arange(6)) == 164
    order = order_classes(shuffled, method).class_of_leaf
    assert linear_seriation(shuffled, order) == 98
    found = SHUFFLE[order].tolist()
    assert found in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0])
    assert order[0] < order[-1]
    assert order_classes(EXAMPLE_4, method).class_of_leaf.tolist() == [0, 1, 2, 3, 4, 5]


def test_similarity_is_the_symmetric_log_of_errors():
    counts = np.array([[50, 3, 0], [1, 50, 0], [0, 0, 50]])
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = (np.log1p(3) + np.log1p(1)) / 2
    assert confusion_similarity(cells_of(counts)).toarray() == pytest.approx(expected)


def test_planted_blocks_are_found():
    scores = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        counts, group = planted(rng, rng.permutation([8, 12, 16, 20, 28, 36]), [0, 0, 0, 1, 1, 1])
        tree = order_classes(counts)
        run = np.flatnonzero(np.diff(group[tree.class_of_leaf]))
        assert len(run) == 5
        top = tree.cut(1)
        label = np.empty(120, int)
        for v in top:
            label[tree.class_of_leaf[tree.start[v] : tree.stop[v]]] = v
        scores.append(adjusted_rand_score(group >= 3, label))
    assert np.mean(scores) > 0.99


def test_olo_keeps_planted_blocks_together():
    counts, group = planted(np.random.default_rng(0), [10, 20, 30], [0, 0, 1], 5, 0.3, 0.01)
    tree = order_classes(counts, "olo")
    assert np.count_nonzero(np.diff(group[tree.class_of_leaf])) == 2


@given(st.integers(0, 10_000), st.integers(1, 14), st.sampled_from(FROM_GRAPH))
def test_any_counts_give_a_permutation_and_the_same_one_again(seed, n_classes, method):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([0.02, 0.2, 2]), (n_classes, n_classes))
    tree = order_classes(counts, method)
    assert sorted(tree.class_of_leaf) == list(range(n_classes))
    again = order_classes(counts, method)
    assert (again.class_of_leaf == tree.class_of_leaf).all()
    assert again.name == tree.name
    wrong = counts * (1 - np.eye(n_classes, dtype=int))
    isolated = np.flatnonzero(wrong.sum(0) + wrong.sum(1) == 0)
    assert tree.how["isolated"] == isolated.tolist()
    assert tree.class_of_leaf[n_classes - len(isolated) :].tolist() == isolated.tolist()
    assert (tree.parent[tree.node_of_class[isolated]] == 0).all()


@pytest.mark.parametrize("method", FROM_GRAPH)
@pytest.mark.parametrize("n_classes", [1, 2, 5])
def test_no_confusions_at_all(method, n_classes):
    tree = order_classes(7 * np.eye(n_classes, dtype=int), method)
    assert tree.class_of_leaf.tolist() == list(range(n_classes))
    assert tree.n_nodes == n_classes + 1
    assert tree.how["isolated"] == list(range(n_classes))


def test_unconnected_parts_by_falling_mass_then_isolated_classes():
    counts = np.zeros((7, 7), int)
    counts[0, 3] = 4
    counts[1, 5] = counts[5, 1] = 4
    tree = order_classes(counts, names=list("abcdefg"))
    assert tree.class_of_leaf.tolist() == [1, 5, 0, 3, 2, 4, 6]
    assert tree.how["isolated"] == [2, 4, 6]
    assert tree.name == ("all", "b + 1", "b", "f", "a + 1", "a", "d", "c", "e", "g")


def test_groups_are_named_after_the_class_most_like_the_others():
    counts = np.kron(np.eye(2, dtype=int), np.full((4, 4), 20))
    counts[0, 7] = counts[7, 0] = 1
    counts[1, :4] = counts[6, 4:] = 30
    np.fill_diagonal(counts, [90, 10, 10, 10, 10, 10, 30, 10])
    tree = order_classes(counts, names=[f"c{i}" for i in range(8)])
    assert [tree.name[v] for v in tree.children(0)] == ["c1 + 3", "c6 + 3"]


def test_a_group_without_structure_stays_flat():
    counts = np.full((8, 8), 5)
    assert order_classes(counts).depth.max() == 1


def test_least_ncut_is_the_best_of_all_places():
    rng = np.random.default_rng(0)
    w = rng.poisson(1, (9, 9)).astype(float)
    w = np.triu(w, 1) + np.triu(w, 1).T
    order = rng.permutation(9)

    def value(at):
        a, b = order[:at], order[at:]
        cut = w[np.ix_(a, b)].sum()
        return cut / w[a].sum() + cut / w[b].sum()

    at, least = least_ncut(csr_array(w), order)
    values = [value(i) for i in range(1, 9)]
    assert least == pytest.approx(min(values))
    assert at == 1 + int(np.argmin(values))


def test_the_iterative_solvers_order_as_the_dense_one(monkeypatch):
    rng = np.random.default_rng(0)
    counts, _ = planted(rng, [20, 15, 15], [0, 0, 1], 2, 0.5, 0.1)
    graph = confusion_similarity(cells_of(counts))
    dense = fiedler_order(graph, np.random.default_rng(0))
    monkeypatch.setattr(spectral, "DENSE_SIZE", 10)
    assert (fiedler_order(graph, np.random.default_rng(0)) == dense).all()


def test_a_path_of_classes_needs_the_factorised_solver(monkeypatch):
    n = 60
    hidden = np.random.default_rng(0).permutation(n)
    counts = np.zeros((n, n), int)
    counts[hidden[:-1], hidden[1:]] = 5
    graph = confusion_similarity(cells_of(counts))
    monkeypatch.setattr(spectral, "DENSE_SIZE", 10)
    monkeypatch.setattr(spectral, "_lanczos", _does_not_converge)
    order = fiedler_order(graph, np.random.default_rng(0)).tolist()
    assert order in (hidden.tolist(), hidden[::-1].tolist())
    monkeypatch.setattr(spectral, "_shift_invert", _does_not_converge)
    assert fiedler_order(graph, np.random.default_rng(0)).tolist() == order


def _does_not_converge(scaled, first, start):
    from scipy.sparse.linalg import ArpackNoConvergence

    raise ArpackNoConvergence("no convergence", np.empty(0), np.empty((0, 0)))


def test_cells_and_counts_give_the_same_tree():
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 20, (2, 300))
    cells = count_cells(true, pred, 20)
    assert order_classes(cells).name == order_classes(cells.dense()).name


def test_most_of_five_hundred_pairs_in_noise_stay_together():
    n = 1000
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.003, (n, n))
    first = np.arange(0, n, 2)
    counts[first, first + 1] = 50
    tree = order_classes(counts)
    beside = tree.leaf_of_class[first + 1] - tree.leaf_of_class[first]
    assert np.mean(np.abs(beside) <= 2) > 0.9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "best"}, "method: expected one of auto, recursive_ncut, .*, ward, got 'best'"),
        ({"names": ["a"]}, "names: expected 2, one per class, got 1"),
        ({"counts": [[1, -1], [0, 0]]}, "got -1 for true 0, pred 1"),
        ({"counts": np.empty((0, 0), int)}, "expected at least one class"),
    ],
)
def test_errors(given, message):
    with pytest.raises(ValueError, match=message):
        order_classes(**({"counts": [[1, 1], [0, 0]]} | given))
