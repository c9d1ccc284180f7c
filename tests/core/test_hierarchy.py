import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.hierarchy import Hierarchy

# all ─┬─ a ─┬─ x      classes 0
#      │     └─ y              2
#      ├─ z                    1
#      └─ b ─── w              3
NAMES = ["x", "z", "y", "w"]
TREE = {"a": ["x", "y"], "z": None, "b": {"w": None}}


def build():
    return Hierarchy.from_nested(TREE, NAMES)


def test_preorder_arrays():
    tree = build()
    assert tree.name == ("all", "a", "x", "y", "z", "b", "w")
    assert tree.parent.tolist() == [-1, 0, 1, 1, 0, 0, 5]
    assert tree.start.tolist() == [0, 0, 0, 1, 2, 3, 3]
    assert tree.stop.tolist() == [4, 2, 1, 2, 3, 4, 4]
    assert tree.depth.tolist() == [0, 1, 2, 2, 1, 1, 2]
    assert tree.class_of_node.tolist() == [-1, -1, 0, 2, 1, -1, 3]
    assert tree.class_of_leaf.tolist() == [0, 2, 1, 3]
    assert tree.leaf_of_class.tolist() == [0, 2, 1, 3]
    assert tree.node_of_class.tolist() == [2, 4, 3, 6]
    assert tree.node_stop.tolist() == [7, 4, 3, 4, 5, 7, 7]
    assert (tree.n_nodes, tree.n_classes) == (7, 4)
    for array in (tree.parent, tree.start, tree.class_of_leaf, tree.leaf_of_class):
        assert array.dtype == np.int32
        assert not array.flags.writeable


def test_walking():
    tree = build()
    assert tree.children(0).tolist() == [1, 4, 5]
    assert tree.children(4).tolist() == []
    assert tree.ancestors(3).tolist() == [1, 0]
    assert tree.ancestors(0).tolist() == []
    assert tree.path(3) == ("all", "a", "y")
    assert tree.cut(0).tolist() == [0]
    assert tree.cut(1).tolist() == [1, 4, 5]
    assert tree.cut(2).tolist() == [2, 3, 4, 6]
    assert repr(tree) == "Hierarchy(4 classes, 7 nodes, depth 2, root 'all')"


def test_lca_is_the_last_common_node_of_the_paths(random_hierarchy):
    for seed in range(20):
        tree = random_hierarchy(seed, 1 + seed)
        a, b = np.indices((tree.n_classes, tree.n_classes)).reshape(2, -1)
        for class_a, class_b, node in zip(a, b, tree.lca(a, b), strict=True):
            up_a = [int(tree.node_of_class[class_a])]
            up_b = [int(tree.node_of_class[class_b])]
            up_a += tree.ancestors(up_a[0]).tolist()
            up_b += tree.ancestors(up_b[0]).tolist()
            assert node == max(set(up_a) & set(up_b))


def test_lca_heights_of_worked_example_22():
    # root → {a: {0, 1}, v: {2, b: {3, 4}}}
    tree = Hierarchy.from_nested({"a": [0, 1], "v": [2, {"b": [3, 4]}]}, list("01234"))
    name = np.array(tree.name)
    assert name[tree.lca([0, 2, 2, 3, 0], [1, 3, 4, 4, 4])].tolist() == ["a", "v", "v", "b", "all"]


def test_heights_and_severity_of_worked_example_22():
    tree = Hierarchy.from_nested({"a": [0, 1], "v": [2, {"b": [3, 4]}]}, list("01234"))
    height = dict(zip(tree.name, tree.height.tolist(), strict=True))
    assert height == {"all": 3, "a": 1, "v": 2, "b": 1} | dict.fromkeys("01234", 0)
    true, pred = np.array([0, 1, 2, 3, 4, 3]), np.array([0, 0, 2, 4, 0, 3])
    distance = tree.height[tree.lca(true, pred)]
    assert distance[true != pred].mean() == pytest.approx(5 / 3)
    assert distance.mean() == pytest.approx(5 / 6)


def test_contraction_of_the_example_in_methods():
    tree = Hierarchy.from_nested({"a": {"b": ["0", "1"]}, "c": ["2"]}, list("012")).contract()
    assert tree.name == ("all", "b", "0", "1", "2")
    assert tree.aliases == ((), ("a", "b"), (), (), ("c",))
    assert tree.depth.tolist() == [0, 1, 2, 2, 1]


def test_contraction_of_a_chain_at_the_root():
    tree = Hierarchy.from_nested({"name": "r", "children": [{"a": {"b": ["0", "1"]}}]}, ["0", "1"])
    flat = tree.contract()
    assert flat.name == ("b", "0", "1")
    assert flat.aliases[0][0] == "r"
    assert flat.aliases[0][-2:] == ("a", "b")


def test_the_root_survives_above_a_single_class():
    tree = Hierarchy.from_nested({"a": {"b": {"c": ["0"]}}}, ["0"]).contract()
    assert tree.n_nodes == 2
    assert tree.depth.tolist() == [0, 1]
    assert tree.name[1] == "0"
    again = tree.contract()
    assert again.name == tree.name
    assert again.aliases == tree.aliases


