"""The data sets of thesis 3.1, prepared once into tensors.

A data set's file in config/datasets/ names every official file with its SHA-256 and addresses, and
the reader of their format; `download` fetches them. No byte is used before its SHA-256 has been
found right.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from associated_learning import registry
from associated_learning.data.load import fingerprint_of
from associated_learning.errors import DataError
from associated_learning.files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

Tensors = dict[str, "Tensor"]


def prepare(dataset: str, raw: Path, out: Path) -> Path:
    """Write a data set as the tensors of `{out}/{dataset}.safetensors`.

    Parameters
    ----------
    dataset : str
        A name of config/datasets/.
    raw : Path
        Folder of the official files, in torchvision's layout.
    out : Path
        Folder of the prepared files.

    Returns
    -------
    Path
        The file written. Its tensors: `train_images` and `test_images` uint8 (N, channels, height,
        width), `train_labels` and `test_labels` int64 (N,), `mean_image` float32 (channels, height,
        width), the mean of the training images / 255. Its metadata (JSON, except the first two):
        `dataset`, `fingerprint`, `classes`, `sources` (SHA-256 by file), `preprocessing` and, where
        classes form superclasses, `superclasses` and `coarse_labels` (the superclass of each).

    Raises
    ------
    DataError
        If an official file is missing or has wrong bytes, if what it holds is not as the data
        set's file says, or if the folder cannot be written.
    """
    import numpy as np
    import safetensors.torch
    import torch

    entry = registry.datasets()[dataset]
    target = out / f"{dataset}.safetensors"
    with atomic_write(target) as part:
        with tempfile.TemporaryDirectory(dir=out, prefix=f".{dataset}.") as folder:
            sources = _copy_verified(dataset, entry, raw, Path(folder))
            tensors, description = _read(entry["reader"], Path(folder))
        _check(dataset, entry, tensors, description)
        # Sums of integers are exact in float64: the same mean on every machine.
        mean = tensors["train_images"].numpy().mean(axis=0, dtype=np.float64) / 255
        tensors["mean_image"] = torch.as_tensor(mean).float()
        description = {"sources": sources, "preprocessing": entry["preprocessing"]} | description
        metadata = {"dataset": dataset}
        metadata |= {key: json.dumps(value) for key, value in description.items()}
        metadata["fingerprint"] = fingerprint_of(tensors, metadata)
        part.write_bytes(safetensors.torch.save(tensors, metadata))
    return target


def _check(
    dataset: str, entry: dict[str, Any], tensors: Tensors, description: dict[str, Any]
) -> None:
    """Refuse data that are not as the data set's file says: chance and shapes hang on it."""
    found = {
        "classes": len(description["classes"]),
        "shape": list(tensors["train_images"].shape[1:]),
    }
    found["train_images"] = len(tensors["train_images"])
    for key, value in found.items():
        if value != entry.get(key, value):
            raise DataError(
                f"config/datasets/{dataset}.yaml says {key}: {entry[key]}, its files hold {value}:"
                " mend the one or the other"
            )


def torchvision_tensors(reader: type, folder: Path) -> tuple[Tensors, dict[str, Any]]:
    """Images and labels by torchvision's reader of a data set, and the names of its classes."""
    import torch

    tensors: Tensors = {}
    for split in ("train", "test"):
        official = reader(folder, train=split == "train", download=False)
        images = torch.as_tensor(official.data)
        images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
        tensors[f"{split}_images"] = images.contiguous()
        tensors[f"{split}_labels"] = torch.as_tensor(official.targets, dtype=torch.int64)
    # torchvision calls MNIST's classes "0 - zero" and so on.
    return tensors, {"classes": [name.partition(" - ")[0] for name in official.classes]}


def _read(reader: str, folder: Path) -> tuple[Tensors, dict[str, Any]]:
    """Read verified files by the function, or torchvision's class, of a dotted name."""
    module, _, name = reader.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    return torchvision_tensors(found, folder) if isinstance(found, type) else found(folder)


def _copy_verified(dataset: str, entry: dict[str, Any], raw: Path, folder: Path) -> dict[str, str]:
    """Copy the official files, unpacked if gzipped, into a folder; their SHA-256 by name."""
    archives = {file.get("archive") for file in entry["files"]}
    files = [file for file in entry["files"] if file["path"] not in archives]
    for file in files:
        content = _verified_bytes(dataset, file, raw)
        copy = folder / file["path"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        if copy.suffix == ".gz":
            copy, content = copy.with_suffix(""), gzip.decompress(content)
        copy.write_bytes(content)
    return {file["path"]: file["sha256"] for file in files}


def _verified_bytes(dataset: str, file: dict[str, Any], raw: Path) -> bytes:
    path = raw / file["path"]
    repair = f"python -m associated_learning download --dataset {dataset} --raw {raw}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Fetch it: {repair}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != file["sha256"]:
        raise DataError(
            f"{path} has wrong bytes and was not read: expected SHA-256 {file['sha256']} "
            f"({file['bytes']} bytes), found {found} ({len(content)} bytes). Set it aside and "
            f"fetch it: {repair}"
        )
    return content
