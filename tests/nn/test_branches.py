import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from classblocks.core.branch_plan import Branch, BranchPlan
from classblocks.nn.branch_heads import HEADS
from classblocks.nn.branch_schedule import Schedule
from classblocks.nn.branches import OUTPUT, Branches, summed_log_probabilities
from classblocks.nn.networks import SmallResNet
from classblocks.nn.outputs import logits_of

C = 6
HALVES = [0, 0, 0, 1, 1, 1]
THIRDS = [0, 0, 1, 1, 2, 2]
EXAMPLE = torch.zeros(1, 3, 16, 16)


def network(seed=0):
    torch.manual_seed(seed)
    return SmallResNet(C, (4, 6, 8, 10), stem_stride=1)


def images(n=8, seed=1):
    return torch.randn(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def labels(n=8):
    return torch.arange(n) % C


class Given(nn.Module):
    """Gives the same scores whatever it sees, through a layer that gives scores too."""

    def __init__(self, main, first, second):
        super().__init__()
        self.first, self.second = Says(first), Says(second)
        self.main = Says(main)

    def forward(self, x):
        self.first(x)
        self.second(x)
        return self.main(x)


class Says(nn.Module):
    def __init__(self, scores):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor([scores]))

    def forward(self, x):
        return self.scores.expand(len(x), -1)


def test_the_worked_example_of_the_loss():
    model = Given([2.0, 1, 0, -1], [1.0, 0], [0.5, 1.5, 0])
    plan = BranchPlan(
        (
            Branch("first", np.array([0, 0, 1, 1]), ("a", "b"), 0.3),
            Branch("second", np.array([0, 1, 2, 2]), ("a", "b", "c"), 0.3),
        )
    )
    branches = Branches(model, plan, example=torch.zeros(1, 3, 4, 4))
    branches.heads = nn.ModuleList([nn.Identity(), nn.Identity()])
    output = branches(torch.zeros(1, 3, 4, 4))
    target = torch.tensor([0])
    assert F.cross_entropy(output.logits, target).item() == pytest.approx(0.440190, abs=1e-6)
    assert F.cross_entropy(output.groups[0], target).item() == pytest.approx(0.313262, abs=1e-6)
    assert F.cross_entropy(output.groups[1], target).item() == pytest.approx(1.464369, abs=1e-6)
    assert branches.loss(output, target).item() == pytest.approx(0.973479, abs=1e-6)


def test_the_worked_example_of_the_sum_variant():
    model = Given([2.0, 1, 0, -1], [0.0], [0.0])
    branches = Branches(model, {OUTPUT: [0, 0, 1, 1]}, weight=1.0)
    output = branches(torch.zeros(1, 3, 4, 4))
    assert output.groups[0].exp()[0, 0].item() == pytest.approx(0.880797, abs=1e-6)
    total = branches.loss(output, torch.tensor([0])).item()
    assert total == pytest.approx(0.440190 + 0.126928, abs=2e-6)


def test_summed_probabilities_agree_with_softmax_and_stay_finite():
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).double()
    group = torch.tensor([2, 0, 1, 1, 0, 2, 2])
    p = torch.softmax(logits, 1)
    expected = torch.stack([p[:, group == k].sum(1) for k in range(3)], 1).float()
    torch.testing.assert_close(summed_log_probabilities(logits, group, 3).exp(), expected)
    hard = torch.zeros(1, 7)
    hard[0, 0] = 1000
    low = summed_log_probabilities(hard, group, 3)
    torch.testing.assert_close(low, torch.tensor([[np.log(2) - 1000] * 2 + [0]]).float())


