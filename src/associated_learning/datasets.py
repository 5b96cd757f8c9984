"""The data sets of thesis 3.1: verified, prepared once into tensors, read back.

`data_files.csv` names every official file with its SHA-256 and addresses; `download` fetches them.
No byte is used before its SHA-256 has been found right.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from associated_learning.files import whole

if TYPE_CHECKING:
    from torch import Tensor


class DataError(SystemExit):
    """Data that cannot be had or trusted: ends any command with a message that says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"error: {message}")


# ---------------------------------------------------------------------------- official files


@dataclass(frozen=True)
class DataFile:
    """A row of `data_files.csv`: a file to fetch, or a member of an archive.

    Attributes
    ----------
    dataset : str
        The data set it belongs to.
    path : str
        Path below the raw data folder, in torchvision's layout.
    archive : str
        Path of the archive it is a member of, empty if it is fetched itself.
    size : int
        Size in bytes.
    sha256 : str
        SHA-256 of its bytes, in hexadecimal.
    addresses : tuple of str
        Where to fetch it from, the primary address first.
    """

    dataset: str
    path: str
    archive: str
    size: int
    sha256: str
    addresses: tuple[str, ...]


def _read_table(path: Path) -> list[DataFile]:
    with path.open(newline="") as stream:
        return [
            DataFile(
                dataset=row["dataset"],
                path=row["path"],
                archive=row["archive"],
                size=int(row["bytes"]),
                sha256=row["sha256"],
                addresses=tuple(row["addresses"].split()),
            )
            for row in csv.DictReader(stream)
        ]


DATA_FILES = _read_table(Path(__file__).with_name("data_files.csv"))
DOWNLOADED = tuple(dict.fromkeys(file.dataset for file in DATA_FILES))
DATASETS = ("digits", *DOWNLOADED)


# ---------------------------------------------------------------------------- prepare


def prepare(dataset: str, raw: Path, out: Path) -> Path:
    """Write a data set as the tensors of `{out}/{dataset}.safetensors`.

    Parameters
    ----------
    dataset : str
        One of `DATASETS`.
    raw : Path
        Folder of the official files, in torchvision's layout; not read for digits.
    out : Path
        Folder of the prepared files.

    Returns
    -------
    Path
        The file written. Its tensors: `train_images` and `test_images` uint8 (N, channels, height,
        width), `train_labels` and `test_labels` int64 (N,), `mean_image` float32 (channels, height,
        width), the mean of the training images / 255. Its metadata (JSON, except the first two):
        `dataset`, `fingerprint`, `classes`, `sources` (SHA-256 by file) and, for cifar100,
        `superclasses` and `coarse_labels` (the superclass of each class).

    Raises
    ------
    DataError
        If an official file is missing or has wrong bytes, or the folder cannot be written.
    """
    import numpy as np
    import safetensors.torch
    import torch

    target = out / f"{dataset}.safetensors"
    with whole(target) as part:
        if dataset == "digits":
            tensors, description = _digits()
        else:
            with tempfile.TemporaryDirectory(dir=out, prefix=f".{dataset}.") as copies:
                tensors, description = _parse_official(dataset, raw, Path(copies))
        # Sums of integers are exact in float64: the same mean on every machine.
        mean = tensors["train_images"].numpy().mean(axis=0, dtype=np.float64) / 255
        tensors["mean_image"] = torch.as_tensor(mean).float()
        metadata = {"dataset": dataset}
        metadata |= {key: json.dumps(value) for key, value in description.items()}
        metadata["fingerprint"] = _fingerprint(tensors, metadata)
        part.write_bytes(safetensors.torch.save(tensors, metadata))
    return target


def _digits() -> tuple[dict[str, Tensor], dict[str, Any]]:
    """scikit-learn's digits, 8 x 8 brought to 16 x 16 so that the four poolings of VGG fit."""
    from importlib.resources import files

    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = torch.as_tensor(digits.images * (255 / 16)).round().to(torch.uint8)  # 0..16 to 0..255
    images = images.unsqueeze(1).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    labels = torch.as_tensor(digits.target, dtype=torch.int64)
    train, test = train_test_split(
        range(len(labels)), test_size=300, stratify=labels, random_state=0
    )
    tensors = {
        "train_images": images[train],
        "train_labels": labels[train],
        "test_images": images[test],
        "test_labels": labels[test],
    }
    bundled = files("sklearn.datasets.data") / "digits.csv.gz"
    return tensors, {
        "classes": [str(name) for name in digits.target_names],
        "sources": {bundled.name: hashlib.sha256(bundled.read_bytes()).hexdigest()},
    }


