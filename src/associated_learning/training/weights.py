"""The weights of a finished run in a file, with what images go through before they meet them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import safetensors.torch
from torch import Tensor, nn

from associated_learning.files import atomic_write

if TYPE_CHECKING:
    from associated_learning.data.load import Dataset

MEAN_IMAGE = "mean_image"  # a tensor in the file that is none of the network's
# One text of metadata: of several, safetensors would change the order, and with it the bytes.
DESCRIPTION = "images"


class Images(NamedTuple):
    """What a network was trained on, but for the images themselves."""

    mean_image: Tensor
    """Float32 (channels, height, width): mean of all training images / 255."""
    standardised: bool
    """Whether each image is standardised before it is shown to the network."""
    classes: tuple[str, ...]
    """Names of the classes, by label."""


def write(path: Path, network: nn.Module, data: Dataset) -> None:
    """Write a network's weights, and of its data set what `Images` holds."""
    tensors = {name: w.contiguous() for name, w in network.state_dict().items()}
    described = {"standardised": data.standardised, "classes": data.classes}
    with atomic_write(path) as partial:
        # Python's own writing: a full disk is then an OSError.
        partial.write_bytes(
            safetensors.torch.save(
                tensors | {MEAN_IMAGE: data.mean_image}, {DESCRIPTION: json.dumps(described)}
            )
        )


def read(path: Path) -> tuple[dict[str, Tensor], Images | None]:
    """A network's weights by name, and what its images go through; None in files of old.

    Tensors are mapped: what nobody uses is never read.
    """
    with safetensors.safe_open(path, framework="pt") as stored:
        tensors, metadata = stored.get_tensors(), stored.metadata()
    if MEAN_IMAGE not in tensors:
        return tensors, None
    described = json.loads(metadata[DESCRIPTION])
    classes = tuple(described["classes"])
    return tensors, Images(tensors.pop(MEAN_IMAGE), described["standardised"], classes)
