"""What is looked at while a network trains: accuracies, and norms of gradients."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

TEST_BATCH = 500
GRADIENT_IMAGES = 500  # the first training images, on which norms of gradients are taken
# Looked at early, as AL's components start within the first epoch: 50, 100, 200, 500, ...
EARLY_STEPS = sorted(digit * 10**power for power in range(1, 5) for digit in (1, 2, 5))[2:]
EARLY_IMAGES = 2000  # test images that are looked at then, at most
FEW_IMAGES = 500  # and at least: there are fewer early looks where a run is too short for that
EPOCHS = 10  # epochs at most after which all test images are looked at
# Images that may be looked at, per image trained on. To look at one costs a tenth to a third of
# what it costs to train on one (measured on the laptop scale's networks): a tenth of a run's time.
SHARE = 0.3


def looks(total_steps: int, steps_per_epoch: int, batch_size: int, images: int) -> dict[int, int]:
    """After which steps a run is evaluated, and on how many test images.

    All test images after the last step, whatever they cost. Of `SHARE` of the images trained on, as
    far as it goes: some test images after early steps, as many after each, and all after epochs,
    ten at most, spread evenly.

    Parameters
    ----------
    total_steps, steps_per_epoch, batch_size
        Of the run. Its last epoch may be shorter.
    images
        In the test set.

    Returns
    -------
    dict
        Number of images by step, in order.
    """
    left = SHARE * total_steps * batch_size - images
    most, least = min(EARLY_IMAGES, images), min(FEW_IMAGES, images)
    steps = [step for step in EARLY_STEPS if step < total_steps]
    count = min(len(steps), max(0, int(left // least)))
    some = min(most, int(left // count)) if count else 0
    early = dict.fromkeys(steps[len(steps) - count :], some)
    left -= count * some
    epochs = -(-total_steps // steps_per_epoch)
    count = 1 + max(0, min(EPOCHS, epochs, 1 + int(left // images)) - 1)
    ends = [-(-epochs * k // count) * steps_per_epoch for k in range(1, count)]
    return dict(sorted((early | dict.fromkeys([*ends, total_steps], images)).items()))


def evenly(images: Tensor, count: int) -> Tensor:
    """So many of some images or labels, evenly spaced: the first of a test set may be easier."""
    return images[torch.arange(count) * len(images) // count]


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
            predictions = torch.stack([*network.prefix_predictions(prepared(some))])
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
