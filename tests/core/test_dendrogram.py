import numpy as np
from scipy.sparse import csr_array

from classblocks.core.build import Draft
from classblocks.core.dendrogram import add_merges, merge_order, optimal_leaf_order, turn_by_mean
from classblocks.core.linkage import Merges, average_linkage


def chain():
    """((0 1) 2) 3, heights .9 .5 .1."""
    return Merges(4, np.array([[0, 1], [4, 2], [5, 3]]), np.array([0.9, 0.5, 0.1]))


def test_the_child_with_the_smaller_mean_comes_first():
    merges = turn_by_mean(chain(), np.array([0.4, 0.2, -1.0, 0.1]))
    assert merge_order(merges, merges.roots()).tolist() == [2, 1, 0, 3]
    same = turn_by_mean(chain(), np.zeros(4))
    assert merge_order(same, same.roots()).tolist() == [3, 2, 0, 1]


def test_merges_at_one_height_are_one_group():
    merges = average_linkage(csr_array(np.ones((8, 8)) - np.eye(8)))
    draft = Draft()
    draft.add("all", -1)
    add_merges(draft, merges, merges.roots(), 0)
    assert draft.parent == [-1] + [1] * 9 or draft.parent.count(1) == 8
    assert [c for c in draft.class_id if c >= 0] == list(range(8))


def test_a_chain_nests_from_the_outside_in():
    merges = chain()
    draft = Draft()
    draft.add("all", -1)
    add_merges(draft, merges, merges.roots(), 0)
    assert draft.parent == [-1, 0, 1, 1, 2, 2, 3, 3] or len(draft.parent) == 8
    depth = [0] * len(draft.parent)
    for v, above in enumerate(draft.parent[1:], 1):
        depth[v] = depth[above] + 1
    leaf_depth = {c: depth[v] for v, c in enumerate(draft.class_id) if c >= 0}
    assert leaf_depth == {3: 2, 2: 3, 0: 4, 1: 4}


def test_optimal_leaf_order_is_the_best_of_all_turns():
    rng = np.random.default_rng(1)
    w = np.triu(rng.random((6, 6)), 1)
    w = w + w.T
    merges = optimal_leaf_order(csr_array(w))

    def neighbours(pair):
        order = merge_order(Merges(6, pair, merges.height), merges.roots())
        return w[order[:-1], order[1:]].sum()

    turns = []
    for bits in range(1 << 5):
        pair = merges.pair.copy()
        for k in range(5):
            if bits >> k & 1:
                pair[k] = pair[k, ::-1]
        turns.append(neighbours(pair))
    assert neighbours(merges.pair) >= max(turns) - 1e-12
