"""The method: Associated Learning beside backpropagation (thesis chapter 2).

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

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Shape = tuple[int, ...]


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

    def losses(self, s: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Both local losses on (s_{i-1}, t_{i-1}), and (s_i, t_i) for the next component.

        Parameters
        ----------
        s
            s_{i-1}, shape (batch, ...).
        t
            t_{i-1}, shape (batch, width of the target path below).

        Returns
        -------
        A_i and I_i, scalars, the mean over batch and features; s_i and t_i, detached.
        """
        inverse, t_next = self.inverse_loss(t)
        s_next = self.forward_map(s.detach())
        associated = F.mse_loss(self.bridge(s_next), t_next)
        return associated, inverse, s_next.detach(), t_next

    def inverse_loss(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """I_i on t_{i-1}, and t_i, detached."""
        t = t.detach()
        t_next = self.encoder(t)
        return F.mse_loss(self.decoder(t_next), t), t_next.detach()

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of encoder and decoder."""
        yield from self.encoder.parameters()
        yield from self.decoder.parameters()


class AssociatedNetwork(nn.Module):
    """n components trained side by side, each by its own two losses (thesis chapter 2)."""

    loss_names = ("associated", "inverse")

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__()
        self.components = nn.ModuleList(components)
        self.classes = classes

    @classmethod
    def from_blocks(
        cls, blocks: Sequence[nn.Module], input_shape: Shape, classes: int, target_width: int
    ) -> "AssociatedNetwork":
        """Make an AL network of any list of blocks: one component a block.

        Parameters
        ----------
        blocks
            The forward maps f_1 .. f_n, each fed with what the one before gives.
        input_shape
            Shape of one input, without the batch.
        classes
            C, the length of the one-hot targets.
        target_width
            W, the width of the target path. Bridges are dense 5W, dense W; every map but the
            forward maps ends in a sigmoid (thesis, appendix A).
        """
        width, components, below = target_width, [], classes
        for block, shape in zip(blocks, output_shapes(blocks, input_shape), strict=True):
            bridge = nn.Sequential(
                nn.Flatten(),
                dense(math.prod(shape), 5 * width, nn.Sigmoid),
                dense(5 * width, width, nn.Sigmoid),
            )
            encoder, decoder = dense(below, width, nn.Sigmoid), dense(width, below, nn.Sigmoid)
            components.append(Component(block, bridge, encoder, decoder))
            below = width
        return cls(components, classes)

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """(A_i, I_i) of one component after the other; nothing is computed before it is asked for.

        So a component may be updated before the next one is computed: what that one is fed with is
        there already. Images (batch, ...), labels (batch,) of class indices.
        """
        s, t = images, F.one_hot(labels, self.classes).to(images.dtype)
        for component in self.components:
            associated, inverse, s, t = component.losses(s, t)
            yield associated, inverse

    def parts(self) -> list[nn.Module]:
        """What is trained apart, each by its own losses: the components."""
        return list(self.components)

    def forward(self, images: Tensor, components: int | None = None) -> Tensor:
        """Prediction y^, shape (batch, C), of the first `components` components (default: all)."""
        *_, prefix = self.components[:components]
        s = images
        for component in self.components[:components]:
            s = component.forward_map(s)
        return self._decode(prefix.bridge(s), components)

    def prefix_predictions(self, images: Tensor) -> list[Tensor]:
        """Predictions of the prefixes of 1 .. n components, the forward path computed once."""
        s, predictions = images, []
        for k, component in enumerate(self.components, start=1):
            s = component.forward_map(s)
            predictions.append(self._decode(component.bridge(s), k))
        return predictions

    def _decode(self, t: Tensor, components: int | None) -> Tensor:
        for component in reversed(self.components[:components]):
            t = component.decoder(t)
        return t

    def forward_layers(self) -> list[nn.Module]:
        """The forward maps f_1 .. f_n."""
        return [component.forward_map for component in self.components]

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters that a prediction uses (thesis 2.6)."""
        for component in self.components:
            yield from component.forward_map.parameters()
            yield from component.decoder.parameters()
        yield from self.components[-1].bridge.parameters()

    def target_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters of the target path, encoders and decoders."""
        for component in self.components:
            yield from component.target_parameters()


class SamePathNetwork(AssociatedNetwork):
    """AL's inference path trained end to end by backpropagation: the same-path control.

    The loss is softmax cross-entropy on the logits of the last decoder h_1, before its sigmoid: the
    kindest reading for backpropagation. There are effective parameters only.
    """

    loss_names = ("cross_entropy",)

    def __init__(self, components: Sequence[Component], classes: int) -> None:
        super().__init__(components, classes)
        for component in self.components:
            component.encoder = nn.Identity()
        for component in self.components[:-1]:
            component.bridge = nn.Identity()

    def parts(self) -> list[nn.Module]:
        """The network as a whole."""
        return [self]

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """One loss; its gradient runs through all components."""
        s = images
        for component in self.components:
            s = component.forward_map(s)
        t = self.components[-1].bridge(s)
        for component in reversed(self.components[1:]):
            t = component.decoder(t)
        linear, _sigmoid = self.components[0].decoder
        yield (F.cross_entropy(linear(t), labels),)

    def prefix_predictions(self, images: Tensor) -> list[Tensor]:
        """The one prediction of the whole path; shorter prefixes have no bridge."""
        return [self(images)]


class SamePathMSENetwork(SamePathNetwork):
    """The same-path control with AL's own kind of loss, mean squared error to the one-hot label."""

    loss_names = ("mse",)

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """One loss; its gradient runs through all components."""
        targets = F.one_hot(labels, self.classes).to(images.dtype)
        yield (F.mse_loss(self(images), targets),)


class BackpropNetwork(nn.Module):
    """The baseline: one loss, softmax cross-entropy, and its gradient through all layers.

    Parameters
    ----------
    body
        The hidden forward layers, the counterparts of AL's forward maps.
    head
        Everything behind them; gives the logits, shape (batch, C).
    """

    loss_names = ("cross_entropy",)

    def __init__(self, body: Sequence[nn.Module], head: nn.Sequential) -> None:
        super().__init__()
        self.body, self.head = nn.ModuleList(body), head

    @classmethod
    def from_blocks(
        cls,
        blocks: Sequence[nn.Module],
        input_shape: Shape,
        classes: int,
        target_width: int,
        pool: nn.Module | None = None,
        batch_norm: bool = False,
    ) -> "BackpropNetwork":
        """Put the bridge-matched head on a list of blocks, so that capacity is like that of AL.

        Its layers are those of AL's inference path: dense 5W, W (the bridge b_n), then W for each
        of the decoders h_n .. h_2, then C (h_1); ReLU, optionally batch norm, `pool` in front.
        """
        pool, width = pool or nn.Identity(), target_width
        features = math.prod(output_shapes([*blocks, pool], input_shape)[-1])
        widths = [features, 5 * width, width, *[width] * (len(blocks) - 1)]
        hidden = [
            dense(below, above, nn.ReLU, batch_norm) for below, above in itertools.pairwise(widths)
        ]
        logits = dense(width, classes, nn.Identity)
        return cls(blocks, nn.Sequential(pool, nn.Flatten(), *hidden, logits))

    def parts(self) -> list[nn.Module]:
        """The network as a whole."""
        return [self]

    def losses(self, images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """One loss of one part, so that one training loop serves both networks."""
        yield (F.cross_entropy(self(images), labels),)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, shape (batch, C)."""
        for layer in self.body:
            images = layer(images)
        return self.head(images)

    def prefix_predictions(self, images: Tensor) -> list[Tensor]:
        """The one prediction that BP gives."""
        return [self(images)]

    def forward_layers(self) -> list[nn.Module]:
        """The hidden forward layers."""
        return list(self.body)

    def effective_parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""
        return self.parameters()


def dense(
    below: int, above: int, activation: Callable[[], nn.Module], batch_norm: bool = False
) -> nn.Sequential:
    """Fully connected layer, (batch, below) to (batch, above), He initialised."""
    norm = [batch_norm_layer(nn.BatchNorm1d, above)] if batch_norm else []
    return nn.Sequential(he_normal(nn.Linear(below, above)), *norm, activation())


def batch_norm_layer(kind: type[nn.Module], features: int) -> nn.Module:
    """Batch norm with the thesis' momentum, 0.99 in TensorFlow's convention, and epsilon."""
    return kind(features, momentum=0.01, eps=1e-3)


def he_normal(layer: nn.Linear | nn.Conv2d) -> nn.Linear | nn.Conv2d:
    """Initialise weights by He et al. (2015), a normal truncated at 2 deviations; biases zero."""
    # 0.8796 is the deviation of a unit normal truncated at +-2: weights keep variance 2 / fan-in.
    fan_in = nn.init._calculate_correct_fan(layer.weight, "fan_in")
    deviation = math.sqrt(2 / fan_in) / 0.87962566103423978
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    nn.init.zeros_(layer.bias)
    return layer


def output_shapes(blocks: Sequence[nn.Module], input_shape: Shape) -> list[Shape]:
    """Shape of one output, without the batch, of every block of a chain, found by trying."""
    shapes = []
    x = torch.zeros(1, *input_shape)
    with torch.no_grad():
        for block in blocks:
            training = block.training
            x = block.eval()(x)
            block.train(training)
            shapes.append(tuple(x.shape[1:]))
    return shapes
