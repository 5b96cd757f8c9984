"""The method: Associated Learning (thesis chapter 2).

A network of n components; component i holds four maps: forward f_i, bridge b_i, target encoder g_i,
target decoder h_i. With images x and one-hot labels y:

    s_0 = x           s_i = f_i(s_{i-1})              forward path
    t_0 = y           t_i = g_i(t_{i-1})              target path
    A_i = MSE(b_i(s_i), t_i)                          associated loss: trains f_i and b_i only
    I_i = MSE(h_i(t_i), t_{i-1})                      inverse loss:    trains g_i and h_i only
    y^  = h_1(h_2(... h_n(b_n(f_n(... f_1(x))))))     prediction

What enters a component is detached, so no gradient of one component ever reaches another. Any
prefix of k components predicts by itself: h_1 o ... o h_k o b_k o f_k o ... o f_1.

Effective parameters (used to predict): f_1 .. f_n, b_n, h_1 .. h_n.
Affiliated parameters (used to train only): b_1 .. b_{n-1}, g_1 .. g_n.
"""

from collections.abc import Iterator, Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.methods.base import Method, State, first
from associated_learning.networks.layers import Flatten, chained, dense
from associated_learning.networks.protocol import Head, Shape


class Component(nn.Module):
    """One component of a network trained by Associated Learning (thesis 2.3 to 2.5).

    Parameters
    ----------
    forward_map, bridge, encoder, decoder
        f_i, b_i, g_i and h_i. The bridge takes what the forward map gives, of any shape, to the
        width of what the encoder gives; the decoder inverts the encoder.
    """

    def __init__(
        self, forward_map: nn.Module, bridge: nn.Module, encoder: nn.Module, decoder: nn.Module
    ) -> None:
        super().__init__()
        self.forward_map, self.bridge = forward_map, bridge
        self.encoder, self.decoder = encoder, decoder

    def losses(self, s: Tensor, t: Tensor) -> tuple[State, State]:
        """Both local losses on (s_{i-1}, t_{i-1}), and (s_i, t_i) for the next component.

        Parameters
        ----------
        s
            s_{i-1}, shape (batch, ...).
        t
            t_{i-1}, shape (batch, width of the target path below).

        Returns
        -------
        (A_i, I_i), scalars, the mean over batch and features; (s_i, t_i), detached.
        """
        inverse, t_next = self.inverse_loss(t)
        s_next = self.forward_map(s.detach())
        associated = F.mse_loss(self.bridge(s_next), t_next)
        return (associated, inverse), (s_next.detach(), t_next)

    def inverse_loss(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """I_i on t_{i-1}, and t_i, detached."""
        t = t.detach()
        t_next = self.encoder(t)
        return F.mse_loss(self.decoder(t_next), t), t_next.detach()

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of encoder and decoder."""
        yield from self.encoder.parameters()
        yield from self.decoder.parameters()


class AssociatedNetwork(Method):
    """n components trained side by side, each by its own two losses (thesis chapter 2)."""

    loss_names = ("associated", "inverse")
    local = True
    has_target_path = True

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__()
        self.components = nn.ModuleList(components)
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
        """Make an AL network of any list of blocks: one component per block.

        Parameters
        ----------
        blocks
            The forward maps f_1 .. f_n, each fed with what the one before gives: one tensor,
            (batch, ...), or a tuple, whose first element it is.
        example
            A batch of inputs, (batch, ...), of any dtype; or the shape of one, without the batch.
        classes
            C, the length of the one-hot targets.
        target_width
            W, the width of the target path. Bridges are dense 5W, dense W; every map but the
            forward maps ends in a sigmoid (thesis, appendix A).
        head
            Not used: every component has its bridge.

        Raises
        ------
        ValueError, TypeError
            The blocks do not make a chain (see `networks.layers.chained`).
        """
        width, components, below = target_width, [], classes
        for block, output in chained(blocks, example):
            bridge = nn.Sequential(
                Flatten(),
                dense(output[0].numel(), 5 * width, nn.Sigmoid),
                dense(5 * width, width, nn.Sigmoid),
            )
            encoder, decoder = dense(below, width, nn.Sigmoid), dense(width, below, nn.Sigmoid)
            added = [part.to(output) for part in (bridge, encoder, decoder)]
            components.append(Component(block, *added))
            below = width
        return cls(components, classes)

    def parts(self) -> list[nn.Module]:
        """The components."""
        return list(self.components)

    def start(self, images: Tensor, labels: Tensor) -> State:
        """(s_0, t_0): the images and the one-hot labels."""
        return images, self.targets(labels, len(images))

    def targets(self, labels: Tensor, count: int | None = None) -> Tensor:
        """One-hot labels, shape (batch, C), of the dtype of the target path.

        Raises
        ------
        ValueError
            They are no class indices, or not `count`: mean squared errors would be broadcast.
        """
        if labels.ndim != 1 or labels.dtype != torch.int64 or count not in (None, len(labels)):
            raise ValueError(
                f"labels: {labels.dtype} {tuple(labels.shape)}; allowed: class indices, torch.int64"
                f" ({'batch' if count is None else count},)"
            )
        like = next(self.components[0].decoder.parameters())
        return F.one_hot(labels, self.classes).to(like.dtype)

    def forward(self, images: Tensor, components: int | None = None) -> Tensor:
        """Prediction y^, shape (batch, C), of the first `components` components (default: all)."""
        used, s = first(self.components, components), images
        for component in used:
            s = component.forward_map(s)
        return self._decode(used[-1].bridge(s), components)

    def prefix_predictions(self, images: Tensor) -> Iterator[Tensor]:
        """Predictions of the prefixes of 1 .. n components, the forward path computed once."""
        s = images
        for k, component in enumerate(self.components, start=1):
            s = component.forward_map(s)
            yield self._decode(component.bridge(s), k)

    def _decode(self, t: Tensor, components: int | None) -> Tensor:
        for component in reversed(self.components[:components]):
            t = component.decoder(t)
        return t

    def forward_layers(self) -> list[nn.Module]:
        """The forward maps f_1 .. f_n."""
        return [component.forward_map for component in self.components]

    def inference_path(self) -> Iterator[tuple[str, nn.Module]]:
        """The forward maps, the last bridge, and all decoders."""
        for k, component in enumerate(self.components, start=1):
            yield f"s{k}", component.forward_map
        yield "bridge", self.components[-1].bridge
        decoders = [component.decoder for component in reversed(self.components)]
        yield "prediction", nn.Sequential(*decoders)

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the forward maps, the decoders and the last bridge (thesis 2.6)."""
        for component in self.components:
            yield from component.forward_map.parameters()
            yield from component.decoder.parameters()
        yield from self.components[-1].bridge.parameters()

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the encoders and decoders."""
        for component in self.components:
            yield from component.target_parameters()

    def roles(self) -> dict[str, list[nn.Module]]:
        """Forward maps f, bridges b, encoders g, decoders h."""
        maps = {"f": "forward_map", "b": "bridge", "g": "encoder", "h": "decoder"}
        return {
            letter: [getattr(component, role) for component in self.components]
            for letter, role in maps.items()
        }
