"""Layers, and their initialisation, that networks and methods share (thesis appendix A)."""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.networks.protocol import Activation, Shape

Layer = nn.Linear | nn.Conv2d


def he_normal(layer: Layer) -> Layer:
    """Initialise weights by He et al. (2015), a normal truncated at 2 deviations; biases zero."""
    # 0.8796 is the deviation of a unit normal truncated at +-2: weights keep variance 2 / fan-in.
    fan_in = nn.init._calculate_correct_fan(layer.weight, "fan_in")
    deviation = math.sqrt(2 / fan_in) / 0.87962566103423978
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    nn.init.zeros_(layer.bias)
    return layer


def glorot_uniform(layer: Layer, gain: float = 1.0) -> Layer:
    """Initialise weights by Glorot and Bengio (2010), times `gain`; biases zero."""
    nn.init.xavier_uniform_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def glorot_sigmoid(layer: Layer) -> Layer:
    """Glorot's initialisation for sigmoids: times 4 (Glorot and Bengio 2010)."""
    return glorot_uniform(layer, 4.0)


def dense(
    below: int,
    above: int,
    activation: Activation,
    batch_norm: bool = False,
    initialise: Callable[[Layer], Layer] = he_normal,
) -> nn.Sequential:
    """Fully connected layer, (batch, below) to (batch, above); batch norm if asked for."""
    norm = [batch_norm_layer(nn.BatchNorm1d, above)] if batch_norm else []
    return nn.Sequential(initialise(nn.Linear(below, above)), *norm, activation())


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: an odd pixel goes behind the image, not before.

    So an image of n pixels gives ceil(n / stride), and where n is even and the stride 2, windows
    begin at pixels 0, 2, 4, ... instead of -1, 1, 3, ...
    """

    def forward(self, x: Tensor) -> Tensor:
        """(batch, below, height, width) to (batch, above, height / stride, width / stride)."""
        pads = [
            max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            for size, stride, kernel in zip(x.shape[2:], self.stride, self.kernel_size, strict=True)
        ]
        if any(pad % 2 for pad in pads):
            rows, columns = pads
            sides = columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
            x, pads = F.pad(x, sides), [0, 0]
        halves = [pad // 2 for pad in pads]
        return F.conv2d(x, self.weight, self.bias, self.stride, halves)


def convolution(
    below: int,
    above: int,
    activation: Activation,
    stride: int = 1,
    kernel: int = 3,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Convolution, SAME padding, He initialised; batch norm if asked for; activation."""
    layer = SameConv2d(below, above, kernel, stride=stride)
    norm = [batch_norm_layer(nn.BatchNorm2d, above)] if batch_norm else []
    return nn.Sequential(he_normal(layer), *norm, activation())


def scaled(channels: int, width: float) -> int:
    """Channels, or units, times the width factor; at least one."""
    return max(1, round(channels * width))


def batch_norm_layer(kind: type[nn.Module], features: int) -> nn.Module:
    """Batch norm with the thesis' momentum, 0.99 in TensorFlow's convention, and epsilon."""
    return kind(features, momentum=0.01, eps=1e-3)


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
