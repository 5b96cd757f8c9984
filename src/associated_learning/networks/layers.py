"""Layers, and their initialisation, that networks and methods share (thesis appendix A)."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from associated_learning.networks.protocol import Activation, Shape


def dense(
    below: int, above: int, activation: Activation, batch_norm: bool = False
) -> nn.Sequential:
    """Fully connected layer, (batch, below) to (batch, above), He initialised."""
    norm = [batch_norm_layer(nn.BatchNorm1d, above)] if batch_norm else []
    return nn.Sequential(he_normal(nn.Linear(below, above)), *norm, activation())


def convolution(
    below: int,
    above: int,
    activation: Activation,
    stride: int = 1,
    kernel: int = 3,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Convolution, symmetric padding, He initialised; batch norm if asked for; activation."""
    layer = nn.Conv2d(below, above, kernel, stride=stride, padding=kernel // 2)
    norm = [batch_norm_layer(nn.BatchNorm2d, above)] if batch_norm else []
    return nn.Sequential(he_normal(layer), *norm, activation())


def scaled(channels: int, width: float) -> int:
    """Channels, or units, times the width factor; at least one."""
    return max(1, round(channels * width))


def batch_norm_layer(kind: type[nn.Module], features: int) -> nn.Module:
    """Batch norm with the thesis' momentum, 0.99 in TensorFlow's convention, and epsilon."""
    return kind(features, momentum=0.01, eps=1e-3)


def he_normal(layer: nn.Linear | nn.Conv2d) -> nn.Linear | nn.Conv2d:
    """Initialise weights by He et al. (2015), a normal truncated at 2 deviations; biases zero."""
    # 0.8796 is the deviation of a unit normal truncated at +-2: weights keep variance 2 / fan-in.
    fan_in = nn.init._calculate_correct_fan(layer.weight, "fan_in")
    deviation = math.sqrt(2 / fan_in) / 0.87962566103423978
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    nn.init.zeros_(layer.bias)
    return layer


def output_shapes(blocks: Sequence[nn.Module], input_shape: Shape) -> list[Shape]:
    """Shape of one output, without the batch, of every block of a chain, found by trying."""
    shapes = []
    x = torch.zeros(1, *input_shape)
    with torch.no_grad():
        for block in blocks:
            training = block.training
            x = block.eval()(x)
            block.train(training)
            shapes.append(tuple(x.shape[1:]))
    return shapes
