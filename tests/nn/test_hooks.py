import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from classblocks.core.responses import pool  # noqa: E402
from classblocks.nn.hooks import evaluating, reduced, watching  # noqa: E402

pytestmark = pytest.mark.torch


def test_pooling_worked_examples_of_the_method_specification():
    four = torch.arange(16.0).view(1, 1, 4, 4)
    pooled, collective = reduced(four, 2, "x")
    assert pooled.tolist() == [[[2.5, 4.5, 10.5, 12.5]]]
    assert collective.tolist() == [[120.0]]
    five = torch.arange(25.0).view(1, 1, 5, 5)
    torch.testing.assert_close(reduced(five, 2, "x")[0], torch.tensor([[[6.0, 8.0, 16.0, 18.0]]]))


@pytest.mark.parametrize("shape", [(3, 5, 12, 12), (2, 7, 9, 13), (4, 6, 3, 3), (1, 2, 1, 1)])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_maps_agree_with_torch_and_with_the_reference(shape, memory):
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(memory_format=memory)
    side = min(4, *shape[2:])
    pooled, collective = reduced(maps, 4, "x")
    torch.testing.assert_close(pooled, F.adaptive_avg_pool2d(maps, side).flatten(2))
    np.testing.assert_allclose(pooled.numpy(), pool(maps.numpy(), side), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(collective, maps.sum((2, 3)))


def test_tokens_form_a_grid_without_the_class_token_and_else_a_mean():
    grid = torch.randn(2, 36, 5)
    expected = F.adaptive_avg_pool2d(grid.transpose(1, 2).reshape(2, 5, 6, 6), 4).flatten(2)
    pooled, collective = reduced(grid, 4, "x")
    torch.testing.assert_close(pooled, expected)
    torch.testing.assert_close(collective, grid.sum(1))
    with_class = torch.cat([torch.full((2, 1, 5), 1e3), grid], 1)
    torch.testing.assert_close(reduced(with_class, 4, "x")[0], expected)
    torch.testing.assert_close(reduced(with_class, 4, "x")[1], grid.sum(1))
    odd = torch.randn(2, 7, 5)
    pooled, collective = reduced(odd, 4, "x")
    torch.testing.assert_close(pooled, odd.mean(1)[:, :, None])
    torch.testing.assert_close(collective, odd.sum(1))


def test_channels_behind_the_map_are_recognised():
    maps = torch.randn(2, 6, 6, 10)
    pooled, collective = reduced(maps, 3, "x")
    expected = F.adaptive_avg_pool2d(maps.permute(0, 3, 1, 2), 3).flatten(2)
    torch.testing.assert_close(pooled, expected)
    torch.testing.assert_close(collective, maps.sum((1, 2)))


def test_units_have_one_position_and_survive_an_activation_in_place():
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True))
    x = torch.randn(8, 4)
    before = network[0](x).detach()
    with watching(network, ["0", "1"], 4) as responses, torch.inference_mode():
        network(x)
    assert (before < 0).any()
    torch.testing.assert_close(responses["0"][0], before[:, :, None])
    torch.testing.assert_close(responses["1"][1], before.relu())


@pytest.mark.parametrize(
    ("output", "what"),
    [("text", "str"), (torch.zeros(3), r"\(3,\)"), (torch.zeros(2, 3, dtype=torch.int64), "int64")],
)
def test_other_outputs_are_refused_by_layer(output, what):
    with pytest.raises(ValueError, match=f"layer 'odd'.*{what}"):
        reduced(output, 4, "odd")


def test_nested_outputs_give_their_first_tensor():
    x = torch.randn(2, 3)
    for output in ((x, None), [None, (x,)], {"hidden": x, "more": torch.zeros(1)}):
        torch.testing.assert_close(reduced(output, 4, "x")[1], x)


def test_unknown_layer_is_an_error_that_names_some():
    network = nn.Sequential(nn.Linear(2, 2))
    with (
        pytest.raises(ValueError, match="no layer 'conv'; it has 0"),
        watching(network, ["0", "conv"], 4),
    ):
        pass
    assert not network[0]._forward_hooks


def test_network_is_left_as_it_was_after_an_error():
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ReLU())
    network.train()
    network[1].eval()

    def fail():
        with evaluating(network, torch.device("cpu")), watching(network, ["0", "2"], 4):
            assert not any(module.training for module in network.modules())
            assert network[0]._forward_hooks
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert [module.training for module in network.modules()] == [True, True, False, True]
    assert not any(module._forward_hooks for module in network.modules())
