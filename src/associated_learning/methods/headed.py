"""What methods share that train AL's forward path under one classifier, as a whole."""

from collections.abc import Iterator, Sequence
from typing import Self

from torch import Tensor, nn

from associated_learning.methods.base import Method
from associated_learning.networks.layers import Flatten, chained, dense
from associated_learning.networks.protocol import Head, Shape


def classifier(output: Tensor, classes: int, target_width: int) -> nn.Sequential:
    """AL's bridge (dense 5W, dense W, sigmoids), then dense C: logits of a block's outputs."""
    return nn.Sequential(
        Flatten(),
        dense(output[0].numel(), 5 * target_width, nn.Sigmoid),
        dense(5 * target_width, target_width, nn.Sigmoid),
        dense(target_width, classes, nn.Identity),
    ).to(output)


class HeadedNetwork(Method):
    """The forward path and, behind its last block, one `classifier`.

    Parameters
    ----------
    blocks
        The forward path.
    outputs
        What each block gives for a few samples, (samples, ...).
    head
        The classifier.
    classes
        C.
    """

    def __init__(
        self, blocks: Sequence[nn.Module], outputs: Sequence[Tensor], head: nn.Module, classes: int
    ) -> None:
        super().__init__()
        self.blocks, self.head = nn.ModuleList(blocks), head
        self.classes = classes

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        example: Tensor | Shape,
        classes: int,
        target_width: int,
        head: Head | None = None,
    ) -> Self:
        """Make a network of any list of blocks (see `Method.from_blocks`)."""
        blocks, outputs = zip(*chained(blocks, example), strict=True)
        return cls(blocks, outputs, classifier(outputs[-1], classes, target_width), classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, shape (batch, C)."""
        for block in self.blocks:
            images = block(images)
        return self.head(images)

    def forward_layers(self) -> list[nn.Module]:
        """The blocks."""
        return list(self.blocks)

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """The blocks, the bridge, and the softmax of the logits."""
        for k, block in enumerate(self.blocks, start=1):
            yield f"s{k}", block
        yield "bridge", self.head[:-1]
        yield "prediction", nn.Sequential(self.head[-1], nn.Softmax(1))
