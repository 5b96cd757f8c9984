"""The networks of the thesis (chapter 3), a module a family, as both trainings see them.

A name is its family and, where the family has several, its depth: `mlp`, `resnet20`. A family's
module gives `associated` and `backprop`, which build the network, `protocol`, what the thesis fixes
for it, and DEPTHS. A new family is a new module: nothing here has to be edited.
"""

import importlib
import pkgutil
import re
from types import ModuleType
from typing import NamedTuple

from torch import nn

from associated_learning.network import AssociatedNetwork, BackpropNetwork, Shape


class Protocol(NamedTuple):
    """What the thesis fixes for a family, a data set and a method (thesis 3, appendix A)."""

    target_width: int | None  # W; None where the thesis has no such cell
    learning_rate: float = 1e-4
    l2: float = 0.0  # scale of the penalty scale * sum(w^2) / 2, on ...
    l2_layers: tuple[type[nn.Module], ...] = (nn.Conv2d,)  # ... weights of these; of f alone in AL


def names() -> list[str]:
    """All architectures by name."""
    families = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [
        f"{family}{depth}"
        for family in families
        if family != "layers"
        for depth in importlib.import_module(f"{__name__}.{family}").DEPTHS
    ]


def family(arch: str) -> tuple[ModuleType, int | None]:
    """Module and depth of an architecture.

    Raises
    ------
    ValueError
        There is no such architecture.
    """
    if arch not in names():
        raise ValueError(f"architecture {arch!r}: choose from {', '.join(names())}")
    name, depth = re.fullmatch(r"(.*?)(\d*)", arch).groups()
    return importlib.import_module(f"{__name__}.{name}"), int(depth) if depth else None


def source_files(arch: str) -> list[str]:
    """File names of the modules that define an architecture, relative to the package."""
    module, _ = family(arch)
    return [
        f"architectures/{name}.py"
        for name in ("__init__", "layers", module.__name__.split(".")[-1])
    ]


def build(
    arch: str, kind: type, shape: Shape, classes: int, width: float, target_width: int
) -> AssociatedNetwork | BackpropNetwork:
    """Build a network.

    Parameters
    ----------
    arch
        One of `names()`.
    kind
        AssociatedNetwork, BackpropNetwork or a subclass.
    shape
        (channels, height, width) of one image.
    classes
        C.
    width
        Factor on the widths of the forward path, 1 for those of the thesis.
    target_width
        W.
    """
    module, depth = family(arch)
    make = module.associated if issubclass(kind, AssociatedNetwork) else module.backprop
    return make(kind, shape, classes, width, target_width, depth)
