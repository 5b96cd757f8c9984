"""Mine: a cross-entropy for every block, whose input is detached. A template to copy."""

from collections.abc import Iterator, Sequence
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import Method, State, first
from associated_learning.networks.layers import chained, dense
from associated_learning.networks.protocol import Head, Shape


class Part(nn.Module):
    """A block of the forward path and the classifier that trains it."""

    def __init__(self, block: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.block, self.classifier = block, classifier

    def losses(self, s: Tensor, labels: Tensor) -> tuple[State, State]:
        """The loss, and what the next part is fed with; no gradient leaves the part."""
        s = self.block(s.detach())
        return (F.cross_entropy(self.classifier(s), labels),), (s.detach(), labels)


class MineNetwork(Method):
    """Blocks that are trained apart, each by a classifier of its own."""

    loss_names = ("cross_entropy",)  # of each part
    local = True  # no gradient crosses a part, so parts may be trained by several processes

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
        parts = []
        for block, output in chained(blocks, example):
            classifier = nn.Sequential(nn.Flatten(), dense(output[0].numel(), classes, nn.Identity))
            parts.append(Part(block, classifier.to(output)))
        return cls(parts)

    def parts(self) -> list[nn.Module]:
        """What is trained apart, each by its own losses and optimiser."""
        return list(self.components)

    def start(self, images: Tensor, labels: Tensor) -> State:
        """What the first part is fed with."""
        return images, labels

    def forward(self, images: Tensor, components: int | None = None) -> Tensor:
        """Logits, (batch, C), of the first `components` parts (default: all)."""
        used = first(self.components, components)
        for part in used:
            images = part.block(images)
        return used[-1].classifier(images)

    def prefix_predictions(self, images: Tensor) -> Iterator[Tensor]:
        """Predictions of the prefixes of 1 .. n parts."""
        for part in self.components:
            images = part.block(images)
            yield part.classifier(images)

    def forward_layers(self) -> list[nn.Module]:
        """The blocks."""
        return [part.block for part in self.components]

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """Layers whose activations are looked at, in order."""
        for k, block in enumerate(self.forward_layers(), start=1):
            yield f"s{k}", block
        yield "prediction", nn.Sequential(self.components[-1].classifier, nn.Softmax(1))

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters that a prediction uses: the blocks' and the last classifier's."""
        for block in self.forward_layers():
            yield from block.parameters()
        yield from self.components[-1].classifier.parameters()
