"""Activations of a trained network, layer by layer (thesis 3.3)."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from associated_learning import build
from associated_learning.data import images
from associated_learning.data.load import Dataset
from associated_learning.methods.base import Method
from associated_learning.training import weights

BATCH = 50  # images; bounds the memory that a layer takes within itself


def load_network(run: Path, data: Dataset) -> tuple[Method, dict[str, str]]:
    """Trained network of a run, ready to predict, and the run's config.

    Parameters
    ----------
    run
        Folder with metrics.json and weights.safetensors.
    data
        The data set it was trained on.

    Raises
    ------
    SystemExit
        A file is missing or damaged.
    """
    path = run / "metrics.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))["config"]
        network = build.build(
            config["arch"],
            config["method"],
            tuple(data.train_images.shape[1:]),
            len(data.classes),
            config["width"],
            config["target_width"],
        )
        # Its tensors give way to the file's: weights no prediction uses are never read.
        path = run / "weights.safetensors"
        network.load_state_dict(weights.read(path)[0], assign=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise SystemExit(
            f"error: {path} is missing or damaged ({type(error).__name__}: {reason}): delete it "
            "and train again"
        ) from error
    return network.eval(), config


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
