"""A small VGG (Simonyan and Zisserman 2015): six convolutions, four poolings (thesis 3.2)."""

from torch import nn

from associated_learning.networks.layers import Flatten, convolution, dense, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape

# 0 is a max pooling; a tuple is a component of AL.
LAYERS = ((128, 256, 0), (256, 512, 0), (512, 0, 512, 0))


def protocol(classes: int, baseline: bool) -> Protocol:
    """Thesis 3.2 and appendix A: the penalty is on convolutions only."""
    return Protocol(l2=5e-4 if baseline else 1e-5)


def blocks(shape: Shape, width: float, activation: Activation, baseline: bool) -> list[nn.Module]:
    """Three blocks of convolutions, with batch norm in the baseline alone, and a fourth.

    That is two dense layers or, in the baseline, empty: its head then has as many layers as AL has
    decoders.
    """
    channels, found = shape[0], []
    for layers in LAYERS:
        block = nn.Sequential()
        for filters in layers:
            if filters:
                above = scaled(filters, width)
                block.append(convolution(channels, above, activation, batch_norm=baseline))
                channels = above
            else:
                block.append(nn.MaxPool2d(2))
        found.append(block)
    if baseline:
        return [*found, Flatten()]
    units, pixels = scaled(1024, width), (shape[1] // 16) * (shape[2] // 16)
    last = nn.Sequential(
        Flatten(), dense(channels * pixels, units, activation), dense(units, units, activation)
    )
    return [*found, last]


def head(shape: Shape, width: float, classes: int) -> Head:
    """The bridge-matched head with batch norm, initialised by Glorot's rule (appendix A)."""
    return Head(batch_norm=True, glorot=True)
