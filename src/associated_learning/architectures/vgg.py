"""A small VGG (Simonyan and Zisserman 2015): six convolutions, four poolings (thesis 3.2)."""

from torch import nn

from associated_learning.architectures import Protocol
from associated_learning.architectures.layers import convolution, scaled
from associated_learning.network import Shape, dense

DEPTHS = ("",)
# 0 is a max pooling; a tuple is a component of AL.
LAYERS = ((128, 256, 0), (256, 512, 0), (512, 0, 512, 0))


def protocol(dataset: str, method: str) -> Protocol:
    """Thesis 3.2 and appendix A: the penalty is on convolutions only."""
    width = {"cifar10": 300, "cifar100": 500}.get(dataset)
    return Protocol(width, l2=5e-4 if method == "bp" else 1e-5)


def associated(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """AL: n = 4, the fourth component two dense layers; ELU, no batch norm."""
    blocks = _blocks(shape[0], width, nn.ELU, batch_norm=False)
    units, pixels = scaled(1024, width), (shape[1] // 16) * (shape[2] // 16)
    last = nn.Sequential(
        nn.Flatten(),
        dense(scaled(512, width) * pixels, units, nn.ELU),
        dense(units, units, nn.ELU),
    )
    return kind.from_blocks([*blocks, last], shape, classes, target_width)


def backprop(kind, shape: Shape, classes: int, width: float, target_width: int, _) -> nn.Module:
    """BP: the convolutions with batch norm, then the bridge-matched head with batch norm, ReLU."""
    blocks = _blocks(shape[0], width, nn.ReLU, batch_norm=True)
    # An empty fourth block: the head then has as many layers as AL's four decoders.
    blocks.append(nn.Flatten())
    return kind.from_blocks(blocks, shape, classes, target_width, batch_norm=True)


def _blocks(
    channels: int, width: float, activation: type[nn.Module], batch_norm: bool
) -> list[nn.Module]:
    blocks = []
    for layers in LAYERS:
        block = nn.Sequential()
        for filters in layers:
            if filters:
                above = scaled(filters, width)
                block.append(convolution(channels, above, activation, batch_norm=batch_norm))
                channels = above
            else:
                block.append(nn.MaxPool2d(2))
        blocks.append(block)
    return blocks
