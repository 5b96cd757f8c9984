"""The baseline: one loss, softmax cross-entropy, and its gradient through all layers (BP)."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import Method, State
from associated_learning.networks.layers import (
    Flatten,
    chained,
    dense,
    glorot_uniform,
    he_normal,
)
from associated_learning.networks.protocol import Head, Shape


class BackpropNetwork(Method):
    """A network trained as a whole.

    Parameters
    ----------
    body
        The hidden forward layers, the counterparts of AL's forward maps.
    head
        Everything behind them; gives the logits, shape (batch, C).
    """

    loss_names = ("cross_entropy",)
    baseline = True

    def __init__(self, body: Sequence[nn.Module], head: nn.Sequential) -> None:
        super().__init__()
        self.body, self.head = nn.ModuleList(body), head

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        example: Tensor | Shape,
        classes: int,
        target_width: int,
        head: Head | None = None,
    ) -> Self:
        """Put the bridge-matched head on a list of blocks, so that capacity is like that of AL.

        Its layers are those of AL's inference path: dense 5W, W (the bridge b_n), then W for each
        of the decoders h_n .. h_2, then C (h_1); ReLU, optionally batch norm, a pool in front.
        """
        head = head or Head()
        blocks, outputs = zip(*chained(blocks, example), strict=True)
        if head.own:
            return cls(blocks, head.own)
        pool, width = head.pool or nn.Identity(), target_width
        widths = [pool(outputs[-1])[0].numel(), 5 * width, width, *[width] * (len(blocks) - 1)]
        initialise = glorot_uniform if head.glorot else he_normal
        hidden = [
            dense(below, above, nn.ReLU, head.batch_norm, initialise)
            for below, above in itertools.pairwise(widths)
        ]
        logits = dense(width, classes, nn.Identity, initialise=initialise)
        return cls(blocks, nn.Sequential(pool, Flatten(), *hidden, logits).to(outputs[-1]))

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """One loss of one part, so that one training loop serves all methods."""
        yield (F.cross_entropy(self(images), labels),)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, shape (batch, C)."""
        for layer in self.body:
            images = layer(images)
        return self.head(images)

    def forward_layers(self) -> list[nn.Module]:
        """The hidden forward layers."""
        return list(self.body)

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """The hidden layers, what matches AL's bridge, and the softmax."""
        for k, layer in enumerate(self.body, start=1):
            yield f"s{k}", layer
        # The bridge-matched head is pool, flatten, dense 5W, dense W, ...; some heads are shorter.
        bridge, others = self.head[:4], self.head[4:]
        if others:
            yield "bridge", bridge
        yield "prediction", nn.Sequential(*(others or bridge), nn.Softmax(1))

    def penalised(self) -> list[nn.Module]:
        """All of it."""
        return [self]
