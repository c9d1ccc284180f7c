import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from classblocks.nn.augment import _grid, augment, layout_of, normalise  # noqa: E402
from classblocks.nn.networks import SmallConvNet, SmallResNet  # noqa: E402

pytestmark = pytest.mark.torch


def test_normalised_pixels_lie_between_minus_two_and_two():
    pixels = torch.tensor([0, 127, 128, 255], dtype=torch.uint8).reshape(1, 1, 2, 2)
    found = normalise(pixels.expand(1, 3, 2, 2))
    expected = (pixels.double() / 255 - 0.5) / 0.25
    torch.testing.assert_close(found[0, 0], expected[0, 0].float())


def test_crops_show_parts_of_their_own_image():
    torch.manual_seed(0)
    level = torch.linspace(-2, 2, 32)
    images = level[:, None, None, None].expand(32, 3, 20, 20)
    crops = augment(images, size=12, crop_scale=0.3, flip=True)
    assert crops.shape == (32, 3, 12, 12)
    torch.testing.assert_close(crops, level[:, None, None, None].expand(32, 3, 12, 12))


def test_a_whole_crop_without_mirror_is_the_image_and_mirrors_are_half():
    ramp = torch.arange(16.0).expand(1, 3, 16, 16)
    # The aspect ratio still varies: even the largest crop is at most 3:4 of the other side.
    torch.manual_seed(0)
    kept = augment(ramp.expand(200, 3, 16, 16), size=16, crop_scale=0.999, flip=False)
    assert bool((kept[..., 1:] >= kept[..., :-1]).all())
    mirrored = augment(ramp.expand(2000, 3, 16, 16), size=16, crop_scale=0.999, flip=True)
    share = (mirrored[:, 0, 0, 0] > mirrored[:, 0, 0, -1]).float().mean().item()
    assert share == pytest.approx(0.5, abs=0.05)


def test_places_are_those_of_an_affine_grid():
    torch.manual_seed(0)
    scale_x, shift_x, scale_y, shift_y = boxes = torch.empty(4, 9).uniform_(-1, 1)
    theta = torch.zeros(9, 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = scale_x, shift_x
    theta[:, 1, 1], theta[:, 1, 2] = scale_y, shift_y
    expected = torch.nn.functional.affine_grid(theta, [9, 3, 7, 7], align_corners=False)
    torch.testing.assert_close(_grid(boxes, 7), expected, rtol=0, atol=1e-6)


def test_the_global_random_state_decides():
    images = torch.randn(4, 3, 16, 16)
    torch.manual_seed(3)
    first = augment(images, size=8, crop_scale=0.4, flip=True)
    torch.manual_seed(3)
    assert torch.equal(augment(images, size=8, crop_scale=0.4, flip=True), first)
    assert not torch.equal(augment(images, size=8, crop_scale=0.4, flip=True), first)


def test_narrow_networks_on_a_cpu_keep_their_channels_first():
    assert layout_of(SmallResNet(3, (4, 8, 8, 8))) is torch.contiguous_format
    assert layout_of(SmallConvNet(3)) is torch.channels_last
    assert layout_of(torch.nn.Linear(2, 2)) is torch.channels_last


@pytest.mark.parametrize("widths", [(4, 6, 8, 8), (24, 32, 32, 32)])
def test_odd_batches_train_on_several_threads(widths):
    """Where the layout is the other one, this ends the process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        network = SmallResNet(3, widths, 1)
        layout = layout_of(network)
        network = network.to(memory_format=layout).train()
        for _ in range(10):
            images = torch.randn(13, 3, 16, 16).contiguous(memory_format=layout)
            network(images).sum().backward()
    finally:
        torch.set_num_threads(threads)
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters())
