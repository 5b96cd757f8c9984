"""Difference target propagation (Lee et al. 2015), the ancestor that the thesis names.

Every block f_i has a learnt inverse g_i, which takes s_i back to s_{i-1}. The last target steps
down the loss of the classifier; the others come through the inverses, with the difference
correction:

    t_n     = s_n - dL/ds_n                                of each sample's cross-entropy L
    t_{i-1} = s_{i-1} + g_i(t_i) - g_i(s_i)
    forward loss i = MSE(f_i(s_{i-1}), t_i)                trains f_i only
    inverse loss i = MSE(g_i(f_i(u)), u),  u = s_{i-1} + noise     trains g_i only, i = 2 .. n

MSE is a sum over features and a mean over the batch. The classifier learns by its cross-entropy.
Blocks must give vectors: no inverse of a convolution is part of the method.
"""

import itertools
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import State
from associated_learning.methods.headed import HeadedNetwork
from associated_learning.networks.layers import dense

NOISE = 0.1  # standard deviation of what inverses are trained around


class TargetPropagationNetwork(HeadedNetwork):
    """Blocks that each learn to hit a target of their own."""

    loss_names = ("cross_entropy", "forward", "inverse")

    def __init__(
        self, blocks: Sequence[nn.Module], outputs: Sequence[Tensor], head: nn.Module, classes: int
    ) -> None:
        super().__init__(blocks, outputs, head, classes)
        for k, output in enumerate(outputs):
            if output.ndim != 2:
                raise ValueError(
                    f"blocks[{k}] gives {tuple(output.shape)}: target propagation needs blocks that"
                    " give vectors, (batch, features)"
                )
        pairs = itertools.pairwise(output.shape[1] for output in outputs)
        inverses = [dense(above, below, nn.Identity) for below, above in pairs]
        self.inverses = nn.ModuleList(inverses).to(outputs[0])
        # The next step's noise is drawn by it: a run that was stopped goes on as it would have.
        self.register_buffer("noise", torch.randint(2**62, ()))

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[State]:
        """The classifier's loss, and the sums of the blocks' and of the inverses'."""
        outputs, s = [], images
        for block in self.blocks:
            outputs.append(block(s.detach()))
            s = outputs[-1]
        top = s.detach().requires_grad_()
        cross_entropy = F.cross_entropy(self.head(top), labels)
        (gradient,) = torch.autograd.grad(cross_entropy, top, retain_graph=True)
        targets = self.targets([s.detach() for s in outputs], len(labels) * gradient)
        forward = sum(map(_squared_distance, outputs, targets))
        yield cross_entropy, forward, self._inverse_loss([s.detach() for s in outputs])

    @torch.no_grad()
    def targets(self, outputs: list[Tensor], gradient: Tensor) -> list[Tensor]:
        """t_1 .. t_n of s_1 .. s_n and of the gradient of each sample's loss by s_n."""
        target = outputs[-1] - gradient
        found = [target]
        for inverse, below, above in zip(
            reversed(self.inverses), reversed(outputs[:-1]), reversed(outputs[1:]), strict=True
        ):
            target = below + inverse(target) - inverse(above)
            found.append(target)
        return found[::-1]

    def _inverse_loss(self, outputs: list[Tensor]) -> Tensor:
        generator = torch.Generator(outputs[0].device)
        generator.manual_seed(int(self.noise))
        if self.training:
            self.noise += 1
        loss = outputs[0].new_zeros(())
        for block, inverse, s in zip(self.blocks[1:], self.inverses, outputs[:-1], strict=True):
            noise = torch.empty_like(s).normal_(generator=generator)
            near = s + NOISE * noise
            with torch.no_grad():
                above = block(near)
            loss = loss + _squared_distance(inverse(above), near)
        return loss

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the blocks and the classifier; inverses are needed in training only."""
        yield from self.blocks.parameters()
        yield from self.head.parameters()


def _squared_distance(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().sum(1).mean()
