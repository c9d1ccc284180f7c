import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core.hierarchy import Hierarchy
from classblocks.core.naming import medoids, name_after, name_by_medoid, restricted
from classblocks.core.order import order_classes

NAMES = ["jay", "owl", "eel", "cod", "cup", "pen", "car", "pan"]


def random_tree(rng, n_classes):
    """Nested lists over a random class order."""

    def grow(ids):
        if len(ids) < 3:
            return [int(i) for i in ids]
        cuts = np.sort(rng.choice(np.arange(1, len(ids)), rng.integers(1, 3), replace=False))
        parts = np.split(ids, cuts)
        return [grow(part) if len(part) > 1 else int(part[0]) for part in parts]

    names = [f"c{i}" for i in range(n_classes)]
    return Hierarchy.from_nested(grow(rng.permutation(n_classes)), names)


def classes_of(tree, node):
    return tree.class_of_leaf[tree.start[node] : tree.stop[node]]


@pytest.mark.parametrize("seed", range(20))
def test_medoids_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, int(rng.integers(2, 25)))
    w = np.triu(rng.poisson(1.0, (tree.n_classes, tree.n_classes)), 1).astype(float)
    w = w + w.T
    found = medoids(tree, csr_array(w))
    for node in range(tree.n_nodes):
        inside = np.sort(classes_of(tree, node))
        mass = w[np.ix_(inside, inside)].sum(axis=1)
        assert found[node] == inside[np.argmax(mass)]


def test_groups_are_named_after_their_medoid():
    tree = Hierarchy.from_nested([[0, 1, 2], 3], ["ant, Formica", "bee, Apis", "cat, Felis", "dog"])
    w = np.zeros((4, 4))
    w[0, 1] = w[1, 0] = w[1, 2] = w[2, 1] = 1
    assert name_by_medoid(tree, csr_array(w)).name[1] == "bee + 2"


def given():
    paths = ["animal/bird/jay", "animal/bird/owl", "animal/fish/eel", "animal/fish/cod"]
    return Hierarchy.from_paths([*paths, *(f"thing/{name}" for name in NAMES[4:])])


def test_equal_and_similar_groups_take_the_names_of_a_reference():
    tree = Hierarchy.from_nested([[[0, 1], [2, 3, 4]], 5, 6, 7], NAMES)
    named = name_after(tree, given())
    inner = [node for node in range(tree.n_nodes) if tree.class_of_node[node] < 0]
    assert {tuple(classes_of(tree, v)): named.name[v] for v in inner[1:]} == {
        (0, 1, 2, 3, 4): "≈ animal",
        (0, 1): "bird",
        (2, 3, 4): "≈ fish",
    }
    assert named.name[0] == tree.name[0]
    assert np.array_equal(named.parent, tree.parent)


def test_a_name_is_given_once_and_only_above_the_least_similarity():
    tree = Hierarchy.from_nested([[[0, 1, 2], 3, 4], 5, 6, 7], NAMES)
    named = name_after(tree, given(), least=0.7)
    assert sum("animal" in name for name in named.name) == 1
    assert named.name[1] == "≈ animal"
    assert not any("≈" in name for name in name_after(tree, given(), least=0.9).name)


def test_a_block_takes_names_from_the_part_of_the_reference_over_it():
    part = restricted(given(), [3, 2, 5])
    assert {part.name[v]: sorted(classes_of(part, v)) for v in range(part.n_nodes)} == {
        "all": [0, 1, 2],
        "fish": [0, 1],
        "cod": [0],
        "eel": [1],
        "pen": [2],
    }
    counts = np.zeros((8, 8), int)
    counts[2, 3] = counts[3, 2] = counts[0, 1] = counts[1, 0] = 9
    counts[1, 2] = 1
    tree = order_classes(counts, names=list("abcdefgh"), classes=[0, 1, 2, 3])
    named = name_after(tree, given(), classes=[0, 1, 2, 3])
    assert {"bird", "fish"} <= set(named.name)
