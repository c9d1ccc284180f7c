import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch.nn import functional as F  # noqa: E402

from classblocks.core.hierarchical import lca_heights  # noqa: E402
from classblocks.core.hierarchy import Hierarchy  # noqa: E402
from classblocks.nn.losses import (  # noqa: E402
    HierarchicalCrossEntropy,
    SoftLabelLoss,
    soft_labels,
)

pytestmark = pytest.mark.torch


def example():
    """METHODS worked example 22: root → {a: {0, 1}, v: {2, b: {3, 4}}}."""
    return Hierarchy.from_nested(
        {"a": ["0", "1"], "v": ["2", {"name": "b", "children": ["3", "4"]}]}, list("01234")
    )


def caterpillar(n):
    """Give a tree as deep as it can be: {0, {1, {2, …}}}."""
    tree = [str(n - 2), str(n - 1)]
    for i in range(n - 3, -1, -1):
        tree = [str(i), tree]
    return Hierarchy.from_nested(tree, [str(i) for i in range(n)])


@st.composite
def trees(draw):
    """Join random nodes until one is left; classes in random order, single children allowed."""
    n = draw(st.integers(1, 9))
    names = [str(i) for i in range(n)]
    parts = draw(st.permutations(names))
    while len(parts) > 1:
        size = draw(st.integers(1, min(4, len(parts))))
        at = draw(st.integers(0, len(parts) - size))
        joined = list(parts[at : at + size])
        if size == 1 and isinstance(joined[0], list) and len(joined[0]) == 1:
            continue
        parts = [*parts[:at], joined, *parts[at + size :]]
    tree = parts[0] if isinstance(parts[0], list) else parts
    return Hierarchy.from_nested(tree, names)


def by_definition(probability, target, hierarchy, alpha):
    """Walk from the class to the root and add up λ(child) · −log p(child | parent)."""
    total = 0.0
    for row, class_id in zip(probability, target, strict=True):
        node = int(hierarchy.node_of_class[class_id])
        while hierarchy.parent[node] >= 0:
            above = int(hierarchy.parent[node])
            mass = [
                math.fsum(
                    row[c] for c in hierarchy.class_of_leaf[hierarchy.start[v] : hierarchy.stop[v]]
                )
                for v in (node, above)
            ]
            total -= math.exp(-alpha * hierarchy.depth[node]) * math.log(mass[0] / mass[1])
            node = above
    return total / len(target)


def test_worked_soft_labels():
    four, ten = soft_labels(example(), 4), soft_labels(example(), 10)
    rare = 0.013891
    assert four[0].tolist() == pytest.approx([0.758412, 0.199915, rare, rare, rare], abs=5e-7)
    rare = 0.000044
    assert ten[0].tolist() == pytest.approx([0.965428, 0.034441, rare, rare, rare], abs=5e-7)
    expected = [0.013372, 0.013372, 0.050729, 0.730081, 0.192447]
    assert four[3].tolist() == pytest.approx(expected, abs=5e-7)
    assert four.dtype == torch.float32


def test_soft_labels_are_uniform_at_zero_and_one_hot_at_infinity():
    assert torch.equal(soft_labels(example(), 0), torch.full((5, 5), 0.2))
    assert torch.equal(soft_labels(example(), math.inf), torch.eye(5))
    torch.testing.assert_close(soft_labels(example(), 1e4), torch.eye(5), rtol=0, atol=0)
    assert torch.equal(soft_labels(Hierarchy.flat(["one"]), 3), torch.ones(1, 1))


@settings(deadline=None)
@given(trees(), st.floats(0, 60))
def test_soft_labels_are_distributions_that_fall_with_distance(hierarchy, beta):
    labels = soft_labels(hierarchy, beta).numpy()
    np.testing.assert_allclose(labels.sum(1), 1, rtol=0, atol=1e-6)
    assert (labels >= 0).all()
    distance = lca_heights(hierarchy)
    for row, far in zip(labels, distance, strict=True):
        assert (np.diff(row[np.argsort(far, kind="stable")]) <= 0).all()
        assert all(len(set(row[far == d].tolist())) == 1 for d in set(far.tolist()))


