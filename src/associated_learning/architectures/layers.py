"""Layers that several families share."""

from collections.abc import Callable

from torch import nn

from associated_learning.network import batch_norm_layer, he_normal


def convolution(
    below: int,
    above: int,
    activation: Callable[[], nn.Module],
    stride: int = 1,
    kernel: int = 3,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Convolution, symmetric padding, He initialised; batch norm if asked for; activation."""
    layer = nn.Conv2d(below, above, kernel, stride=stride, padding=kernel // 2)
    norm = [batch_norm_layer(nn.BatchNorm2d, above)] if batch_norm else []
    return nn.Sequential(he_normal(layer), *norm, activation())


def scaled(channels: int, width: float) -> int:
    """Channels, or units, times the width factor; at least one."""
    return max(1, round(channels * width))
