"""A data set of one's own, as NumPy arrays in one .npz file: the shortest way to bring one."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from associated_learning.errors import DataError

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read the one .npz file below a folder.

    Its arrays: `train_images` and `test_images` uint8 (N, channels, height, width), `train_labels`
    and `test_labels` integers (N,) from 0, and optionally `classes`, their names.

    Raises
    ------
    DataError
        There is not one such file, or an array is missing or has another type or shape.
    """
    found = sorted(folder.rglob("*.npz"))
    if len(found) != 1:
        raise DataError(f"the reader of arrays wants one .npz file, {len(found)} are listed")
    with np.load(found[0], allow_pickle=False) as arrays:
        if missing := [name for name in ARRAYS if name not in arrays]:
            raise DataError(f"{found[0].name} lacks the arrays {', '.join(missing)}")
        tensors = {name: torch.from_numpy(arrays[name]) for name in ARRAYS}
        names = arrays["classes"].tolist() if "classes" in arrays else None
    for split in ("train", "test"):
        images, labels = tensors[f"{split}_images"], tensors[f"{split}_labels"].long()
        if images.dtype != torch.uint8 or images.ndim != 4 or labels.shape != images.shape[:1]:
            raise DataError(
                f"{found[0].name}: {split}_images must be uint8 (N, channels, height, width) and "
                f"{split}_labels (N,); got {images.dtype} {tuple(images.shape)} and "
                f"{tuple(labels.shape)}"
            )
        tensors[f"{split}_labels"] = labels
    classes = 1 + int(max(tensors[f"{split}_labels"].max() for split in ("train", "test")))
    return tensors, {"classes": names or [str(k) for k in range(classes)]}
