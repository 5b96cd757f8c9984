"""Multi-layer perceptron: two dense layers of equal width, one per component (thesis 3.2)."""

import math

from torch import nn

from associated_learning.networks.layers import Flatten, dense, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape

UNITS = {1: 1024, 3: 3000}  # by the images' channels: MNIST, CIFAR


def protocol(classes: int, baseline: bool) -> Protocol:
    """Thesis 3.2."""
    return Protocol(l2_layers=(nn.Linear,))


def blocks(shape: Shape, width: float, activation: Activation, baseline: bool) -> list[nn.Module]:
    """Two dense layers."""
    units = scaled(UNITS[shape[0]], width)
    first = nn.Sequential(Flatten(), dense(math.prod(shape), units, activation))
    return [first, dense(units, units, activation)]


def head(shape: Shape, width: float, classes: int) -> Head:
    """The bridge-matched head."""
    return Head()
