"""Plain convolutional network: eight convolutions, two per component (thesis 3.2)."""

from torch import nn

from associated_learning.networks.layers import convolution, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape


def protocol(classes: int, baseline: bool) -> Protocol:
    """Thesis 3.2."""
    return Protocol()


def blocks(shape: Shape, width: float, activation: Activation, baseline: bool) -> list[nn.Module]:
    """Four pairs of convolutions; every second pair halves height and width."""
    narrow, wide = scaled(32, width), scaled(64, width)

    def pair(below: int, above: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            convolution(below, above, activation), convolution(above, above, activation, stride)
        )

    return [
        pair(shape[0], narrow, 1),
        pair(narrow, narrow, 2),
        pair(narrow, wide, 1),
        pair(wide, wide, 2),
    ]


def head(shape: Shape, width: float, classes: int) -> Head:
    """The bridge-matched head."""
    return Head()
