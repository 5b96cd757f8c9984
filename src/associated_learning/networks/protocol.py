"""What a network's module tells about itself, and the thesis' protocol (thesis 3, appendix A)."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

Shape = tuple[int, ...]
Activation = Callable[[], nn.Module]


class Protocol(NamedTuple):
    """The thesis' training, with what is the same for all cells as defaults."""

    epochs: int = 200
    batch_size: int = 32
    schedule: str = "step"
    width: float = 1.0  # factor on the widths of the forward path
    learning_rate: float = 1e-4  # of f and b, or of the whole network
    target_lr_factor: float = 2.0  # times that for g and h, where there is a target path
    l2: float = 0.0  # scale of the penalty scale * sum(w^2) / 2, on ...
    l2_layers: tuple[type[nn.Module], ...] = (nn.Conv2d,)  # ... the weights of these
    target_width: int | None = None  # W, where not the data set decides


class Head(NamedTuple):
    """What the baseline puts behind the last block."""

    pool: nn.Module | None = None  # in front of the bridge-matched dense layers
    batch_norm: bool = False  # after each of these
    glorot: bool = False  # whether its dense layers are initialised by Glorot's rule, not He's
    own: nn.Sequential | None = None  # instead of all that
