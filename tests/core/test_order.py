import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.metrics import adjusted_rand_score

from classblocks.core.confusion import cells_of, count_cells
from classblocks.core.order import METHODS, order_classes
from classblocks.core.similarity import confusion_similarity

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


@pytest.mark.parametrize(("method", "n_seeds"), [("recursive_ncut", 12), ("auto", 3)])
def test_planted_blocks_are_found(method, n_seeds):
    scores = []
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        counts, group = planted(rng, rng.permutation([8, 12, 16, 20, 28, 36]), [0, 0, 0, 1, 1, 1])
        tree = order_classes(counts, method)
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


@pytest.mark.parametrize("method", FROM_GRAPH)
def test_unconnected_parts_and_isolated_classes(method):
    rng = np.random.default_rng(5)
    counts = np.zeros((30, 30), int)
    large, small = np.arange(0, 24, 2), np.arange(1, 13, 2)
    counts[np.ix_(large, large)] = rng.poisson(3, (12, 12))
    counts[np.ix_(small, small)] = rng.poisson(2, (6, 6))
    np.fill_diagonal(counts, 40)
    tree = order_classes(counts, method)
    assert sorted(tree.class_of_leaf[:12]) == large.tolist()
    assert sorted(tree.class_of_leaf[12:18]) == small.tolist()
    rest = sorted(set(range(30)) - set(large) - set(small))
    assert tree.class_of_leaf[18:].tolist() == rest == tree.how["isolated"]
    assert tree.how["method"] == method


@pytest.mark.parametrize("method", FROM_GRAPH)
def test_ten_thousand_equal_cells(method):
    tree = order_classes(np.ones((100, 100), int), method)
    assert sorted(tree.class_of_leaf) == list(range(100))
    again = order_classes(np.ones((100, 100), int), method)
    assert (tree.class_of_leaf == again.class_of_leaf).all()
    if method in ("recursive_ncut", "linkage", "auto"):
        assert tree.depth.max() <= 2


@pytest.mark.parametrize("method", FROM_GRAPH)
@pytest.mark.parametrize(
    "counts", [[[3]], [[0]], [[3, 1], [0, 3]], [[0, 0], [0, 0]], [[1, 9], [9, 1]]]
)
def test_one_and_two_classes(method, counts):
    tree = order_classes(counts, method)
    assert tree.class_of_leaf.tolist() == list(range(len(counts)))
    wrong = len(counts) == 2 and counts[0][1] + counts[1][0] > 0
    assert tree.how["isolated"] == ([] if wrong else list(range(len(counts))))


# The barycenter heuristic does not find these groups, with or without that class.
@pytest.mark.parametrize("method", [m for m in FROM_GRAPH if m != "barycenter"])
def test_a_class_without_samples_goes_to_those_it_is_predicted_for(method):
    counts, group = planted(np.random.default_rng(3), [8, 8, 8], [0, 0, 1], 6, 0.2, 0.05)
    counts[4] = 0
    for similarity in ("log1p", "counts", "rates"):
        tree = order_classes(counts, method, similarity=similarity)
        place = tree.leaf_of_class
        own = np.flatnonzero((group == group[4]) & (np.arange(24) != 4))
        others = np.flatnonzero(group != group[4])
        assert np.abs(place[own] - place[4]).mean() < np.abs(place[others] - place[4]).mean()


@pytest.mark.parametrize("method", FROM_GRAPH)
def test_names_may_hold_anything(method):
    names = ["", "\x00", "猫, Felis catus", "\ud83d\ude00" * 1, "x" * 10_000, "a/b", "é́"]
    counts = np.ones((7, 7), int)
    counts[0, 4] = 9
    tree = order_classes(counts, method, names=names)
    assert [tree.name[v] for v in tree.node_of_class] == names


def test_a_block_is_ordered_by_itself():
    counts, _ = planted(np.random.default_rng(1), [10, 10, 10], [0, 0, 1])
    block = np.array([25, 3, 7, 14, 0, 21, 9])
    names = [f"class {c}" for c in range(30)]
    tree = order_classes(counts, "olo", names=names, classes=block)
    alone = order_classes(counts[np.ix_(block, block)], "olo")
    assert tree.class_of_leaf.tolist() == alone.class_of_leaf.tolist()
    assert tree.how["classes"] == block.tolist()
    assert [tree.name[v] for v in tree.node_of_class] == [names[c] for c in block]


@pytest.mark.parametrize("method", FROM_GRAPH)
def test_a_given_similarity_takes_the_place_of_confusions(method):
    counts = np.diag([5, 6, 7, 8, 9, 10])
    correlation = EXAMPLE_4[np.ix_(SHUFFLE, SHUFFLE)] / 10 - 0.05 + np.eye(6)
    tree = order_classes(counts, method, similarity=correlation)
    found = SHUFFLE[tree.class_of_leaf].tolist()
    assert found in (list(range(6)), list(range(6))[::-1])
    assert tree.how["source"] == "similarity"
    assert tree.how["similarity"] == "given"
    sparse = order_classes(counts, method, similarity=csr_array(correlation))
    assert sparse.class_of_leaf.tolist() == tree.class_of_leaf.tolist()


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
        ({"seed": -1}, "seed: expected"),
        ({"seed": 1.5}, "seed: expected"),
        ({"classes": []}, "classes: expected at least one class, got none"),
        ({"classes": [1, 1]}, "classes: expected each class once, got 1 again"),
        ({"classes": [2]}, "classes: expected class ids 0 to 1, got 2 in row 0"),
        (
            {"similarity": "cosine"},
            "similarity: expected one of log1p, .*, got 'cosine'",
        ),
        ({"similarity": np.zeros((3, 3))}, r"similarity: expected shape \(2, 2\), got \(3, 3\)"),
    ],
)
def test_errors(given, message):
    with pytest.raises(ValueError, match=message):
        order_classes(**({"counts": [[1, 1], [0, 0]]} | given))
