"""What the rest of the project asks of a training method.

A method is a class of networks: it puts what it needs on the blocks of a network's forward path,
and says which parts are trained apart, by which losses, and how the network predicts. A new method
is a module like its neighbours here and a line in config/methods.yaml.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from associated_learning.networks.protocol import Head, Shape

State = tuple[Tensor, ...]


class Method(nn.Module):
    """A network as a method trains it.

    Attributes
    ----------
    loss_names
        Of the losses of one part, in order.
    baseline
        Whether it trains the baseline's forward path (ReLU) instead of AL's (ELU).
    local
        Whether no gradient crosses a part. Parts then have `losses` of their own, and may be
        trained by several processes at once.
    has_target_path
        Whether some parameters are `target_parameters`, which learn at a factor of the rate.
    """

    loss_names: ClassVar[tuple[str, ...]]
    baseline: ClassVar[bool] = False
    local: ClassVar[bool] = False
    has_target_path: ClassVar[bool] = False

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        example: Tensor | Shape,
        classes: int,
        target_width: int,
        head: Head | None = None,
    ) -> Self:
        """Make a network of any list of blocks.

        Parameters
        ----------
        blocks
            The forward path, each block fed with what the one before gives: one tensor, (batch,
            ...), or a tuple, whose first element it is. What is added to them takes their
            parameters' dtype and device.
        example
            A batch of inputs, (batch, ...), of any dtype; or the shape of one, without the batch.
        classes
            C.
        target_width
            W, which sets the widths of what the method adds.
        head
            What the baseline puts behind the last block.

        Raises
        ------
        ValueError, TypeError
            The blocks do not make a chain (see `networks.layers.chained`).
        """
        raise NotImplementedError

    def forward(self, images: Tensor, components: int | None = None) -> Tensor:
        """Prediction, (batch, C): logits or between 0 and 1, the class being the largest.

        Methods of one part take no `components`; of several, it is the prefix that predicts, and
        more than there are is a ValueError.
        """
        raise NotImplementedError

    def parts(self) -> list[nn.Module]:
        """What is trained apart, each by its own losses and optimiser; here the whole network."""
        return [self]

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """Losses of one part after the other; nothing is computed before it is asked for.

        So a part may be updated before the next one is computed: what that one is fed with is there
        already. Images (batch, ...), labels (batch,) of class indices; each loss a scalar.
        """
        state = self.start(images, labels)
        for part in self.parts():
            losses, state = part.losses(*state)
            yield losses

    def start(self, images: Tensor, labels: Tensor) -> State:
        """What the first part is fed with, in a method of local losses.

        Each part then has a method `losses`, which takes such tensors and gives its losses and the
        tensors that the next part is fed with, detached.
        """
        raise NotImplementedError

    def before_training(self, device: torch.device, name: str) -> dict[str, float]:
        """Do what comes before the first image; steps and seconds of it, if there is any.

        Parameters
        ----------
        device
            Where the network is.
        name
            The run in words, for messages.
        """
        return {}

    def prefix_predictions(self, images: Tensor) -> Iterator[Tensor]:
        """Predictions, (batch, C) each, of every prefix of parts that predicts by itself.

        None is computed before it is asked for. Here the one of the whole network.
        """
        yield self(images)

    def forward_layers(self) -> list[nn.Module]:
        """The blocks of the forward path."""
        raise NotImplementedError

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """Name and map of every layer that a prediction passes, in order.

        `s1` .. `sn`, the forward path; `bridge`, b_n, in BP the layers that match it; `prediction`,
        between 0 and 1 for each class.
        """
        raise NotImplementedError

    def penalised(self) -> list[nn.Module]:
        """Modules whose weights the L2 penalty is on; here those of the forward path alone."""
        return self.forward_layers()

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters that a prediction uses (thesis 2.6); all others are affiliated."""
        return self.parameters()

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the target path."""
        return iter(())

    def roles(self) -> dict[str, list[nn.Module]]:
        """Modules by the thesis' letter for what they do, to be counted; empty if it has none."""
        return {}


def first(parts: nn.ModuleList, components: int | None) -> nn.ModuleList:
    """The parts that a prefix of so many components has (default: all).

    Raises
    ------
    ValueError
        There are not so many.
    """
    if components is None:
        return parts
    if components not in range(1, len(parts) + 1):
        raise ValueError(f"components: {components}; allowed: 1 to {len(parts)}")
    return parts[:components]


def load_class(module: Any) -> type[Method]:
    """The one class of a method's module that is defined there."""
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Method)
        and value.__module__ == module.__name__
    )
    return found
