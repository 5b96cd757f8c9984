"""Control: AL's inference path by backpropagation, from an initialisation made for it (ours)."""

from collections.abc import Sequence

from associated_learning.methods.associated import Component
from associated_learning.methods.same_path import SamePathNetwork
from associated_learning.networks.layers import glorot_sigmoid, glorot_uniform


class GlorotSamePathNetwork(SamePathNetwork):
    """The same path, its sigmoids initialised by Glorot and Bengio (2010), times 4.

    AL's bridges and decoders have He's, which is made for ReLU. Alone, that may be what holds
    backpropagation back. The last decoder gives the logits: no sigmoid, and no factor.
    """

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__(components, classes)
        first, *others = (component.decoder for component in self.components)
        for layer in [*self.components[-1].bridge[1:], *others]:
            glorot_sigmoid(layer[0])
        glorot_uniform(first[0])
