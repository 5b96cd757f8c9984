"""CIFAR-100 with its superclasses, which torchvision does not read."""

import pickle
from pathlib import Path
from typing import Any

import torch
import torchvision.datasets

from associated_learning.data.prepare import torchvision_tensors
from associated_learning.errors import DataError


def read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Images, labels, classes; `superclasses`, and `coarse_labels`, the one of each class.

    Raises
    ------
    DataError
        A class stands under more than one superclass.
    """
    tensors, description = torchvision_tensors(torchvision.datasets.CIFAR100, folder)
    train, test, meta = (
        pickle.loads((folder / "cifar-100-python" / name).read_bytes(), encoding="latin1")
        for name in ("train", "test", "meta")
    )
    pairs = set(zip(train["fine_labels"], train["coarse_labels"], strict=True))
    pairs |= set(zip(test["fine_labels"], test["coarse_labels"], strict=True))
    coarse_labels = dict(pairs)
    if len(coarse_labels) != len(pairs):
        raise DataError("a class stands under more than one superclass")
    return tensors, description | {
        "superclasses": meta["coarse_label_names"],
        "coarse_labels": [coarse_labels[label] for label in range(len(coarse_labels))],
    }
