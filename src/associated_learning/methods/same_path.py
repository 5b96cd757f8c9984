"""Control: AL's inference path trained end to end by backpropagation (ours)."""

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.associated import AssociatedNetwork, Component
from associated_learning.methods.base import State


class SamePathNetwork(AssociatedNetwork):
    """The same-path control, which tells AL's path from its way of training.

    The loss is softmax cross-entropy on the logits of the last decoder h_1, before its sigmoid: the
    kindest reading for backpropagation. There are effective parameters only, all at one rate.
    """

    loss_names = ("cross_entropy",)
    local = False
    has_target_path = False

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__(components, classes)
        for component in self.components:
            component.encoder = nn.Identity()
        for component in self.components[:-1]:
            component.bridge = nn.Identity()

    def parts(self) -> list[nn.Module]:
        """The network as a whole."""
        return [self]

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """One loss; its gradient runs through all components."""
        s = images
        for component in self.components:
            s = component.forward_map(s)
        t = self.components[-1].bridge(s)
        for component in reversed(self.components[1:]):
            t = component.decoder(t)
        linear, _sigmoid = self.components[0].decoder
        yield (F.cross_entropy(linear(t), labels),)

    def prefix_predictions(self, images: Tensor) -> Iterator[Tensor]:
        """The one prediction of the whole path; shorter prefixes have no bridge."""
        yield self(images)

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """None: decoders are a part of the path."""
        return iter(())
