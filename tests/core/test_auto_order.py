import numpy as np
import pytest
from scipy.sparse import csr_array

from classblocks.core import auto_order as module
from classblocks.core.confusion import cells_of
from classblocks.core.criteria import order_criteria
from classblocks.core.judge import Judge
from classblocks.core.nearness import Pairs
from classblocks.core.order import METHODS, order_classes
from classblocks.core.partition import partition
from classblocks.core.similarity import confusion_similarity

KNOWN = [method for method in METHODS if method not in ("auto", "ward")]


def sparse_errors(seed, n_classes=150, per_class=25):
    """Errors of a network: nested groups, pairs and classes of very unequal weight."""
    rng = np.random.default_rng(seed)
    rate = np.full((n_classes, n_classes), 0.01)
    group = np.zeros(n_classes, int)
    for n_parts, level in ((4, 0.05), (4, 0.3), (3, 2.0)):
        group = group * n_parts + rng.integers(0, n_parts, n_classes)
        rate[group[:, None] == group] = level
    pair = rng.normal(0, 1.2, (n_classes, n_classes))
    rate *= np.exp((pair + pair.T) / 2)
    np.fill_diagonal(rate, 0)
    counts = rng.poisson(
        per_class * rng.beta(2, 3, n_classes)[:, None] * rate / rate.sum(1)[:, None]
    )
    np.fill_diagonal(counts, per_class)
    return counts


@pytest.mark.parametrize("seed", range(2))
def test_more_errors_near_the_diagonal_than_by_any_single_method(seed):
    counts = sparse_errors(seed)
    auto = order_criteria(counts, order_classes(counts))
    for method in KNOWN:
        known = order_criteria(counts, order_classes(counts, method))
        assert auto.band_mass > known.band_mass
        if method in ("recursive_ncut", "linkage"):
            assert auto.block_mass > known.block_mass


def test_unseen_errors_too():
    better = []
    for seed in range(4):
        counts = sparse_errors(seed)
        known = np.random.default_rng(seed).binomial(counts, 0.5)
        auto = order_criteria(counts - known, order_classes(known)).band_mass
        single = [
            order_criteria(counts - known, order_classes(known, method)).band_mass
            for method in ("recursive_ncut", "olo", "linkage")
        ]
        better.append(auto - max(single))
    assert np.mean(better) > 0


def test_the_best_blocks_are_nodes_of_the_tree():
    counts = sparse_errors(3)
    tree = order_classes(counts)
    along = partition(counts, tree, 20)
    nodes = partition(counts, tree, 20, along="tree")
    assert nodes.value > 0.97 * along.value


def test_exchanges_keep_the_objective_of_the_partition():
    counts = sparse_errors(0)
    graph, errors = confusion_similarity(counts), confusion_similarity(counts, "counts")
    judge = Judge(Pairs.of(graph), Pairs.of(errors), 0)
    order = order_classes(counts, "linkage").class_of_leaf.astype(np.int64)
    before = judge(order)
    least = before.objective
    rng = np.random.default_rng(0)
    part = np.zeros(len(counts), np.int64)
    found, after = module.exchanged(errors, order, before, judge, least, part, 60, rng)
    assert sorted(found) == list(range(len(counts)))
    assert after.value == judge(found).value > before.value
    assert after.objective >= least


@pytest.mark.parametrize("m", [1, 2, 3, 10])
def test_a_turned_order_has_every_row_once(m):
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert sorted(module.turned(np.arange(m), rng)) == list(range(m))


def test_unconnected_parts_stay_together():
    rng = np.random.default_rng(0)
    counts = np.zeros((60, 60), int)
    for part in (np.arange(0, 60, 3), np.arange(1, 60, 3), np.arange(2, 50, 3)):
        counts[np.ix_(part, part)] = rng.poisson(0.5, (len(part), len(part)))
    counts[59] = counts[:, 59] = 0
    tree = order_classes(counts)
    part = tree.class_of_leaf[:59] % 3
    linked = part[: 60 - len(tree.how["isolated"])]
    assert np.count_nonzero(np.diff(linked)) == 2
    assert 59 in tree.how["isolated"]


@pytest.mark.parametrize("n_rows", [401, 1501, 6001])
def test_larger_orders_take_less_effort_and_are_still_good(monkeypatch, n_rows):
    monkeypatch.setattr(module, "effort_for", lambda m, kept=module.effort_for: kept(n_rows))
    counts = sparse_errors(1)
    auto = order_criteria(counts, order_classes(counts))
    assert auto.band_mass > order_criteria(counts, order_classes(counts, "linkage")).band_mass


def test_a_given_similarity_is_what_counts():
    counts = sparse_errors(2)
    other = sparse_errors(5)
    graph = confusion_similarity(other)
    found = order_classes(counts, similarity=graph)
    assert found.how["source"] == "similarity"
    near = order_criteria(csr_array(graph), found).band_mass
    assert near > order_criteria(csr_array(graph), order_classes(counts)).band_mass + 0.1
    assert (
        order_classes(cells_of(counts), similarity=graph).class_of_leaf == found.class_of_leaf
    ).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n_classes", "size"), [(12, 3), (24, 4), (60, 6)])
def test_clear_groups_of_few_classes_stay_whole(seed, n_classes, size):
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(n_classes) // size)
    half = group * 2 * size // n_classes
    near = np.where(group[:, None] == group, 20.0, np.where(half[:, None] == half, 1.5, 0.5))
    counts = rng.poisson(near)
    order = order_classes(counts).class_of_leaf
    assert (np.diff(group[order]) != 0).sum() == n_classes // size - 1
