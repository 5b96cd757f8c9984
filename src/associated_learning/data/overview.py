"""A data set in small: what its figure and its table show (thesis 3.1)."""

import json
from pathlib import Path

import numpy as np
import safetensors.numpy

from associated_learning.files import atomic_write
from associated_learning.results import read


def overview(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Sizes and first images of a prepared data set.

    Parameters
    ----------
    path
        The prepared data set (see `prepare.prepare`).

    Returns
    -------
    tensors
        `train_sizes` and `test_sizes`, shape (classes,), how many images each class has; `images`,
        uint8, shape (N, channels, height, width), and their `labels`, shape (N,): the first ten
        training images of each class, or the first alone where classes form superclasses.
    metadata
        Those of the data set, its fingerprint and the SHA-256 of the official files among them.
    """
    with read.open_data(path) as data:
        metadata = data.metadata()
        classes = len(json.loads(metadata["classes"]))
        labels = data.get_tensor("train_labels")
        each = 1 if "superclasses" in metadata else 10
        chosen = np.concatenate([np.flatnonzero(labels == k)[:each] for k in range(classes)])
        images = data.get_slice("train_images")
        tensors = {
            "train_sizes": np.bincount(labels, minlength=classes),
            "test_sizes": np.bincount(data.get_tensor("test_labels"), minlength=classes),
            "images": np.concatenate([images[int(i) : int(i) + 1] for i in chosen]),
            "labels": labels[chosen],
        }
    return tensors, metadata


def write(path: Path, out: Path) -> None:
    """Write the overview of a prepared data set as a small safetensors file."""
    tensors, metadata = overview(path)
    with atomic_write(out) as partial:
        partial.write_bytes(safetensors.numpy.save(tensors, metadata))
