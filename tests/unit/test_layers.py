"""Layers of our own give what torch's give, wherever their numbers lie in memory."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from associated_learning.networks import layers
from associated_learning.training.step import Adam


def gradients(layer, x, above):
    x = x.clone().requires_grad_()
    y = layer(x)
    y.backward(above)
    return [y.detach(), x.grad, *(p.grad for p in layer.parameters())]


@pytest.fixture
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.usefixtures("threads")
def test_a_wide_layer_is_torchs_linear_layer(dtype):
    mine = layers.WideLinear(96, 40).to(dtype)
    theirs = nn.Linear(96, 40, dtype=dtype)
    theirs.load_state_dict(mine.state_dict())
    x, above = torch.randn(32, 96).to(dtype), torch.randn(32, 40).to(dtype)
    for one, other in zip(gradients(mine, x, above), gradients(theirs, x, above), strict=True):
        torch.testing.assert_close(one, other)
    assert mine.weight.shape == (40, 96) and mine.weight.t().is_contiguous()
    assert mine.weight.grad.stride() == mine.weight.stride()


def test_a_wide_layer_takes_part_in_autocast():
    layer, x = layers.WideLinear(8, 8), torch.randn(4, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    y.sum().backward()
    assert y.dtype == torch.bfloat16 and layer.weight.grad.dtype == x.grad.dtype == torch.float32


def test_a_wide_layer_computes_no_gradient_that_nobody_wants():
    layer, products = layers.WideLinear(8, 16), []
    for wanted in (False, True):
        with FlopCounterMode(display=False) as counter:
            layer(torch.randn(4, 8, requires_grad=wanted)).sum().backward()
        products.append(counter.get_total_flops() / (2 * 4 * 8 * 16))
    assert products == [2, 3]


def test_layers_are_wide_where_that_pays():
    kinds = {(8192, 320): layers.WideLinear, (320, 64): nn.Linear, (3072, 750): nn.Linear}
    kinds |= {(8192, 1500): layers.WideLinear}
    for (below, above), kind in kinds.items():
        assert type(layers.dense(below, above, nn.Sigmoid)[0]) is kind


def test_a_map_is_flattened_by_height_width_and_channel():
    x = torch.randn(2, 3, 4, 5)
    flat = layers.Flatten()(x)
    assert torch.equal(flat, layers.Flatten()(x.contiguous(memory_format=torch.channels_last)))
    assert flat[1, (2 * 5 + 4) * 3 + 1] == x[1, 1, 2, 4]
    assert torch.equal(layers.Flatten()(x[:, :, 0]), x[:, :, 0].flatten(1))


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [1, 2, 4, 8, 12])
def test_a_convolution_with_channels_last_is_that_with_channels_first(channels, stride, kernel):
    mine = layers.convolution(channels, 2 * channels, nn.Identity, stride, kernel)
    assert mine[0].weight.is_contiguous(memory_format=torch.channels_last)
    x = torch.randn(8, channels, 16, 16)
    plain = x.double().requires_grad_()  # in double precision torch computes with its own kernels
    weight, bias = (p.detach().double().requires_grad_() for p in mine[0].parameters())
    # SAME padding: of an even number of pixels at stride 2 one more behind, none before.
    odd = kernel == 3 and stride == 2
    padded = F.pad(plain, (0, 1, 0, 1)) if odd else plain
    y = F.conv2d(padded, weight, bias, stride, 0 if odd else kernel // 2)
    above = torch.randn(y.shape)
    y.backward(above.double())
    found = gradients(mine, x, above)
    for one, other in zip(found, [y, plain.grad, weight.grad, bias.grad], strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channels", [2, 4, 8])
def test_batch_norm_is_torchs_and_keeps_channels_last(channels):
    mine = layers.batch_norm_layer(layers.BatchNorm2d, channels)
    theirs = layers.batch_norm_layer(nn.BatchNorm2d, channels)
    x = torch.randn(8, channels, 6, 6).contiguous(memory_format=torch.channels_last)
    above = torch.randn_like(x)
    for one, other in zip(gradients(mine, x, above), gradients(theirs, x, above), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(mine.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(one, other)
    assert mine(x).is_contiguous(memory_format=torch.channels_last)


def test_adam_takes_parameters_as_they_lie():
    lying = nn.Sequential(layers.WideLinear(6, 4), nn.Linear(4, 4))
    straight = copy.deepcopy(lying)
    straight[0].weight = nn.Parameter(straight[0].weight.detach().contiguous())
    for network in (lying, straight):
        adam = Adam(
            [{"params": list(network.parameters()), "learning_rate": 0.1, "weight_decay": 0.1}]
        )
        for k in range(3):
            network(torch.arange(12.0).reshape(2, 6) - k).square().sum().backward()
            adam.step()
    for one, other in zip(lying.parameters(), straight.parameters(), strict=True):
        torch.testing.assert_close(one, other)
