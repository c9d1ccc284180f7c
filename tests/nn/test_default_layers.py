import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch import nn  # noqa: E402

from classblocks.nn.layers import default_layers  # noqa: E402
from classblocks.nn.networks import ResidualBlock, SmallConvNet, SmallResNet  # noqa: E402

pytestmark = pytest.mark.torch


def layers(network, side=32):
    network.eval()
    found = default_layers(network, torch.zeros(1, 3, side, side))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    return found


def test_reference_networks_are_recorded_by_stage():
    assert layers(SmallResNet(5, (4, 4, 4, 4))) == ["stem", "stage1", "stage2", "stage3", "stage4"]
    assert layers(SmallConvNet(5, (4, 4, 4, 4))) == ["block1", "block2", "block3", "block4"]


def test_plain_sequence_is_recorded_after_each_activation():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Dropout(), nn.Flatten(),
        nn.Linear(4 * 13 * 13, 6), nn.Tanh(), nn.Linear(6, 5),
    )  # fmt: skip
    assert layers(network) == ["2", "5", "9"]


class Vgg(nn.Module):
    def __init__(self, n_convolutions):
        super().__init__()
        parts = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()]
        for _ in range(n_convolutions - 1):
            parts += [nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()]
        self.features = nn.Sequential(*parts)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 5))

    def forward(self, x):
        return self.classifier(torch.flatten(self.pool(self.features(x)), 1))


def test_containers_are_opened_and_the_result_is_left_out():
    assert layers(Vgg(3)) == ["features.1", "features.3", "features.5", "classifier.1"]


def test_long_networks_are_thinned_evenly_to_twelve():
    found = layers(Vgg(20))
    assert len(found) == 12
    assert found[0] == "features.1"
    assert found[-1] == "classifier.1"


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(6, 12), nn.GELU(), nn.Linear(12, 6))

    def forward(self, x):
        y = self.norm(x)
        x = x + self.attention(y, y, y)[0]
        return x + self.mlp(x)


class Transformer(nn.Module):
    def __init__(self, n_blocks):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(1, 16, 6))
        self.patches = nn.Conv2d(3, 6, 8, 8)
        self.blocks = nn.ModuleList(Attention() for _ in range(n_blocks))
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(1))


def test_transformers_are_recorded_by_block_not_inside_them():
    expected = ["patches", "blocks.0", "blocks.1", "blocks.2", "blocks.3"]
    assert [name for name in layers(Transformer(4)) if name != "norm"] == expected
    assert [name for name in layers(Transformer(2)) if name != "norm"] == [*expected[:3]]


def test_a_wrapped_network_is_recorded_like_the_network():
    wrapped = nn.Sequential(nn.Identity(), SmallResNet(5, (4, 4, 4, 4)))
    assert layers(wrapped) == ["1.stem", "1.stage1", "1.stage2", "1.stage3", "1.stage4"]


def test_blocks_side_by_side_stay_whole():
    network = nn.Sequential(
        ResidualBlock(3, 4), ResidualBlock(4, 4), nn.Flatten(), nn.Linear(4 * 32 * 32, 5)
    )
    assert layers(network) == ["0", "1"]


def test_a_network_that_is_only_its_result_has_nothing_to_record():
    with pytest.raises(ValueError, match="no layer to record"):
        layers(nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5)))
