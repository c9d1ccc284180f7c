import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402

from classblocks.nn.networks import SmallConvNet, SmallResNet  # noqa: E402
from classblocks.nn.preprocess import IMAGENET_MEAN, Preprocess, preprocess_of  # noqa: E402
from classblocks.nn.train import normalise  # noqa: E402

pytestmark = pytest.mark.torch


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_networks_of_this_package_get_exactly_what_they_were_trained_on():
    image = picture(32, 32)
    expected = normalise(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None])[0]
    for network in (SmallResNet(3, (4, 4, 4, 4)), SmallConvNet(3, (4, 4, 4, 4))):
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