def test_contraction_keeps_earlier_aliases():
    once = Hierarchy.from_nested({"a": {"b": ["0", "1"]}, "c": ["2"]}, list("012")).contract()
    tree = once.to_json()["tree"]
    deeper = Hierarchy.from_nested({"top": [{"o": [tree]}, "3"]}, list("0123")).contract()
    b = deeper.name.index("b")
    assert deeper.aliases[b] == ("a", "b")
    assert deeper.aliases[deeper.name.index("all", 1)] == ("o", "all")


@given(st.integers(0, 10_000), st.integers(1, 25))
def test_contraction_keeps_the_order_and_the_groups(random_hierarchy, seed, n_classes):
    tree = random_hierarchy(seed, n_classes)
    short = tree.contract()
    assert (short.class_of_leaf == tree.class_of_leaf).all()
    n_children = np.bincount(short.parent[1:], minlength=short.n_nodes)
    assert not (n_children[1:] == 1).any()
    assert n_children[0] > 1 or n_classes == 1
    groups = set(zip(tree.start, tree.stop, strict=True))
    assert set(zip(short.start, short.stop, strict=True)) == groups
    merged = sum(
        len(a) - (c < 0) for a, c in zip(short.aliases, short.class_of_node, strict=True) if a
    )
    assert short.n_nodes + merged == tree.n_nodes


def test_sorting_children_by_key_with_ties_and_nan():
    tree = Hierarchy.from_nested(["a", "b", "c", "d", "e"], list("abcde"))
    key = [0, 2, np.nan, 1, 2, np.nan]
    assert [tree.name[i] for i in tree.children(0)] == list("abcde")
    assert tree.sort_children(key).name[1:] == ("c", "a", "d", "b", "e")
    assert tree.sort_children(key, descending=True).name[1:] == ("a", "d", "c", "b", "e")
    with pytest.raises(ValueError, match="key: expected 6 values"):
        tree.sort_children([1, 2])


@given(st.integers(0, 10_000), st.integers(1, 25), st.booleans())
def test_sorting_is_what_a_recursive_sort_does(random_hierarchy, seed, n_classes, descending):
    tree = random_hierarchy(seed, n_classes)
    rng = np.random.default_rng(seed)
    key = rng.integers(0, 4, tree.n_nodes).astype(float)
    key[key == 3] = np.nan

    def walk(node):
        yield node

        def rank(v):
            sign = -1 if descending else 1
            return (np.isnan(key[v]), 0 if np.isnan(key[v]) else sign * key[v], tree.start[v])

        for child in sorted(tree.children(node).tolist(), key=rank):
            yield from walk(child)

    order = list(walk(0))
    done = tree.sort_children(key, descending)
    assert done.name == tuple(tree.name[v] for v in order)
    assert (done.class_of_node == tree.class_of_node[order]).all()
    assert (done.depth == tree.depth[order]).all()
    assert (done.stop - done.start == (tree.stop - tree.start)[order]).all()


def same(a, b):
    arrays = ("parent", "start", "stop", "depth", "class_of_node")
    return all((getattr(a, f) == getattr(b, f)).all() for f in arrays) and (
        a.name,
        a.aliases,
        dict(a.how),
    ) == (b.name, b.aliases, dict(b.how))


def test_saving_and_loading(tmp_path, random_hierarchy):
    tree = random_hierarchy(3, 20).contract()
    tree.save(tmp_path / "t.json")
    assert same(Hierarchy.load(tmp_path / "t.json"), tree)
    assert [f.name for f in tmp_path.iterdir()] == ["t.json"]
    obj = json.loads((tmp_path / "t.json").read_text())
    assert set(obj) == {"version", "how", "tree"}
    assert same(Hierarchy.from_json(obj, 20), tree)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    file = tmp_path / "t.json"
    build().save(file)
    before = file.read_bytes()
    bad = Hierarchy.from_draft(build()._draft(), 4, {"source": object()})
    with pytest.raises(TypeError):
        bad.save(file)
    assert file.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_chain_of_ten_thousand_levels(tmp_path):
    n = 10_000
    nested = "0"
    for i in range(1, n):
        nested = [str(i), nested]
    tree = Hierarchy.from_nested(nested, [str(i) for i in range(n)])
    assert tree.depth.max() == n - 1
    tree.save(tmp_path / "deep.json")
    again = Hierarchy.load(tmp_path / "deep.json").contract()
    assert same(again, tree)
    assert tree.sort_children(tree.depth).n_nodes == tree.n_nodes
    assert tree.lca([0], [1]).tolist() == [tree.parent[tree.node_of_class[0]]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "bad.json: Expecting"),
        ("[]", "bad.json: hierarchy: expected"),
        ('{"version": 2, "how": {}, "tree": {}}', "expected format version 1, got 2"),
        ('{"version": 1, "tree": {"name": "r", "children": []}}', "expected at least one class"),
        ('{"version": 1, "tree": {"name": "r", "children": [{"name": "a"}]}}', "leaf 'a' is not"),
        (
            '{"version": 1, "tree": {"name": "r", "children": [{"name": "a", "class": 1}]}}',
            "expected classes 0 to 0, got 1",
        ),
    ],
)
def test_files_that_are_not_hierarchies(tmp_path, text, message):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        Hierarchy.load(tmp_path / "bad.json")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*absent"):
        Hierarchy.flat(["a", "b"]).save(tmp_path / "absent" / "tree.json")
    assert list(tmp_path.iterdir()) == []
