"""Deep perceptron of equal width whose every activation is a sigmoid (thesis, abstract)."""

import math

from torch import nn

from associated_learning.networks.layers import dense, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape

UNITS = 256


def protocol(classes: int, baseline: bool) -> Protocol:
    """Ours: the thesis does not fix this network; the target path is as wide as the forward one."""
    return Protocol(target_width=UNITS, l2_layers=(nn.Linear,))


def blocks(
    shape: Shape, width: float, activation: Activation, baseline: bool, depth: int
) -> list[nn.Module]:
    """`depth` hidden layers, one per component; sigmoids whatever the method's activation."""
    units = scaled(UNITS, width)
    first = nn.Sequential(nn.Flatten(), dense(math.prod(shape), units, nn.Sigmoid))
    return [first, *(dense(units, units, nn.Sigmoid) for _ in range(depth - 1))]


def head(shape: Shape, width: float, classes: int, depth: int) -> Head:
    """C logits alone: bridge-matched layers would only deepen the baseline."""
    return Head(own=nn.Sequential(dense(scaled(UNITS, width), classes, nn.Identity)))
