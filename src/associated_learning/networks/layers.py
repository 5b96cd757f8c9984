"""Layers, and their initialisation, that networks and methods share (thesis appendix A).

Feature maps lie in memory with channels last, as in the published code; so do the weights of
convolutions, which is what tells torch. Shapes are torch's, (batch, channels, height, width).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from associated_learning.networks.protocol import Activation, Shape

Layer = nn.Linear | nn.Conv2d


def he_normal(layer: Layer) -> Layer:
    """Initialise weights by He et al. (2015), a normal truncated at 2 deviations; biases zero."""
    # 0.8796 is the deviation of a unit normal truncated at +-2: weights keep variance 2 / fan-in.
    fan_in = nn.init._calculate_correct_fan(layer.weight, "fan_in")
    deviation = math.sqrt(2 / fan_in) / 0.87962566103423978
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    nn.init.zeros_(layer.bias)
    return layer


def glorot_uniform(layer: Layer, gain: float = 1.0) -> Layer:
    """Initialise weights by Glorot and Bengio (2010), times `gain`; biases zero."""
    nn.init.xavier_uniform_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def glorot_sigmoid(layer: Layer) -> Layer:
    """Glorot's initialisation for sigmoids: times 4 (Glorot and Bengio 2010)."""
    return glorot_uniform(layer, 4.0)


def dense(
    below: int,
    above: int,
    activation: Activation,
    batch_norm: bool = False,
    initialise: Callable[[Layer], Layer] = he_normal,
) -> nn.Sequential:
    """Fully connected layer, (batch, below) to (batch, above); batch norm if asked for.

    Raises
    ------
    ValueError
        It would have no inputs or no outputs.
    """
    if min(below, above) < 1:
        raise ValueError(f"a dense layer of {below} inputs and {above} outputs; allowed: from 1 up")
    # In small layers Python takes longer than the products; rows that are not whole vectors of a
    # processor's cost copies.
    wide = below * above >= (2**20 if above % 8 == 0 else 2**23)
    layer = initialise((WideLinear if wide else nn.Linear)(below, above))
    norm = [batch_norm_layer(nn.BatchNorm1d, above)] if batch_norm else []
    return nn.Sequential(layer, *norm, activation())


