"""Residual networks for 32 x 32 images (He et al. 2016): thesis 3.2.

The stem and the three stages are a component each. As in the thesis' appendix A a block's second
convolution is activated before the addition as well as after it, and convolutions have biases.
"""

from torch import Tensor, nn

from associated_learning.architectures import Protocol
from associated_learning.architectures.layers import convolution, scaled
from associated_learning.network import Shape

DEPTHS = (20, 32)  # 6 n + 2 layers, n blocks a stage


def protocol(dataset: str, method: str) -> Protocol:
    """Thesis 3.2 and appendix A."""
    width = {"cifar10": 300, "cifar100": 500}.get(dataset)
    if method != "bp":
        return Protocol(width, l2=1e-4)
    l2 = 5e-4 if dataset == "cifar100" else 1e-4
    return Protocol(width, learning_rate=1e-3, l2=l2, l2_layers=(nn.Conv2d, nn.Linear))


def associated(
    kind, shape: Shape, classes: int, width: float, target_width: int, depth: int
) -> nn.Module:
    """AL: n = 4 (stem, three stages), ELU, batch norm kept, no pooling before a bridge."""
    blocks = _stages(shape[0], width, nn.ELU, depth)
    return kind.from_blocks(blocks, shape, classes, target_width)


def backprop(
    kind, shape: Shape, classes: int, width: float, target_width: int, depth: int
) -> nn.Module:
    """BP: the same stages, average pool, the bridge-matched head with batch norm, ReLU."""
    blocks = _stages(shape[0], width, nn.ReLU, depth)
    pool = nn.AvgPool2d(shape[1] // 4)  # the whole of the last map: 8 x 8 for CIFAR
    return kind.from_blocks(blocks, shape, classes, target_width, pool, batch_norm=True)


class Block(nn.Module):
    """Two convolutions and a shortcut, which is a 1 x 1 convolution where the stride is not 1."""

    def __init__(self, below: int, above: int, activation: type[nn.Module], stride: int) -> None:
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


def _stages(
    channels: int, width: float, activation: type[nn.Module], depth: int
) -> list[nn.Module]:
    widths = [scaled(filters, width) for filters in (16, 16, 32, 64)]
    stages = [convolution(channels, widths[0], activation, batch_norm=True)]
    for below, above, stride in zip(widths[:-1], widths[1:], (1, 2, 2), strict=True):
        first = Block(below, above, activation, stride)
        others = [Block(above, above, activation, 1) for _ in range((depth - 2) // 6 - 1)]
        stages.append(nn.Sequential(first, *others))
    return stages
