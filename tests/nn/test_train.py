from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from classblocks.nn.networks import SmallResNet  # noqa: E402
from classblocks.nn.train import Recipe, augment, fit, normalise  # noqa: E402

pytestmark = pytest.mark.torch
RECIPE = Recipe(epochs=3, batch_size=16, lr=0.05, size=16, crop_scale=0.8, bfloat16=False)


def small_problem() -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes told apart by their colour channel."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 80, (60, 3, 16, 16), generator=generator, dtype=torch.uint8)
    labels = torch.arange(60) % 3
    images[torch.arange(60), labels] += 150
    return images, labels


def network() -> SmallResNet:
    torch.manual_seed(5)
    return SmallResNet(3, widths=(4, 8, 8, 8), stem_stride=1)


def test_fit_learns_what_a_threshold_on_the_channel_means_can_tell():
    images, labels = small_problem()
    assert torch.equal(images.float().mean((2, 3)).argmax(1), labels)
    model = network()
    ends = list(fit(model, images, labels, replace(RECIPE, epochs=8), progress=False))
    assert [end.epoch for end in ends] == list(range(1, 9))
    assert ends[-1].loss < ends[0].loss
    with torch.inference_mode():
        assert (model(normalise(images)).argmax(1) == labels).float().mean() > 0.9


def test_resumed_run_ends_with_the_same_weights(tmp_path):
    images, labels = small_problem()
    whole = network()
    losses = [end.loss for end in fit(whole, images, labels, RECIPE, progress=False)]

    checkpoint = tmp_path / "last.pt"
    first = network()
    run = fit(first, images, labels, RECIPE, checkpoint=checkpoint, progress=False)
    assert next(run).loss == losses[0]
    run.close()

    second = network()
    rest = list(fit(second, images, labels, RECIPE, checkpoint=checkpoint, progress=False))
    assert [end.loss for end in rest] == losses[1:]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_network_is_in_evaluation_mode_between_epochs():
    images, labels = small_problem()
    model = network()
    for _ in fit(model, images, labels, replace(RECIPE, epochs=2), progress=False):
        assert not model.training


def test_normalise_maps_0_and_255_to_minus_2_and_2():
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 4, 4)
    scaled = normalise(images)
    assert scaled[0].unique().tolist() == [-2.0]
    assert scaled[1].unique().tolist() == [2.0]


def test_augment_without_room_to_move_only_mirrors():
    torch.manual_seed(0)
    gradient = torch.linspace(-1, 1, 8).expand(200, 3, 8, 8).contiguous()
    recipe = replace(RECIPE, size=8, crop_scale=1.0)
    crops = augment(gradient, recipe)
    assert crops.shape == (200, 3, 8, 8)
    slopes = crops[:, 0, 4, 6] - crops[:, 0, 4, 1]
    assert 60 < int((slopes < 0).sum()) < 140
    upright = augment(gradient, replace(recipe, flip=False))
    assert bool(((upright[:, 0, 4, 6] - upright[:, 0, 4, 1]) > 0).all())


def test_augment_keeps_constant_images_constant():
    torch.manual_seed(0)
    crops = augment(torch.full((32, 3, 20, 20), 0.7), replace(RECIPE, size=12, crop_scale=0.2))
    assert crops.shape == (32, 3, 12, 12)
    torch.testing.assert_close(crops, torch.full_like(crops, 0.7))


def test_network_accepts_any_size_and_has_the_parameters_counted_by_hand():
    model = SmallResNet(10, widths=(2, 4, 4, 4), stem_stride=2)
    convolutions = 3 * 2 * 9 + (2 * 2 + 2 * 2) * 9 + (2 * 4 + 4 * 4) * 9 + 2 * 4
    convolutions += 2 * ((4 * 4 + 4 * 4) * 9 + 4 * 4)
    norms = 2 * (2 + 2 + 2 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 4)
    assert sum(p.numel() for p in model.parameters()) == convolutions + norms + 4 * 10 + 10
    model.eval()
    for side in (16, 33, 64):
        assert model(torch.zeros(1, 3, side, side)).shape == (1, 10)
