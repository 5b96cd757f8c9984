"""A network by its names: the blocks of its module, trained by the class of its method's."""

import importlib
from types import ModuleType

from torch import nn

from associated_learning import registry
from associated_learning.methods.base import Method, load_class
from associated_learning.networks.protocol import Protocol, Shape


def method_class(method: str) -> type[Method]:
    """Class of a method that config/methods.yaml lists."""
    return load_class(importlib.import_module(registry.method_module(method)))


def network_module(arch: str) -> ModuleType:
    """Module of a network that config/networks.yaml lists: `blocks`, `head`, `protocol`."""
    return importlib.import_module(registry.network_module(arch))


def protocol(arch: str, method: str, classes: int) -> Protocol:
    """What the thesis fixes for a network, a method and a number of classes."""
    return network_module(arch).protocol(classes, method_class(method).baseline)


def build(
    arch: str, method: str, shape: Shape, classes: int, width: float, target_width: int
) -> Method:
    """Build a network.

    Parameters
    ----------
    arch
        A name of config/networks.yaml.
    method
        A name of config/methods.yaml.
    shape
        (channels, height, width) of one image.
    classes
        C.
    width
        Factor on the widths of the forward path, 1 for those of the thesis.
    target_width
        W.
    """
    module, options = network_module(arch), registry.network_options(arch)
    kind = method_class(method)
    # The head first: where it has layers of its own, they are drawn before the blocks.
    head = module.head(shape, width, classes, **options) if kind.baseline else None
    activation = nn.ReLU if kind.baseline else nn.ELU
    blocks = module.blocks(shape, width, activation, kind.baseline, **options)
    return kind.from_blocks(blocks, shape, classes, target_width, head)
