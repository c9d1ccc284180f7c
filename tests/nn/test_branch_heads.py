import copy

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from torch.nn import functional as F  # noqa: E402

from classblocks.nn.branch_heads import branch_head  # noqa: E402

pytestmark = pytest.mark.torch

LAYOUTS = (torch.contiguous_format, torch.channels_last)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["planes", "channels last"])
@pytest.mark.parametrize("shape", [(8, 8), (7, 7), (1, 1), (3, 5), (2, 2), (16, 9)])
def test_maps_are_averaged_as_adaptive_pooling_does(shape, layout):
    torch.manual_seed(0)
    pool = branch_head("pool", 3, 0)[0]
    maps = torch.randn(4, 6, *shape, dtype=torch.float64).contiguous(memory_format=layout)
    maps.requires_grad_()
    found, expected = pool(maps), F.adaptive_avg_pool2d(maps, 2).flatten(1)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(expected)
    gradients = [torch.autograd.grad((y * weight).sum(), maps)[0] for y in (found, expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("layout", LAYOUTS, ids=["planes", "channels last"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_maps_lose_no_more_than_their_rounding(dtype, layout):
    torch.manual_seed(1)
    maps = (torch.rand(2, 6, 56, 56) * 100).to(dtype).contiguous(memory_format=layout)
    found = branch_head("pool", 3, 0)[0](maps)
    assert found.dtype == dtype
    expected = F.adaptive_avg_pool2d(maps.float(), 2).flatten(1)
    torch.testing.assert_close(found.float(), expected, rtol=0.01, atol=0)


def test_single_precision_maps_stay_so_in_mixed_precision():
    torch.manual_seed(2)
    pool, maps = branch_head("pool", 3, 0)[0], torch.rand(2, 6, 8, 8) + 100
    with torch.autocast("cpu", torch.bfloat16):
        mixed = pool(maps)
    assert torch.equal(mixed, pool(maps))
    assert mixed.dtype == torch.float32


def test_one_head_takes_maps_of_changing_size_and_can_be_copied():
    pool = branch_head("pool", 3, 0)[0]
    for side in (8, 6, 8):
        assert copy.deepcopy(pool)(torch.ones(1, 2, side, side)).tolist() == [[1.0] * 8]
    assert pool.state_dict() == {}


def test_a_head_learns_after_it_was_only_looked_at():
    pool = branch_head("pool", 3, 0)[0]
    with torch.inference_mode():
        pool(torch.ones(1, 2, 4, 4))
    maps = torch.ones(1, 2, 4, 4, requires_grad=True)
    pool(maps).sum().backward()
    assert maps.grad.sum() == 8
