"""Plain convolutional network: eight convolutions, two a component (thesis 3.2)."""

from torch import nn

from associated_learning.architectures import Protocol
from associated_learning.architectures.layers import convolution, scaled
from associated_learning.network import Shape

DEPTHS = ("",)


def protocol(dataset: str, method: str) -> Protocol:
    """Thesis 3.2."""
    return Protocol({"mnist": 256, "cifar10": 256, "cifar100": 500}.get(dataset))


def associated(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """AL: n = 4, ELU."""
    return kind.from_blocks(_blocks(shape[0], width, nn.ELU), shape, classes, target_width)


def backprop(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """BP: the same convolutions, then the bridge-matched head, ReLU."""
    return kind.from_blocks(_blocks(shape[0], width, nn.ReLU), shape, classes, target_width)


def _blocks(channels: int, width: float, activation: type[nn.Module]) -> list[nn.Module]:
    narrow, wide = scaled(32, width), scaled(64, width)

    def pair(below: int, above: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            convolution(below, above, activation), convolution(above, above, activation, stride)
        )

    return [
        pair(channels, narrow, 1),
        pair(narrow, narrow, 2),
        pair(narrow, wide, 1),
        pair(wide, wide, 2),
    ]
