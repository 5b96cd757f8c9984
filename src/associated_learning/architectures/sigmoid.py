"""Deep perceptron of equal width whose every activation is a sigmoid (thesis, abstract)."""

import math

from torch import nn

from associated_learning.architectures import Protocol
from associated_learning.architectures.layers import scaled
from associated_learning.network import Shape, dense

DEPTHS = (2, 4, 8, 16, 32, 64)  # hidden forward layers
UNITS = 256


def protocol(dataset: str, method: str) -> Protocol:
    """Ours: the thesis does not fix this network; the target path as wide as the forward."""
    return Protocol(UNITS, l2_layers=(nn.Linear,))


def associated(
    kind, shape: Shape, classes: int, width: float, target_width: int, depth: int
) -> nn.Module:
    """AL: one component a hidden layer."""
    return kind.from_blocks(_layers(shape, width, depth), shape, classes, target_width)


def backprop(
    kind, shape: Shape, classes: int, width: float, target_width: int, depth: int
) -> nn.Module:
    """BP: the hidden layers and C logits, no bridge-matched layers: they would only deepen it."""
    logits = dense(scaled(UNITS, width), classes, nn.Identity)
    return kind(_layers(shape, width, depth), nn.Sequential(logits))


def _layers(shape: Shape, width: float, depth: int) -> list[nn.Module]:
    units = scaled(UNITS, width)
    first = nn.Sequential(nn.Flatten(), dense(math.prod(shape), units, nn.Sigmoid))
    return [first, *(dense(units, units, nn.Sigmoid) for _ in range(depth - 1))]
