"""Residual networks for 32 x 32 images (He et al. 2016): thesis 3.2.

The stem and the three stages are a component each. As in the thesis' appendix A a block's second
convolution is activated before the addition as well as after it, and convolutions have biases.
"""

from torch import Tensor, nn

from associated_learning.networks.layers import convolution, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape


def protocol(classes: int, baseline: bool) -> Protocol:
    """Thesis 3.2 and appendix A; the stronger penalty is that of the data set of 100 classes."""
    if not baseline:
        return Protocol(l2=1e-4)
    l2 = 5e-4 if classes == 100 else 1e-4
    return Protocol(learning_rate=1e-3, l2=l2, l2_layers=(nn.Conv2d, nn.Linear))


class Block(nn.Module):
    """Two convolutions and a shortcut, which is a 1 x 1 convolution where the stride is not 1."""

    def __init__(self, below: int, above: int, activation: Activation, stride: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            convolution(below, above, activation, stride, batch_norm=True),
            convolution(above, above, activation, batch_norm=True),
        )
        self.shortcut = (
            nn.Identity()
            if stride == 1
            else convolution(below, above, nn.Identity, stride, kernel=1)
        )
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, below, height, width) to (batch, above, height / stride, width / stride)."""
        return self.activation(self.convolutions(x) + self.shortcut(x))


def blocks(
    shape: Shape,
    width: float,
    activation: Activation,
    baseline: bool,
    depth: int,
    pool: bool = True,
) -> list[nn.Module]:
    """Stem and three stages of 6 n + 2 = `depth` layers, n blocks per stage, batch norm in all."""
    widths = [scaled(filters, width) for filters in (16, 16, 32, 64)]
    stages = [convolution(shape[0], widths[0], activation, batch_norm=True)]
    for below, above, stride in zip(widths[:-1], widths[1:], (1, 2, 2), strict=True):
        first = Block(below, above, activation, stride)
        others = [Block(above, above, activation, 1) for _ in range((depth - 2) // 6 - 1)]
        stages.append(nn.Sequential(first, *others))
    return stages


def head(shape: Shape, width: float, classes: int, depth: int, pool: bool = True) -> Head:
    """Average pool over the whole last map (8 x 8 for CIFAR), bridge-matched, batch norm.

    Without the pool (ours) the baseline's head reads what AL's last bridge reads.
    """
    return Head(pool=nn.AvgPool2d(shape[1] // 4) if pool else None, batch_norm=True)
