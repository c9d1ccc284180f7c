import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classblocks.core.crm import crm
from classblocks.core.hierarchical import hierarchical_metrics, lca_heights
from classblocks.core.hierarchy import Hierarchy
from classblocks.core.outcome import outcomes

# METHODS worked example 22, §22.3.
P = np.array(
    [
        [0.5, 0.3, 0.1, 0.05, 0.05],
        [0.6, 0.3, 0.05, 0.03, 0.02],
        [0.1, 0.1, 0.3, 0.3, 0.2],
        [0, 0, 0.1, 0.3, 0.6],
        [0.4, 0.1, 0.1, 0.1, 0.3],
        [0.05, 0.05, 0.1, 0.6, 0.2],
    ]
)
TRUE = [0, 1, 2, 3, 4, 3]


def tree():
    return Hierarchy.from_nested(
        {"a": ["0", "1"], "v": ["2", {"name": "b", "children": ["3", "4"]}]}, list("01234")
    )


def random_probabilities(seed, n, n_classes):
    """Rows of multiples of 1/16, so that many risks are equal and sums are exact."""
    counts = np.random.default_rng(seed).multinomial(16, np.full(n_classes, 1 / n_classes), n)
    return (counts / 16).astype(np.float32)


def test_worked_example():
    found = crm(P, tree(), TRUE, k=2)
    assert found.pred.tolist() == [0, 0, 3, 4, 0, 3]
    metrics = hierarchical_metrics(TRUE, found.pred, tree(), found.topk_class)
    assert metrics.accuracy == pytest.approx(0.3333, abs=5e-5)
    assert metrics.hd_1 == pytest.approx(1.1667, abs=5e-5)
    assert found.p_pred.tolist() == pytest.approx([0.5, 0.6, 0.3, 0.6, 0.4, 0.6])
    assert found.p_true.tolist() == pytest.approx([0.5, 0.3, 0.3, 0.3, 0.3, 0.6])


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 30))
def test_the_risks_of_any_probabilities_grow_along_the_ranking(
    random_hierarchy, seed, n_classes, n
):
    hierarchy = random_hierarchy(seed, n_classes)
    p = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.3), n).astype(np.float32)
    dense = p.astype(float) @ lca_heights(hierarchy)
    ranking = crm(p, hierarchy, np.zeros(n, int), k=n_classes).topk_class
    assert (np.sort(ranking, axis=1) == np.arange(n_classes)).all()
    assert (np.diff(np.take_along_axis(dense, ranking, axis=1), axis=1) >= -1e-9).all()


@given(st.integers(0, 10_000), st.integers(1, 10), st.integers(1, 30))
def test_the_ranking_is_that_of_the_dense_product(random_hierarchy, seed, n_classes, n):
    hierarchy = random_hierarchy(seed, n_classes)
    p = random_probabilities(seed, n, n_classes)
    true = np.random.default_rng(seed).integers(0, n_classes, n)
    # Multiples of 1/16 times small integers: the oracle's equal risks are exactly equal.
    risk = p.astype(float) @ lca_heights(hierarchy)
    ranking = np.argsort(risk, axis=1, kind="stable")
    found = crm(p, hierarchy, true, k=3)
    k = min(3, n_classes)
    assert (found.topk_class == ranking[:, :k]).all()
    assert (found.pred == ranking[:, 0]).all()
    assert (found.true_rank == (ranking == true[:, None]).argmax(axis=1)).all()
    assert (found.topk_prob == np.take_along_axis(p, ranking[:, :k], axis=1)).all()
    assert (found.p_true == p[np.arange(n), true]).all()


def test_a_star_changes_nothing():
    p = random_probabilities(1, 200, 7)
    true = np.zeros(200, int)
    plain, ranked = outcomes(p, true, 7), crm(p, Hierarchy.flat(list("abcdefg")), true, 7)
    for name in ("pred", "p_pred", "p_true", "true_rank", "topk_class", "topk_prob"):
        assert (getattr(plain, name) == getattr(ranked, name)).all()


def test_blocks_do_not_show(random_hierarchy, monkeypatch):
    hierarchy = random_hierarchy(5, 9)
    p = random_probabilities(5, 50, 9)
    whole = crm(p, hierarchy, np.zeros(50, int))
    monkeypatch.setattr("classblocks.core.crm._CHUNK", 7 * hierarchy.n_nodes)
    parts = crm(p, hierarchy, np.zeros(50, int))
    assert (whole.topk_class == parts.topk_class).all()
    assert (whole.true_rank == parts.true_rank).all()


def test_one_class_and_no_samples():
    one = crm([[1.0]], Hierarchy.flat(["only"]), [0])
    assert one.pred.tolist() == [0]
    assert one.true_rank.tolist() == [0]
    assert crm(np.empty((0, 5)), tree(), []).topk_class.shape == (0, 5)


@pytest.mark.parametrize(
    ("p", "true", "k", "message"),
    [
        (P[:, :4], TRUE, 5, r"expected shape \(n, 5\)"),
        (P * 2, TRUE, 5, "row 0 sums to 2"),
        (P, TRUE[:3], 5, "probabilities 6, true 3"),
        (P, TRUE, 0, "k: expected at least 1"),
        (P, TRUE, 1.5, "k: expected a whole number, got 1.5"),
    ],
)
def test_bad_arguments(p, true, k, message):
    with pytest.raises(ValueError, match=message):
        crm(p, tree(), true, k)