class WideLinear(nn.Linear):
    """`nn.Linear` whose products are quick on a CPU for batches that are small beside the layer.

    Its weight, (out, in) as in torch, lies in memory as (in, out). The gradient of the input, and
    where there are several threads the output, are computed the other way round: as a product of
    many rows and few columns, which the threads can share.
    """

    def __init__(self, below: int, above: int) -> None:
        super().__init__(below, above)
        self.weight = nn.Parameter(self.weight.detach().t().contiguous().t())

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in) to (batch, out)."""
        if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        return _Product.apply(x, self.weight.t(), self.bias)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        if torch.get_num_threads() == 1:
            return torch.addmm(bias, x, weight)
        return torch.addmm(bias[:, None], weight.t(), x.t()).t().contiguous()

    @staticmethod
    def backward(context: Any, above: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = context.saved_tensors
        below = (weight @ above.t()).t().contiguous() if context.needs_input_grad[0] else None
        # Rows that are not whole vectors of a processor's are slow to write.
        whole = F.pad(above, (0, -above.shape[1] % 16))
        return below, (x.t() @ whole)[:, : above.shape[1]], above.sum(0)


class Flatten(nn.Module):
    """Feature maps or vectors to vectors; a map by height, width, channel, as it lies in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) or any other shape to (batch, features)."""
        return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding: an odd pixel goes behind the image, not before.

    So an image of n pixels gives ceil(n / stride), and where n is even and the stride 2, windows
    begin at pixels 0, 2, 4, ... instead of -1, 1, 3, ...
    """

    def forward(self, x: Tensor) -> Tensor:
        """(batch, below, height, width) to (batch, above, height / stride, width / stride)."""
        if self.kernel_size == (1, 1):
            # Torch's own strides corrupt memory here where channels lie last and are fewer than 8.
            x, strides = x[:, :, :: self.stride[0], :: self.stride[1]], (1, 1)
        else:
            strides = self.stride
        pads = [
            max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            for size, stride, kernel in zip(x.shape[2:], strides, self.kernel_size, strict=True)
        ]
        if any(pad % 2 for pad in pads):
            rows, columns = pads
            sides = columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
            x, pads = F.pad(x, sides), [0, 0]
        return F.conv2d(x, self.weight, self.bias, strides, [pad // 2 for pad in pads])


class BatchNorm2d(nn.BatchNorm2d):
    """Batch norm; of few channels by way of maps with channels first, which is twice as quick."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width), all that it takes and gives."""
        if self.num_features >= 8:
            return super().forward(x)
        return super().forward(x.contiguous()).contiguous(memory_format=torch.channels_last)


def convolution(
    below: int,
    above: int,
    activation: Activation,
    stride: int = 1,
    kernel: int = 3,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Convolution, SAME padding, He initialised; batch norm if asked for; activation."""
    layer = he_normal(SameConv2d(below, above, kernel, stride=stride))
    norm = [batch_norm_layer(BatchNorm2d, above)] if batch_norm else []
    return nn.Sequential(layer.to(memory_format=torch.channels_last), *norm, activation())


def scaled(channels: int, width: float) -> int:
    """Channels, or units, times the width factor; at least one."""
    return max(1, round(channels * width))


def batch_norm_layer(kind: type[nn.Module], features: int) -> nn.Module:
    """Batch norm with the thesis' momentum, 0.99 in TensorFlow's convention, and epsilon."""
    return kind(features, momentum=0.01, eps=1e-3)


class First(nn.Module):
    """The first of several tensors: of a recurrent layer the sequence, without the last state."""

    def forward(self, given: tuple[Tensor, ...]) -> Tensor:
        """(sequence, state) to the sequence."""
        return given[0]


def chained(blocks: Sequence[nn.Module], example: Tensor | Shape) -> list[tuple[nn.Module, Tensor]]:
    """Blocks that give one tensor each, and what they give for a few samples, found by trying.

    Parameters
    ----------
    blocks
        Each fed with what the one before gives; of a tuple, with its first element.
    example
        A batch of inputs, (batch, ...), of any dtype; or the shape of one input, without the batch,
        for inputs of the dtype of the blocks' parameters.

    Returns
    -------
    Pairs of a block, with `First` behind it where it gives a tuple, and its output, (samples, ...):
    what is put behind the block is of that shape, and `.to` that dtype and device.

    Raises
    ------
    ValueError
        There is no block, or one does not take or give the batch as the first dimension.
    TypeError
        The blocks are no list of modules. A block gives neither a tensor nor a tuple that begins
        with one, or the blocks do not give floats of one dtype on one device. The example is
        neither a tensor nor a shape.
    """
    kind, allowed = type(blocks).__name__, "allowed: a list of torch.nn.Module"
    if not isinstance(blocks, Iterable):
        raise TypeError(f"blocks: a {kind}; {allowed}")
    blocks = list(blocks)
    for k, block in enumerate(blocks):
        if not isinstance(block, nn.Module):
            raise TypeError(f"blocks: a {kind} with a {type(block).__name__} at {k}; {allowed}")
    if not blocks:
        raise ValueError("the list of blocks is empty: a network needs at least one")
    modes = [(module, module.training) for block in blocks for module in block.modules()]
    x, found = _samples(blocks, example), []
    try:
        with torch.no_grad():
            for k, block in enumerate(blocks):
                try:
                    y = block.eval()(x)
                except Exception as error:
                    error.add_note(f"blocks[{k}] was tried on {tuple(x.shape)}")
                    raise
                if isinstance(y, tuple):
                    block, y = nn.Sequential(block, First()), y[0]
                if not isinstance(y, Tensor):
                    raise TypeError(
                        f"blocks[{k}] gives a {type(y).__name__}: put it into a module that gives "
                        "one tensor, (batch, ...)"
                    )
                if y.ndim < 2 or len(y) != len(x) or _mixes(block, x, y):
                    raise ValueError(
                        f"blocks[{k}], {tuple(x.shape)} to {tuple(y.shape)}, does not keep the "
                        "batch as the first of several dimensions: recurrent and attention layers "
                        "need batch_first=True and (batch, time, features)"
                    )
                if not y.is_floating_point() or (k and (y.dtype, y.device) != (x.dtype, x.device)):
                    raise TypeError(
                        f"blocks[{k}] gives {y.dtype} on {y.device}: all blocks must give floats "
                        "of one dtype on one device"
                    )
                found.append((block, y))
                x = y
    finally:
        for module, training in modes:
            module.training = training
    return found


def _samples(blocks: Sequence[nn.Module], example: Tensor | Shape, count: int = 5) -> Tensor:
    """Inputs, (count, ...), on the device of the blocks' parameters."""
    parameters = (p for block in blocks for p in block.parameters() if p.is_floating_point())
    if isinstance(example, Tensor):
        if not example.ndim or not len(example):
            raise ValueError(f"example: {tuple(example.shape)}; allowed: a batch, (1 or more, ...)")
        rows = [k % len(example) for k in range(count)]
        return example[rows].to(next(parameters, example).device)
    shape = example if isinstance(example, tuple | list) else [0]
    if not all(isinstance(size, Integral) and size > 0 for size in shape):
        raise TypeError(
            f"example: a {type(example).__name__}; allowed: a tensor, (batch, ...), or the shape of"
            " one input, whole numbers from 1 up"
        )
    # Between 0 and 1 and all different, without a random draw.
    x = torch.arange(count * math.prod(example), device="cpu").sin().square()
    return x.view(count, *example).to(next(parameters, torch.empty(0)))


def _mixes(block: nn.Module, x: Tensor, y: Tensor) -> bool:
    """Whether a recurrent or attention layer takes the samples for a sequence.

    Then the last one alone does not give what it gave behind the others. Tensors of the meta device
    do not tell.
    """
    if y.is_meta or not any(hasattr(module, "batch_first") for module in block.modules()):
        return False
    apart = (block(x[-1:]) - y[-1:]).abs().max()
    return bool(apart > 0.1 * y.abs().max())
