"""What is looked at while a network trains: accuracies, and norms of gradients."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

TEST_BATCH = 500
GRADIENT_IMAGES = 500  # the first training images, on which norms of gradients are taken
# Networks are evaluated after every epoch and, as AL's components start within the first, here.
EVALUATED_STEPS = {digit * 10**power for power in range(1, 4) for digit in (1, 2, 5)} - {10, 20}


def prefix_accuracies(
    network: Any, images: Tensor, labels: Tensor, prepared: Callable[[Tensor], Tensor]
) -> list[float]:
    """Accuracy of every prefix of components.

    Parameters
    ----------
    network
        On the device where what `prepared` gives is.
    images, labels
        The test set: uint8 (N, channels, height, width), int64 (N,).
    prepared
        Brings images to the device, as the network's input.
    """
    network.eval()
    correct = 0
    with torch.inference_mode():
        for some, wanted in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH), strict=True):
            predictions = torch.stack(network.prefix_predictions(prepared(some)))
            correct = correct + (predictions.argmax(2) == wanted.to(predictions.device)).sum(1)
    network.train()
    return [right / len(labels) for right in correct.tolist()]


def gradient_norms(network: Any, x: Tensor, labels: Tensor) -> list[float]:
    """Norm of the loss's gradient by each forward layer's parameters, on x and its labels.

    0 where a layer does not learn.
    """
    # In training mode, as a step sees it; but batch norm's running statistics must not move.
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    losses = network.losses(x, labels)
    sum(loss for part in losses for loss in part).backward()
    norms = [
        torch.nn.utils.get_total_norm(gradients).item() if gradients else 0.0
        for gradients in map(_gradients, network.forward_layers())
    ]
    network.zero_grad(set_to_none=True)
    network.load_state_dict(buffers, strict=False)
    return norms


def _gradients(layer: torch.nn.Module) -> list[Tensor]:
    """Gradients of a layer, in double: squares of vanishing ones underflow in single precision."""
    return [p.grad.double() for p in layer.parameters() if p.grad is not None]
