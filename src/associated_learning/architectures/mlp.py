"""Multi-layer perceptron: two dense layers of W units, a component each (thesis 3.2)."""

import math

from torch import nn

from associated_learning.architectures import Protocol
from associated_learning.architectures.layers import scaled
from associated_learning.network import Shape, dense

DEPTHS = ("",)
UNITS = {1: 1024, 3: 3000}  # by the images' channels: MNIST, CIFAR


def protocol(dataset: str, method: str) -> Protocol:
    """Thesis 3.2."""
    width = {"mnist": 1024, "cifar10": 3000, "cifar100": 3000}.get(dataset)
    return Protocol(width, l2_layers=(nn.Linear,))


def associated(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """AL: n = 2, ELU."""
    return kind.from_blocks(_layers(shape, width, nn.ELU), shape, classes, target_width)


def backprop(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """BP: dense W, W, then the bridge-matched head, ReLU."""
    return kind.from_blocks(_layers(shape, width, nn.ReLU), shape, classes, target_width)


def _layers(shape: Shape, width: float, activation: type[nn.Module]) -> list[nn.Module]:
    units = scaled(UNITS[shape[0]], width)
    first = nn.Sequential(nn.Flatten(), dense(math.prod(shape), units, activation))
    return [first, dense(units, units, activation)]
