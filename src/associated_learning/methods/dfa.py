"""Direct feedback alignment (Noekland 2016): the output's error, sent to every block at random.

Block i gives s_i of a detached input. With the error e = softmax(y^) - y of the prediction and a
fixed random matrix B_i, its parameters follow the gradient of

    mean over the batch of  s_i . detach(e B_i)

so the error takes the place of all that backpropagation would carry down. The classifier behind the
last block learns by its own cross-entropy, and passes nothing down.
"""

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import State
from associated_learning.methods.headed import HeadedNetwork
from associated_learning.networks.layers import Flatten


class DirectFeedbackNetwork(HeadedNetwork):
    """Blocks that all learn from the one error.

    B_i, (C, features of s_i), is drawn from U(-1/sqrt(C), 1/sqrt(C)) and stays; it is a buffer.
    """

    loss_names = ("cross_entropy", "feedback")

    def __init__(
        self, blocks: Sequence[nn.Module], outputs: Sequence[Tensor], head: nn.Module, classes: int
    ) -> None:
        super().__init__(blocks, outputs, head, classes)
        self.flat = Flatten()
        bound = 1 / math.sqrt(classes)
        for k, output in enumerate(outputs):
            feedback = torch.empty(classes, output[0].numel()).uniform_(-bound, bound)
            self.register_buffer(f"feedback_{k}", feedback.to(output))

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """The classifier's cross-entropy, and the sum of what the blocks follow."""
        outputs, s = [], images
        for block in self.blocks:
            outputs.append(block(s.detach()))
            s = outputs[-1]
        logits = self.head(s.detach())
        error = logits.detach().softmax(1) - F.one_hot(labels, self.classes)
        feedback = sum(
            (self.flat(s) * (error @ getattr(self, f"feedback_{k}"))).sum(1).mean()
            for k, s in enumerate(outputs)
        )
        yield F.cross_entropy(logits, labels), feedback
