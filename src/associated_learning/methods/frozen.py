"""Control: AL whose forward maps keep their initial weights (ours).

How much do bridges and decoders do alone, on random features? Bridges, encoders and decoders are
trained as in AL.
"""

from collections.abc import Sequence

from torch import nn

from associated_learning.methods.associated import AssociatedNetwork, Component


class FrozenNetwork(AssociatedNetwork):
    """AL without any training of the forward path; running statistics of batch norm still move."""

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__(components, classes)
        for layer in self.forward_layers():
            layer.requires_grad_(False)

    def penalised(self) -> list[nn.Module]:
        """Nothing: the penalty is on the forward path, which does not learn."""
        return []
