import numpy as np
import pytest

from classblocks.app.parameters import Parameters, RequestError
from classblocks.app.trees import read_tree

#        0
#    ┌───┼────┐
#    1   2    3
#  ┌─┼─┐ c3   c4
# c2 c0 c1
PARENT = [-1, 0, 1, 1, 1, 0, 0]
CLASS = [-1, -1, 2, 0, 1, 3, 4]


@pytest.fixture
def read(session):
    return lambda tree: read_tree(session._context, Parameters("view", {"tree": tree}))


def test_a_tree_by_name_is_the_one_of_the_study(read, shared_study):
    assert read({"hierarchy": "given"}) is shared_study.hierarchies["given"]


def test_a_tree_by_arrays_is_that_tree(read):
    tree = read({"parent": PARENT, "class": CLASS})
    assert tree.parent.tolist() == PARENT
    assert tree.class_of_node.tolist() == CLASS
    assert tree.class_of_leaf.tolist() == [2, 0, 1, 3, 4]
    assert tree.name[2:] == ("jay", "robin", "cup", "dog", "Ärmel › sleeve")
    assert tree.name[:2] == ("jay + 4", "jay + 2")


def test_equal_arrays_are_one_object_and_others_are_not(read):
    tree = read({"parent": PARENT, "class": CLASS})
    assert read({"parent": list(PARENT), "class": list(CLASS)}) is tree
    other = [-1, -1, 0, 2, 1, 3, 4]
    assert read({"parent": PARENT, "class": other}) is not tree


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (None, "'tree' must be an object, got None"),
        ([], "'tree' must be an object"),
        ({}, "'parent' is missing"),
        ({"hierarchy": "none"}, "unknown hierarchy 'none'"),
        ({"hierarchy": "given", "parent": []}, "unknown parameter 'parent'"),
        ({"parent": PARENT}, "'class' is missing"),
        ({"parent": PARENT, "class": CLASS[:-1]}, "'parent' has 7 entries and 'class' 6"),
        ({"parent": PARENT, "class": CLASS, "name": []}, "unknown parameter 'name'"),
        ({"parent": [], "class": []}, "5 of 5 classes missing"),
        ({"parent": [-1.0], "class": [0]}, r"'parent'\[0\] is -1.0"),
        ({"parent": [0], "class": [-1]}, r"'parent'\[0\] is 0: expected nodes in preorder"),
        ({"parent": [-1, -1], "class": [0, 1]}, r"'parent'\[1\] is -1: expected"),
        ({"parent": [-1, 2, 0], "class": [-1, 0, -1]}, r"'parent'\[1\] is 2: expected"),
        (
            {"parent": [-1, 0, 0, 1, 2, 0, 0], "class": [-1, -1, -1, 0, 1, 2, 3]},
            r"'parent'\[3\] is 1: expected nodes in preorder",
        ),
        ({"parent": PARENT, "class": [-1, -1, 2, 0, 2, 3, 4]}, "class 2 is on two leaves"),
        ({"parent": PARENT, "class": [-1, -1, 2, 0, 5, 3, 4]}, r"'class'\[4\] is 5, classes are"),
        ({"parent": PARENT[:-1], "class": CLASS[:-1]}, "1 of 5 classes missing: 4"),
        ({"parent": PARENT, "class": [-1, -1, 2, 0, 1, 3, -1]}, "no class below the inner node"),
        ({"parent": PARENT, "class": [-1, 4, 2, 0, 1, 3, -1]}, "has children"),
        ({"parent": [-1] * 97, "class": [-1] * 97}, "97 entries, at most 96"),
    ],
)
def test_what_is_not_a_tree_is_named(read, tree, text):
    with pytest.raises(RequestError, match=text):
        read(tree)


def test_a_long_chain_of_single_children_is_a_tree(read):
    depth = 60
    tree = read(
        {"parent": list(range(-1, depth)) + [0] * 4, "class": [-1] * depth + [0, 1, 2, 3, 4]}
    )
    assert tree.depth.max() == depth
    np.testing.assert_array_equal(tree.class_of_leaf, np.arange(5))
