import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402

from classblocks.nn.augment import normalise  # noqa: E402
from classblocks.nn.classics import NIN, small_alexnet  # noqa: E402
from classblocks.nn.networks import SmallConvNet, SmallResNet  # noqa: E402
from classblocks.nn.preprocess import IMAGENET_MEAN, Preprocess, preprocess_of  # noqa: E402

pytestmark = pytest.mark.torch


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_networks_of_this_package_get_exactly_what_they_were_trained_on():
    image = picture(32, 32)
    expected = normalise(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None])[0]
    residual, plain = SmallResNet(3, (4, 4, 4, 4)), SmallConvNet(3, (4, 4, 4, 4))
    for network in (residual, plain, small_alexnet(3), NIN(3)):
        assert torch.equal(preprocess_of(network)(image), expected)


def test_channels_are_scaled_on_their_own():
    white = Image.new("RGB", (4, 4), (255, 255, 255))
    scaled = Preprocess(None, (0.5, 0.25, 0.0), (0.5, 0.25, 2.0))(white)
    assert scaled.shape == (3, 4, 4)
    torch.testing.assert_close(scaled[:, 0, 0], torch.tensor([1.0, 3.0, 0.5]))


def test_the_middle_is_cropped_after_the_shorter_side_is_resized():
    image = Image.new("RGB", (60, 30))
    image.paste((255, 0, 0), (15, 0, 45, 30))
    cropped = Preprocess(15, 0.0, 1.0)(image)
    assert cropped.shape == (3, 15, 15)
    assert cropped[0, :, 1:-1].min() > 0.99
    assert cropped[1:].max() == 0
    assert Preprocess(8, 0.0, 1.0, resize=15)(image)[0].min() == 1.0
    assert Preprocess(40, 0.0, 1.0)(picture(7, 90)).shape == (3, 40, 40)


@pytest.mark.parametrize("shape", [(40, 48), (48, 40), (37, 61), (333, 500), (50, 50), (24, 90)])
@pytest.mark.parametrize(("size", "resize"), [(32, None), (28, 32), (33, 37)])
def test_resizing_and_cropping_is_torchvision_s_to_the_pixel(shape, size, resize):
    pytest.importorskip("torchvision", reason="torchvision is not installed")
    from torchvision import transforms

    expected = transforms.Compose(
        [
            transforms.Resize(resize or size),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.25] * 3),
        ]
    )(picture(*shape))
    found = Preprocess(size, 0.5, 0.25, resize)(picture(*shape))
    torch.testing.assert_close(found, expected)


def test_an_image_of_the_right_size_is_not_touched():
    image = picture(16, 16)
    expected = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    torch.testing.assert_close(Preprocess(16, 0.0, 1.0)(image), expected)


def test_other_networks_get_what_they_declare_or_the_imagenet_scale():
    network = nn.Linear(1, 1)
    assert preprocess_of(network).mean == IMAGENET_MEAN
    assert preprocess_of(network).size is None
    network.pretrained_cfg = {
        "input_size": (3, 240, 240), "crop_pct": 0.95, "mean": (0.1, 0.2, 0.3), "std": (1, 1, 2),
    }  # fmt: skip
    assert preprocess_of(network) == Preprocess(240, (0.1, 0.2, 0.3), (1, 1, 2), resize=252)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"mean": (1, 2)}, "mean"),
        ({"std": 0}, "std"),
        ({"std": (1, -1, 1)}, "std"),
        ({"size": 0}, "size"),
        ({"mean": float("nan")}, "mean"),
    ],
)
def test_wrong_settings_are_refused(given, what):
    with pytest.raises(ValueError, match=what):
        Preprocess(**given)
