"""scikit-learn's digits: nothing to fetch, so the smoke scale needs no network."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Images of 8 x 8 brought to 16 x 16 so that the four poolings of VGG fit; 300 to test on."""
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