def test_soft_label_loss_is_the_divergence_plus_the_entropy():
    torch.manual_seed(0)
    logits, target = torch.randn(12, 5, dtype=torch.float64), torch.arange(12) % 5
    wanted = soft_labels(example(), 4)[target].double()
    divergence = F.kl_div(logits.log_softmax(1), wanted, reduction="batchmean")
    entropy = -(wanted * wanted.log()).sum(1).mean()
    found = SoftLabelLoss(example(), 4)(logits, target)
    assert float(found) == pytest.approx(float(divergence + entropy), abs=1e-12)
    plain = SoftLabelLoss(example(), math.inf)(logits, target)
    assert float(plain) == pytest.approx(float(F.cross_entropy(logits, target)), abs=1e-12)


def test_worked_hierarchical_cross_entropy():
    # Sample 3 of the example: p(v) = 1, p(b) = .9, p(3) = .3.
    logits = torch.tensor([[1e-30, 1e-30, 0.1, 0.3, 0.6]], dtype=torch.float64).log()
    for alpha, expected in ((0, 1.203973), (0.1, 0.900134), (0.5, 0.283894)):
        loss = HierarchicalCrossEntropy(example(), alpha)(logits, torch.tensor([3]))
        assert float(loss) == pytest.approx(expected, abs=5e-7)


def test_normalised_weights_sum_to_one_over_all_nodes():
    # Depths of the nine nodes of the example: 0, 1 (a, v), 2 (0, 1, 2, b), 3 (3, 4).
    total = 1 + 2 * math.exp(-0.5) + 4 * math.exp(-1) + 2 * math.exp(-1.5)
    torch.manual_seed(1)
    logits, target = torch.randn(9, 5), torch.arange(9) % 5
    whole = HierarchicalCrossEntropy(example(), 0.5)(logits, target)
    scaled = HierarchicalCrossEntropy(example(), 0.5, normalised=True)(logits, target)
    assert float(scaled) == pytest.approx(float(whole) / total, rel=1e-6)


@settings(deadline=None)
@given(trees(), st.floats(0, 3), st.integers(0, 2**20))
def test_hierarchical_cross_entropy_is_its_definition(hierarchy, alpha, seed):
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 3, (4, hierarchy.n_classes))
    target = draw.integers(hierarchy.n_classes, size=4)
    probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = by_definition(probability, target, hierarchy, alpha)
    found = HierarchicalCrossEntropy(hierarchy, alpha)(
        torch.from_numpy(logits), torch.from_numpy(target)
    )
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(trees(), st.integers(0, 2**20))
def test_alpha_zero_is_cross_entropy_to_the_last_bit(hierarchy, seed):
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, hierarchy.n_classes, generator=draw, requires_grad=True)
    target = torch.randint(hierarchy.n_classes, (6,), generator=draw)
    found = HierarchicalCrossEntropy(hierarchy, 0)(logits, target)
    plain = F.cross_entropy(logits, target)
    assert torch.equal(found.detach(), plain.detach())
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (found, plain)]
    assert torch.equal(*gradients)


def test_a_flat_hierarchy_is_cross_entropy_with_one_weight():
    torch.manual_seed(2)
    logits, target = torch.randn(8, 6), torch.arange(8) % 6
    found = HierarchicalCrossEntropy(Hierarchy.flat(list("abcdef")), 0.7)(logits, target)
    expected = math.exp(-0.7) * float(F.cross_entropy(logits, target))
    assert float(found) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("hierarchy", [example(), caterpillar(7), Hierarchy.flat(list("abc"))])
