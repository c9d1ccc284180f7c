import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from classblocks.nn.classics import NIN, SMALL_WIDTHS, AlexNet  # noqa: E402
from classblocks.nn.layers import default_layers  # noqa: E402
from classblocks.nn.spec import load_model  # noqa: E402

pytestmark = pytest.mark.torch

TINY = (4, 6, 6, 6, 4)


@pytest.mark.parametrize("side", [32, 40, 48, 56, 64, 72])
@pytest.mark.parametrize(
    "make", [lambda: AlexNet(7, TINY, hidden=8), lambda: NIN(7, (4, 4, 6, 6))], ids=["alex", "nin"]
)
def test_any_side_gives_finite_logits(make, side):
    torch.manual_seed(0)
    network = make().eval()
    logits = network(torch.randn(2, 3, side, side))
    assert logits.shape == (2, 7)
    assert torch.isfinite(logits).all()


def sides(network, side):
    found = {}
    for name, module in network.named_children():
        module.register_forward_hook(
            lambda _, __, out, name=name: found.__setitem__(name, tuple(out.shape[1:]))
        )
    network.eval()(torch.zeros(1, 3, side, side))
    return found


def test_maps_are_as_wide_as_the_docstring_says():
    found = sides(AlexNet(7, TINY, hidden=8), 64)
    assert found["conv1"] == (4, 16, 16)
    assert found["conv2"] == (6, 8, 8)
    assert found["conv3"] == found["conv4"] == (6, 8, 8)
    assert found["conv5"] == (4, 4, 4)
    assert found["fc6"] == found["fc7"] == (8,)
    assert sides(AlexNet(7, TINY, hidden=8, side=32), 32)["conv5"] == (4, 4, 4)
    found = sides(NIN(7, (4, 4, 6, 6)), 64)
    assert [found[f"block{i}"][-1] for i in (1, 2, 3, 4)] == [16, 8, 4, 4]


def test_layers_to_record_and_to_branch_from():
    image = torch.zeros(1, 3, 64, 64)
    convolutions = ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert default_layers(AlexNet(7, TINY, hidden=8).eval(), image) == [*convolutions, "fc6", "fc7"]
    blocks = ["block1", "block2", "block3", "block4"]
    assert default_layers(NIN(7, (4, 4, 6, 6)).eval(), image) == blocks


def test_the_networks_are_built_by_name():
    assert load_model("classblocks.nn.classics:AlexNet", 9).head.out_features == 9
    small = load_model("classblocks.nn.classics:small_alexnet", 9)
    assert isinstance(small, AlexNet)
    convolutions = [m for m in small.modules() if isinstance(m, nn.Conv2d)]
    assert tuple(m.out_channels for m in convolutions) == SMALL_WIDTHS
    assert load_model("classblocks.nn.classics:NIN", 9).head.out_features == 9


def test_without_norm_pooling_before_relu_changes_nothing():
    torch.manual_seed(1)
    network = AlexNet(7, TINY, hidden=8, norm=False).eval()
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    image = torch.randn(3, 3, 64, 64)
    x = image
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        x = F.relu(getattr(network, name)[0](x))
        if name in ("conv1", "conv2", "conv5"):
            x = F.max_pool2d(x, 3, 2, 1)
    x = network.fc7(network.fc6(x.flatten(1)))
    torch.testing.assert_close(network(image), network.head(x), rtol=0, atol=0)


def test_a_deep_network_without_norm_neither_explodes_nor_dies_at_the_start():
    torch.manual_seed(2)
    network = AlexNet(200, SMALL_WIDTHS, norm=False).eval()
    with torch.no_grad():
        spread = float(network(torch.randn(64, 3, 64, 64)).std())
    assert 0.3 < spread < 10


def test_the_average_before_the_last_map_of_nin_is_the_paper_s_average_of_class_maps():
    torch.manual_seed(3)
    network = NIN(7, (4, 4, 6, 6)).eval()
    image = torch.randn(3, 3, 64, 64)
    x = image
    for block in (network.block1, network.block2, network.block3, network.block4):
        x = block(x)
    maps = F.conv2d(x, network.head.weight[:, :, None, None], network.head.bias)
    torch.testing.assert_close(network(image), maps.mean((2, 3)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: AlexNet(4, (8, 8, 8, 8, 8), hidden=32, dropout=0),
        lambda: NIN(4, (8, 8, 8, 16), dropout=0),
    ],
    ids=["alex", "nin"],
)
def test_gradient_reaches_every_weight_and_sixteen_pictures_are_learnt(make):
    torch.manual_seed(4)
    network = make().train()
    images, labels = torch.randn(16, 3, 32, 32), torch.arange(16) % 4
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    for step in range(40):
        loss = F.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            assert all(p.grad.abs().sum() > 0 for p in network.parameters() if p.ndim > 1)
        optimizer.step()
    assert float(loss.detach()) < 0.1


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: AlexNet(5, (1, 2, 3)), "AlexNet: expected n_classes ≥ 1 and 5 widths"),
        (lambda: AlexNet(0), "got n_classes 0"),
        (lambda: AlexNet(5, (1, 2, 3, 4, 0)), r"widths \(1, 2, 3, 4, 0\)"),
        (lambda: AlexNet(5, side=16), "side 16"),
        (lambda: AlexNet(5, hidden=0), "hidden 0"),
        (lambda: NIN(5, (1, 2)), "NIN: expected n_classes ≥ 1 and 4 widths"),
        (lambda: NIN(5, side=16), "got 16"),
    ],
)
def test_wrong_sizes_are_one_clear_error(make, what):
    with pytest.raises(ValueError, match=what):
        make()