@pytest.mark.parametrize("layer", ["stem", "stage1", "stage2", "stage3", "stage4"])
@pytest.mark.parametrize("head", HEADS)
def test_the_gradient_of_a_branch_reaches_its_layer_and_those_before(layer, head):
    model = network()
    branches = Branches(model, {layer: HALVES}, head=head, example=EXAMPLE)
    branches.train()
    output = branches(images())
    F.cross_entropy(output.groups[0], branches.groups_of(0)[labels()]).backward()
    order = ["stem", "stage1", "stage2", "stage3", "stage4", "head"]
    for place, name in enumerate(order):
        reached = [
            p.grad is not None and bool(p.grad.any()) for p in getattr(model, name).parameters()
        ]
        assert all(reached) if place <= order.index(layer) else not any(reached), name


def test_the_output_is_the_plain_networks_and_stays_so_after_removal():
    model = network().eval()
    plain = model(images())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    branches = Branches(model, {"stage1": HALVES, "stage3": THIRDS}, example=EXAMPLE).eval()
    assert torch.equal(branches(images()).logits, plain)
    kept = branches.remove()
    assert kept is model
    assert torch.equal(kept(images()), plain)
    after = kept.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert sum(p.numel() for p in kept.parameters()) == sum(
        p.numel() for p in network().parameters()
    )
    assert not any(module._forward_hooks for module in kept.modules())


def steps(model, loss_of, n=4):
    optimizer = torch.optim.SGD(model.parameters(), 0.1, 0.9)
    torch.manual_seed(3)
    losses = []
    model.train()
    for step in range(n):
        loss = loss_of(images(seed=step), labels())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("head", HEADS)
def test_weight_zero_gives_the_trajectory_of_the_plain_network_bit_for_bit(head):
    plain = network()
    losses = steps(plain, lambda x, y: F.cross_entropy(plain(x), y))
    torch.manual_seed(0)
    model = SmallResNet(C, (4, 6, 8, 10), stem_stride=1)
    plan = {"stage1": HALVES, "stage2": THIRDS, OUTPUT: HALVES}
    branches = Branches(model, plan, weight=0, head=head, example=EXAMPLE)
    assert steps(branches, lambda x, y: branches.loss(branches(x), y)) == losses
    for name, value in plain.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


def test_branches_leave_the_random_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    branches = Branches(network(), {"stage1": HALVES})
    torch.manual_seed(5)
    branches(images())
    assert torch.equal(torch.get_rng_state(), before)


def test_heads_of_one_seed_are_the_same_and_of_two_layers_differ():
    def weights(seed):
        plan = {"stage1": HALVES, "stem": HALVES}
        heads = Branches(network(), plan, seed=seed, example=EXAMPLE).heads
        return [head[1].weight for head in heads]

    first, again, other = weights(0), weights(0), weights(7)
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], first[1])


def test_a_head_that_takes_shape_at_the_first_call_learns_too():
    branches = Branches(network(), {"stage1": HALVES})
    optimizer = torch.optim.SGD(branches.parameters(), 0.1)
    first = branches.loss(branches(images()), labels())
    first.backward()
    before = branches.heads[0][1].weight.clone()
    optimizer.step()
    assert not torch.equal(branches.heads[0][1].weight, before)