def _parse_official(
    dataset: str, raw: Path, copies: Path
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the official files with torchvision's reader, from copies of the verified bytes."""
    import torch
    import torchvision.datasets

    files = [file for file in DATA_FILES if file.dataset == dataset]
    archives = {file.archive for file in files}
    files = [file for file in files if file.path not in archives]
    for file in files:
        content = _verified_bytes(file, raw)
        copy = copies / file.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if copy.suffix == ".gz":
            copy, content = copy.with_suffix(""), gzip.decompress(content)
        copy.write_bytes(content)

    reader = getattr(torchvision.datasets, dataset.upper())
    tensors: dict[str, Tensor] = {}
    for split in ("train", "test"):
        official = reader(copies, train=split == "train", download=False)
        images = torch.as_tensor(official.data)
        images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
        tensors[f"{split}_images"] = images.contiguous()
        tensors[f"{split}_labels"] = torch.as_tensor(official.targets, dtype=torch.int64)
    description: dict[str, Any] = {
        # torchvision calls MNIST's classes "0 - zero" and so on.
        "classes": [name.partition(" - ")[0] for name in official.classes],
        "sources": {file.path: file.sha256 for file in files},
    }
    if dataset == "cifar100":
        description |= _superclasses(copies / "cifar-100-python")
    return tensors, description


def _verified_bytes(file: DataFile, raw: Path) -> bytes:
    path = raw / file.path
    repair = f"python -m associated_learning.commands.download --dataset {file.dataset} --raw {raw}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Fetch it: {repair}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataError(
            f"{path} has wrong bytes and was not read: expected SHA-256 {file.sha256} ({file.size}"
            f" bytes), found {found} ({len(content)} bytes). Set it aside and fetch it: {repair}"
        )
    return content


def _superclasses(folder: Path) -> dict[str, Any]:
    """CIFAR-100's superclasses, which torchvision does not read, and the one of each class."""
    train, test, meta = (
        pickle.loads((folder / name).read_bytes(), encoding="latin1")
        for name in ("train", "test", "meta")
    )
    pairs = set(zip(train["fine_labels"], train["coarse_labels"], strict=True))
    pairs |= set(zip(test["fine_labels"], test["coarse_labels"], strict=True))
    coarse_labels = dict(pairs)
    if len(coarse_labels) != len(pairs):
        raise DataError("cifar100: a class stands under more than one superclass")
    return {
        "superclasses": meta["coarse_label_names"],
        "coarse_labels": [coarse_labels[label] for label in range(len(coarse_labels))],
    }


def _fingerprint(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().numpy())
    return digest.hexdigest()


# ---------------------------------------------------------------------------- load


@dataclass(frozen=True, eq=False)
class Dataset:
    """A prepared data set.

    Attributes
    ----------
    name : str
        One of `DATASETS`.
    train_images, test_images : Tensor
        uint8 (N, channels, height, width).
    train_labels, test_labels : Tensor
        int64 (N,).
    mean_image : Tensor
        float32 (channels, height, width): mean of all training images / 255.
    classes : tuple of str
        Names of the classes, by label.
    superclasses : tuple of str or None
        Names of cifar100's superclasses.
    coarse_labels : tuple of int or None
        The superclass of each class, for cifar100.
    fingerprint : str
        SHA-256 of tensors and metadata.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean_image: Tensor
    classes: tuple[str, ...]
    superclasses: tuple[str, ...] | None
    coarse_labels: tuple[int, ...] | None
    fingerprint: str


def load(folder: Path, dataset: str) -> Dataset:
    """Read a prepared data set, and verify its fingerprint.

    Verifying is most of the time: about 0.15 s for the 185 MB of a CIFAR (measured on one core that
    has instructions for SHA-256), more where the machine is busy or has none.

    Parameters
    ----------
    folder : Path
        Folder of the prepared files.
    dataset : str
        One of `DATASETS`.

    Returns
    -------
    Dataset
        Its tensors and names.

    Raises
    ------
    DataError
        If the file is missing, truncated or damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / f"{dataset}.safetensors"
    again = (
        "Delete it, if it is there, and prepare it again: python -m"
        f" associated_learning.commands.prepare --dataset {dataset} --raw DIR --out {folder}"
    )
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = dict(stored.metadata() or {})
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} cannot be read ({error}). {again}") from error
    fingerprint = metadata.pop("fingerprint", "none")
    if metadata.get("dataset") != dataset or fingerprint != _fingerprint(tensors, metadata):
        raise DataError(f"{path} is damaged: it does not have its fingerprint. {again}")
    del metadata["dataset"], metadata["sources"]
    names = {key: tuple(json.loads(value)) for key, value in metadata.items()}
    return Dataset(
        name=dataset,
        **tensors,
        classes=names["classes"],
        superclasses=names.get("superclasses"),
        coarse_labels=names.get("coarse_labels"),
        fingerprint=fingerprint,
    )
