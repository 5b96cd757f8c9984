"""Deep perceptron of equal width whose every activation is a sigmoid (thesis, abstract)."""

import math

from torch import nn

from associated_learning.networks.layers import Flatten, dense, glorot_sigmoid, he_normal, scaled
from associated_learning.networks.protocol import Activation, Head, Protocol, Shape

UNITS = 256
INITIALISATIONS = {"he": he_normal, "glorot": glorot_sigmoid}


def protocol(classes: int, baseline: bool) -> Protocol:
    """Ours: the thesis does not fix this network; the target path is as wide as the forward one."""
    return Protocol(target_width=UNITS, l2_layers=(nn.Linear,))


def blocks(
    shape: Shape,
    width: float,
    activation: Activation,
    baseline: bool,
    depth: int,
    initialisation: str = "he",
) -> list[nn.Module]:
    """`depth` hidden layers, one per component; sigmoids whatever the method's activation.

    Their initialisation is He's, which is made for ReLU, or ("glorot") the one for sigmoids.
    """
    units, initialise = scaled(UNITS, width), INITIALISATIONS[initialisation]
    sides = [math.prod(shape), *[units] * (depth - 1)]
    layers = [dense(side, units, nn.Sigmoid, initialise=initialise) for side in sides]
    return [nn.Sequential(Flatten(), layers[0]), *layers[1:]]


def head(shape: Shape, width: float, classes: int, depth: int, initialisation: str = "he") -> Head:
    """C logits alone: bridge-matched layers would only deepen the baseline."""
    return Head(own=nn.Sequential(dense(scaled(UNITS, width), classes, nn.Identity)))
