"""Local classifiers: every block is trained by a cross-entropy of its own (related work).

Noekland and Eidnes (2019), their loss "pred"; Belilovsky et al. (2020). The classifier is AL's
bridge and a dense layer of C logits. What differs from AL is the target, the labels instead of an
encoded target, and with it the loss.
"""

from collections.abc import Iterator, Sequence
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import Method, State, first
from associated_learning.methods.headed import classifier
from associated_learning.networks.layers import chained
from associated_learning.networks.protocol import Head, Shape


class Part(nn.Module):
    """A block of the forward path and the classifier that trains it."""

    def __init__(self, block: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.block, self.head = block, head

    def losses(self, s: Tensor, labels: Tensor) -> tuple[State, State]:
        """The cross-entropy on s_{i-1}, (batch, ...), and (s_i, labels) for the next part."""
        s = self.block(s.detach())
        return (F.cross_entropy(self.head(s), labels),), (s.detach(), labels)


class LocalNetwork(Method):
    """Blocks trained side by side, each by a classifier of its own."""

    loss_names = ("cross_entropy",)
    local = True

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        self.components = nn.ModuleList(parts)

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        example: Tensor | Shape,
        classes: int,
        target_width: int,
        head: Head | None = None,
    ) -> Self:
        """One part per block (see `Method.from_blocks`)."""
        return cls(
            [
                Part(block, classifier(output, classes, target_width))
                for block, output in chained(blocks, example)
            ]
        )

    def parts(self) -> list[nn.Module]:
        """The blocks, each with its classifier."""
        return list(self.components)

    def start(self, images: Tensor, labels: Tensor) -> State:
        """The images and their labels."""
        return images, labels

    def forward(self, images: Tensor, components: int | None = None) -> Tensor:
        """Logits, shape (batch, C), of the first `components` parts (default: all)."""
        used = first(self.components, components)
        for part in used:
            images = part.block(images)
        return used[-1].head(images)

    def prefix_predictions(self, images: Tensor) -> Iterator[Tensor]:
        """Logits of the prefixes of 1 .. n parts, the forward path computed once."""
        for part in self.components:
            images = part.block(images)
            yield part.head(images)

    def forward_layers(self) -> list[nn.Module]:
        """The blocks."""
        return [part.block for part in self.components]

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """The blocks, the last bridge, and the softmax of the last logits."""
        for k, block in enumerate(self.forward_layers(), start=1):
            yield f"s{k}", block
        head = self.components[-1].head
        yield "bridge", head[:-1]
        yield "prediction", nn.Sequential(head[-1], nn.Softmax(1))

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the blocks and of the last classifier."""
        for block in self.forward_layers():
            yield from block.parameters()
        yield from self.components[-1].head.parameters()