def test_branches_learn_their_groups_and_only_the_groups():
    torch.manual_seed(0)
    model = network()
    branches = Branches(model, {"stage2": HALVES}, weight=1, example=EXAMPLE)
    optimizer = torch.optim.SGD(branches.parameters(), 0.05, 0.9)
    target = torch.arange(60) % C
    x = torch.randn(60, 3, 16, 16) * 0.3
    x[target >= 3, 0] += 1  # only the half is to be seen
    for _ in range(30):
        loss = branches.loss(branches(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = branches(x).groups[0].argmax(1) == branches.groups_of(0)[target]
    assert right.float().mean() > 0.95


def test_two_branches_at_one_layer_add_up():
    both = BranchPlan(
        (
            Branch("stage1", np.array(HALVES), ("a", "b"), 0.5),
            Branch("stage1", np.array(THIRDS), ("a", "b", "c"), 0.25),
        )
    )
    branches = Branches(network(), both, example=EXAMPLE)
    output = branches(images())
    losses = [
        F.cross_entropy(groups, branches.groups_of(place)[labels()])
        for place, groups in enumerate(output.groups)
    ]
    main = F.cross_entropy(output.logits, labels())
    torch.testing.assert_close(
        branches.loss(output, labels()), main + 0.5 * losses[0] + 0.25 * losses[1]
    )


def test_what_recording_reads_is_the_plain_output():
    branches = Branches(network(), {"stage1": HALVES}).eval()
    output = branches(images())
    assert logits_of(output, C) is output.logits


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        ({"stage9": HALVES}, "has no layer 'stage9'; it has stem"),
        ({"stage1": [0, 0, 0, 0, 0, 0]}, "stage1"),
        ({"stage1": [0, 0, 2, 2, 2, 2]}, "stage1"),
        ({"stage1": [0, 0, 1, 1, -1, 1]}, "stage1"),
        ({"stage1": [0.0, 0, 1, 1, 1, 1]}, "stage1"),
        ({}, "at least one"),
        ({"stage1": HALVES, "stage2": [0, 1, 1]}, "expected 6 classes"),
    ],
)
def test_plans_that_do_not_fit_are_named(plan, text):
    with pytest.raises(ValueError, match=text):
        Branches(network(), plan)


def test_a_network_of_other_classes_is_named():
    branches = Branches(network(), {"stage1": [0, 1, 1, 1]})
    with pytest.raises(ValueError, match="tells 6 classes apart"):
        branches(images())


def test_a_layer_that_does_not_run_is_named():
    model = network()
    model.unused = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="'unused' does not run"):
        Branches(model, {"unused": HALVES}, example=EXAMPLE)


def test_forward_and_loss_at_different_moments_are_refused():
    branches = Branches(
        network(), {"stage1": HALVES}, schedule=Schedule("constant", 0.5), example=EXAMPLE
    )
    output = branches(images(), progress=0.9)
    assert output.groups == (None,)
    with pytest.raises(ValueError, match="same progress"):
        branches.loss(output, labels(), progress=0.1)
    plain = F.cross_entropy(output.logits, labels())
    assert torch.equal(branches.loss(output, labels(), progress=0.9), plain)


def test_schedules():
    given = [0.3, 0.6]
    assert Schedule().weights(given, 0.99) == (1.0, given)
    assert Schedule("constant", 0.5).weights(given, 0.5) == (1.0, [0, 0])
    assert Schedule("linear").weights(given, 0.25) == (1.0, pytest.approx([0.225, 0.45]))
    assert Schedule("cosine").weights(given, 0.5) == (1.0, pytest.approx([0.15, 0.3]))
    assert Schedule("linear").weights(given, 1.0) == (1.0, [0, 0])


@pytest.mark.parametrize(
    ("epoch", "coarse", "fine", "main"),
    [
        (0, 0.98, 0.01, 0.01),
        (13, 0.98, 0.01, 0.01),
        (14, 0.1, 0.8, 0.1),
        (24, 0.1, 0.2, 0.7),
        (34, 0, 0, 1),
        (79, 0, 0, 1),
    ],
)
def test_the_schedule_of_b_cnn(epoch, coarse, fine, main):
    own, branches = Schedule("bcnn").weights([0.3, 0.3], epoch / 80)
    assert (own, branches) == (main, pytest.approx([coarse, fine]))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_weights_of_b_cnn_add_up_to_one(n):
    for progress in np.linspace(0, 1, 50):
        own, branches = Schedule("bcnn").weights([0.3] * n, progress)
        assert own + sum(branches) == pytest.approx(1)


@pytest.mark.parametrize(("kind", "until"), [("never", 1), ("linear", 0), ("linear", 1.5)])
def test_bad_schedules_are_named(kind, until):
    with pytest.raises(ValueError, match=r"schedule: expected one of|until: expected"):
        Schedule(kind, until)


def test_bad_heads_are_named():
    with pytest.raises(ValueError, match="head: expected one of pool, conv, mlp, got 'big'"):
        Branches(network(), {"stage1": HALVES}, head="big")
