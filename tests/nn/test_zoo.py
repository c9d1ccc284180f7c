"""Networks of timm and torchvision, from their name to a recorded result."""

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs PyTorch")

import classblocks as cb  # noqa: E402
from classblocks.nn import (  # noqa: E402
    Preprocess,
    load_model,
    load_weights,
    preprocess_of,
    record,
)
from classblocks.nn.branches import Branches  # noqa: E402
from classblocks.nn.layers import default_layers  # noqa: E402
from classblocks.nn.preprocess import IMAGENET_MEAN, IMAGENET_STD  # noqa: E402
from classblocks.nn.training.config import Config, Data, Network, Recipe  # noqa: E402

pytestmark = pytest.mark.torch

RESNET = ["layer1", "layer2", "layer3", "layer4"]
VIT = ["patch_embed.proj", *(f"blocks.{i}" for i in range(6))]


def missing(spec):
    package = spec.partition(":")[0]
    pytest.importorskip(package, reason=f"{package} is not installed")


@pytest.mark.parametrize(
    ("spec", "side", "layers"),
    [
        ("timm:resnet18", 64, ["act1", *RESNET]),
        ("timm:test_vit", 160, VIT),
        ("timm:test_convnext", 64, ["stem.1", *(f"stages.{i}" for i in range(4))]),
        ("torchvision:resnet18", 64, ["relu", *RESNET]),
        ("torchvision:squeezenet1_1", 64, None),
    ],
)
def test_a_network_has_our_classes_and_layers(spec, side, layers):
    missing(spec)
    network = load_model(spec, 7).eval()
    example = torch.randn(2, 3, side, side)
    with torch.inference_mode():
        assert network(example).shape == (2, 7)
    found = default_layers(network, example[:1])
    assert found == layers if layers else len(found) >= 4


@pytest.mark.parametrize("spec", ["timm", "torchvision"])
def test_an_unknown_network_is_one_clear_error(spec):
    missing(spec)
    with pytest.raises(ValueError, match=f"{spec} has no network 'resnet17'"):
        load_model(f"{spec}:resnet17", 7)


def test_without_a_number_of_classes_a_network_keeps_its_own():
    missing("torchvision")
    assert load_model("torchvision:squeezenet1_1").num_classes == 1000


def scores_in_the_usual_way(network, files, size):
    """Preprocess with torchvision, one picture at a time."""
    from torchvision import transforms

    prepared = transforms.Compose(
        [
            transforms.Resize(size),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    with torch.inference_mode():
        scores = [network(prepared(Image.open(f))[None])[0].softmax(0) for f in files]
    return torch.stack(scores).numpy()


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for class_id in range(3):
        folder = tmp_path / "images" / f"class{class_id}"
        folder.mkdir(parents=True)
        for i in range(3):
            pixels = rng.integers(0, 256, (40, 48, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "images"


@pytest.mark.parametrize(
    ("spec", "size", "widths"),
    [
        ("timm:resnet18", 64, {"act1": 64, "layer4": 512}),
        ("timm:test_vit", 160, {"patch_embed.proj": 64, "blocks.5": 64}),
        ("torchvision:resnet18", 64, {"relu": 64, "layer4": 512}),
    ],
)
def test_a_network_is_recorded(spec, size, widths, pictures, tmp_path):
    missing(spec)
    torch.manual_seed(0)
    network = load_model(spec, 3)
    study = cb.create(tmp_path / "study", classes=["class0", "class1", "class2"])
    assert preprocess_of(network).size == (160 if spec == "timm:test_vit" else 224)
    preprocess = Preprocess(size, IMAGENET_MEAN, IMAGENET_STD)
    result = record(network, pictures, study, name="r", preprocess=preprocess, batch_size=4)
    assert result.n_samples == 9
    expected = scores_in_the_usual_way(network.eval(), sorted(pictures.rglob("*.png")), size)
    np.testing.assert_allclose(result.p_pred, expected.max(1), rtol=1e-4)
    np.testing.assert_allclose(result.p_true, expected[np.arange(9), result.true], rtol=1e-4)
    for layer, n_neurons in widths.items():
        profile = result.layers[layer].profile
        assert profile.shape[:2] == (3, n_neurons)
        assert np.isfinite(profile).all()


@pytest.mark.parametrize(
    ("spec", "side", "layer", "later"),
    [
        ("timm:resnet18", 64, "layer2", "layer3.0.conv1.weight"),
        ("timm:test_vit", 160, "blocks.2", "blocks.3.mlp.fc1.weight"),
        ("timm:test_convnext", 64, "stages.1", "stages.2.blocks.0.conv_dw.weight"),
        ("torchvision:resnet18", 64, "layer2", "layer3.0.conv1.weight"),
        ("torchvision:swin_t", 64, "features.3", "features.5.0.mlp.0.weight"),
    ],
)
def test_a_branch_teaches_its_layer_and_those_before_only(spec, side, layer, later):
    missing(spec)
    network = load_model(spec, 6).train()
    images = torch.randn(4, 3, side, side)
    branches = Branches(network, {layer: [0, 0, 1, 1, 2, 2]}, example=images[:1])
    output = branches(images)
    assert output.groups[0].shape == (4, 3)
    output.groups[0].logsumexp(1).sum().backward()
    before = next(p for p in network.parameters() if p.ndim > 2)
    assert before.grad.abs().sum() > 0
    assert network.get_parameter(later).grad is None
    assert branches.remove() is network


def test_a_timm_network_is_trained_and_its_weights_load(pictures, tmp_path):
    missing("timm:test_resnet")
    pytest.importorskip("lightning", reason="lightning is not installed")
    from classblocks.nn.training.run import train

    config = Config(
        name="zoo",
        out=str(tmp_path / "run"),
        data=Data(str(pictures), str(pictures), side=40),
        network=Network("timm:test_resnet"),
        recipe=Recipe(epochs=2, batch_size=3, size=32, lr=0.05, precision="32-true"),
    )
    trained = train(config, progress=False)
    assert [line["epoch"] for line in trained.log] == [1, 2]
    again = load_model("timm:test_resnet", 3).eval()
    load_weights(again, trained.weights)
    for name, value in trained.network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
