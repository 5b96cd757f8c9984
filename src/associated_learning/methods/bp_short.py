"""BP whose head ends behind what matches AL's bridge (ours): dense 5W, W, then C.

Its parameters are nearly as many as the baseline's: what is missing are the n - 1 layers of width W
that match AL's decoders. Beside it one sees what that depth costs the baseline.
"""

from collections.abc import Sequence
from typing import Self

from torch import Tensor, nn

from associated_learning.methods.backprop import BackpropNetwork
from associated_learning.networks.protocol import Head, Shape


class ShortHeadNetwork(BackpropNetwork):
    """The baseline's network without the layers between its bridge and its logits."""

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        example: Tensor | Shape,
        classes: int,
        target_width: int,
        head: Head | None = None,
    ) -> Self:
        """Make the baseline of a list of blocks, and shorten its head; one of its own stays."""
        whole = super().from_blocks(blocks, example, classes, target_width, head)
        if not (head and head.own):
            whole.head = nn.Sequential(*whole.head[:4], whole.head[-1])
        return whole
