"""Activations of a trained network, layer by layer (thesis 3.3)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from associated_learning import trained
from associated_learning.data import images
from associated_learning.data.load import Dataset
from associated_learning.methods.base import Method
from associated_learning.trained import Trained

BATCH = 50  # images; bounds the memory that a layer takes within itself


def load(run: Path, data: Dataset) -> Trained:
    """Trained network of a run, for the commands that measure it.

    Parameters
    ----------
    run
        Folder of a finished training.
    data
        What it is to be measured on.

    Raises
    ------
    SystemExit
        It cannot be loaded (see `trained.load`), or was trained on another data set.
    """
    try:
        found = trained.load(run)
    except trained.LoadError as error:
        raise SystemExit(f"error: {error}") from error
    of = found.metrics["config"]["dataset"]
    if of != data.name:
        raise SystemExit(f"error: {run} was trained on {of}; --data is {data.name}")
    return found


@torch.inference_mode()
def layers(
    network: Method,
    data: Dataset,
    samples: int | slice | None = None,
    label: int | None = None,
    training: bool = False,
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and activations, (samples, features), of `input` and every layer for some images.

    Parameters
    ----------
    network
        In evaluation mode.
    data
        Its test images are taken.
    samples
        The first so many of them, or those of a slice.
    label
        Only of this class.
    training
        Take training images instead, prepared as test images are: none is augmented.

    Yields
    ------
    One layer after the other, float32. Two are in memory at a time, this and the one before.
    """
    chosen, labels = data.test_images, data.test_labels
    if training:
        chosen, labels = data.train_images, data.train_labels
    if label is not None:
        chosen = chosen[labels == label]
    some = samples if isinstance(samples, slice) else slice(samples)
    x = images.prepare(chosen[some], data.mean_image, data.standardised)
    yield "input", x.flatten(1).numpy()
    for name, layer in network.inference_path():
        above = x.new_empty(len(x), *layer(x[:1]).shape[1:])
        for before, after in zip(x.split(BATCH), above.split(BATCH), strict=True):
            after[:] = layer(before)
        x = above
        yield name, x.flatten(1).numpy()