def test_gradients_are_those_of_finite_differences(hierarchy):
    torch.manual_seed(3)
    logits = torch.randn(5, hierarchy.n_classes, dtype=torch.float64, requires_grad=True)
    target = torch.arange(5) % hierarchy.n_classes
    for loss in (HierarchicalCrossEntropy(hierarchy, 0.4), SoftLabelLoss(hierarchy, 5)):
        assert torch.autograd.gradcheck(lambda x, loss=loss: loss(x, target), logits)
        gradient = torch.autograd.grad(loss(logits, target), logits)[0]
        # Neither loss sees what is added to all logits of a sample.
        torch.testing.assert_close(gradient.sum(1), torch.zeros(5).double(), rtol=0, atol=1e-12)


def test_the_order_of_the_classes_does_not_matter():
    torch.manual_seed(4)
    logits, target = torch.randn(10, 5), torch.arange(10) % 5
    number = [3, 0, 4, 1, 2]  # the new id of each class
    renamed = Hierarchy.from_nested(
        [[number[0], number[1]], [number[2], [number[3], number[4]]]], list("01234")
    )
    moved = torch.empty_like(logits)
    moved[:, number] = logits
    for make in (lambda h: HierarchicalCrossEntropy(h, 0.4), lambda h: SoftLabelLoss(h, 4)):
        before = make(example())(logits, target)
        after = make(renamed)(moved, torch.tensor(number)[target])
        torch.testing.assert_close(before, after)


@pytest.mark.parametrize("hierarchy", [example(), caterpillar(40)])
def test_huge_logits_stay_finite_in_single_precision(hierarchy):
    torch.manual_seed(5)
    logits = (torch.randn(32, hierarchy.n_classes) * 1e4).requires_grad_()
    target = torch.arange(32) % hierarchy.n_classes
    loss = HierarchicalCrossEntropy(hierarchy, 0.3)(logits, target)
    exact = HierarchicalCrossEntropy(hierarchy, 0.3)(logits.double(), target)
    assert float(loss.detach()) == pytest.approx(float(exact.detach()), rel=1e-5)
    loss.backward()
    assert torch.isfinite(logits.grad).all()


def test_half_precision_logits_are_computed_in_single():
    torch.manual_seed(6)
    logits, target = torch.randn(8, 5).bfloat16(), torch.arange(8) % 5
    for loss in (HierarchicalCrossEntropy(example(), 0.4), SoftLabelLoss(example(), 4)):
        found = loss(logits, target)
        assert found.dtype == torch.float32
        assert torch.equal(found, loss(logits.float(), target))


def test_losses_add_nothing_to_a_checkpoint_but_move_with_the_network():
    for loss in (HierarchicalCrossEntropy(example(), 0.4), SoftLabelLoss(example(), 4)):
        assert loss.state_dict() == {}
        loss.to("meta")
        assert all(buffer.is_meta for buffer in loss.buffers())


def test_an_empty_batch_has_no_mean():
    for loss in (HierarchicalCrossEntropy(example(), 0.4), SoftLabelLoss(example(), 4)):
        assert math.isnan(float(loss(torch.empty(0, 5), torch.empty(0, dtype=torch.int64))))


def test_wrong_input_is_one_clear_error():
    logits = torch.zeros(2, 5)
    for loss in (HierarchicalCrossEntropy(example(), 0.4), SoftLabelLoss(example(), 4)):
        for bad in (5, -1, -100):
            with pytest.raises(ValueError, match=f"class ids 0 to 4, got {bad} in row 1"):
                loss(logits, torch.tensor([0, bad]))
        with pytest.raises(ValueError, match=r"logits: expected shape \(B, 5\), got \(2, 4\)"):
            loss(torch.zeros(2, 4), torch.tensor([0, 1]))
        with pytest.raises(ValueError, match="target: expected 2 int64 class ids"):
            loss(logits, torch.tensor([0]))
        with pytest.raises(ValueError, match=r"got torch\.float32"):
            loss(logits, torch.zeros(2))
    for beta in (-1, math.nan):
        with pytest.raises(ValueError, match="beta: expected a number ≥ 0"):
            SoftLabelLoss(example(), beta)
    for alpha in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="alpha: expected a finite number ≥ 0"):
            HierarchicalCrossEntropy(example(), alpha)
