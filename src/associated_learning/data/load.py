"""Prepared data sets, read back and verified."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from associated_learning import registry
from associated_learning.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Dataset:
    """A prepared data set.

    Attributes
    ----------
    name : str
        A name of config/datasets/.
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
    standardised : bool
        Whether each image is standardised before it is shown to a network.
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
    standardised: bool
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
        A name of config/datasets/.

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

    if folder.is_file():
        raise DataError(f"--data {folder}: it is a file; name the folder that it lies in")
    path = folder / f"{dataset}.safetensors"
    again = f"Delete it and prepare it again. {_preparation(folder, dataset)}"
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = dict(stored.metadata() or {})
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        said = f"{path} is not there. {_preparation(folder, dataset)}, or name its folder by --data"
        raise DataError(said) from error
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} cannot be read ({error}). {again}") from error
    fingerprint = metadata.pop("fingerprint", "none")
    if metadata.get("dataset") != dataset or fingerprint != fingerprint_of(tensors, metadata):
        raise DataError(f"{path} is damaged: it does not have its fingerprint. {again}")
    described = {key: json.loads(v) for key, v in metadata.items() if key != "dataset"}
    names = {key: tuple(v) for key, v in described.items() if isinstance(v, list)}
    return Dataset(
        name=dataset,
        **tensors,
        classes=names["classes"],
        superclasses=names.get("superclasses"),
        coarse_labels=names.get("coarse_labels"),
        standardised=described["preprocessing"]["standardise"],
        fingerprint=fingerprint,
    )


def load_file(path: Path) -> Dataset:
    """Read a prepared data set by the path of its file (see `load`)."""
    if path.is_dir():
        raise DataError(f"--data {path}: it is a folder; name the file of a data set in it")
    return load(path.parent, path.stem)


def _preparation(folder: Path, dataset: str) -> str:
    """What prepares a data set, and where."""
    folder, snakefile = folder.resolve(), registry.CONFIG.parent / "Snakefile"
    if not (snakefile.exists() and folder.parts[-2:] == ("data", "prepared")):
        command = f"python -m associated_learning prepare --dataset {dataset} --raw RAW"
        out = shlex.quote(str(folder))
        return f"{command} --out {out}, where RAW is the folder of its official files"
    working = folder.parents[1]
    there = "" if working == snakefile.parent else f" --snakefile {shlex.quote(str(snakefile))}"
    return f"In {working}: snakemake{there} --cores 1 data/prepared/{dataset}.safetensors"


def fingerprint_of(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    """SHA-256 of a prepared data set, but for the fingerprint itself."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().numpy())
    return digest.hexdigest()
