"""Control: AL's inference path trained end to end with AL's kind of loss (ours)."""

from collections.abc import Iterator

import torch.nn.functional as F
from torch import Tensor

from associated_learning.methods.base import State
from associated_learning.methods.same_path import SamePathNetwork


class SamePathMSENetwork(SamePathNetwork):
    """The same-path control with mean squared error to the one-hot label."""

    loss_names = ("mse",)

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """One loss; its gradient runs through all components."""
        yield (F.mse_loss(self(images), self.targets(labels, len(images))),)
