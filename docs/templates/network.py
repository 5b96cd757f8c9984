"""Mine: two convolutions, then two dense layers. A template to copy."""

import math

from torch import nn

from associated_learning.networks.layers import convolution, dense, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape


def protocol(classes: int, baseline: bool) -> Protocol:
    """What is not the thesis' default: here W, the width of the target path."""
    return Protocol(target_width=64)


def blocks(
    shape: Shape, width: float, activation: Activation, baseline: bool, units: int
) -> list[nn.Module]:
    """The forward path, each block fed with what the one before gives.

    Parameters
    ----------
    shape
        (channels, height, width) of an image.
    width
        Factor on all widths, from the scale.
    activation
        The method's: ReLU in the baseline, else ELU.
    baseline
        Whether these are the baseline's blocks, where the two differ.
    units
        Whatever else this network's line in config/networks.yaml says.
    """
    channels, units = scaled(32, width), scaled(units, width)
    pixels = math.prod((side + 1) // 2 for side in shape[1:])
    return [
        nn.Sequential(
            convolution(shape[0], channels, activation),
            convolution(channels, channels, activation, stride=2),
        ),
        nn.Sequential(nn.Flatten(), dense(channels * pixels, units, activation)),
        dense(units, units, activation),
    ]


def head(shape: Shape, width: float, classes: int, units: int) -> Head:
    """What the baseline puts behind the blocks: here as many dense layers as AL has."""
    return Head()
