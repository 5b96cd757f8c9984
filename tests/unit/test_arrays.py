"""A data set of one's own as NumPy arrays: read as it is, or refused with what is wrong."""

import hashlib

import numpy as np
import pytest
import torch

from associated_learning import registry
from associated_learning.data.arrays import ARRAYS, read
from associated_learning.data.load import load
from associated_learning.data.prepare import prepare
from associated_learning.errors import DataError

RANDOM = np.random.default_rng(0)


def arrays(**changes):
    """Four training and two test images of three classes; None leaves an array out."""
    found = {
        "train_images": RANDOM.integers(256, size=(4, 2, 8, 6), dtype=np.uint8),
        "train_labels": np.array([0, 1, 1, 0]),
        "test_images": RANDOM.integers(256, size=(2, 2, 8, 6), dtype=np.uint8),
        "test_labels": np.array([2, 0]),
    }
    return {name: array for name, array in (found | changes).items() if array is not None}


def written(folder, **changes):
    """Write them to a folder below, which is allowed; returns what was written."""
    (folder / "below").mkdir(exist_ok=True)
    some = arrays(**changes)
    np.savez(folder / "below/mine.npz", **some)
    return some


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_a_good_file_gives_its_arrays(tmp_path, kind):
    some = written(tmp_path, train_labels=np.array([0, 1, 1, 0], dtype=kind))
    tensors, description = read(tmp_path)
    assert tensors.keys() == set(ARRAYS)
    for name, tensor in tensors.items():
        assert (tensor.numpy() == some[name]).all()
        assert tensor.dtype == (torch.uint8 if "images" in name else torch.int64)
    assert description == {"classes": ["0", "1", "2"]}  # one is seen in the test set alone


def test_names_of_classes_are_those_of_the_file(tmp_path):
    written(tmp_path, classes=np.array(["cat", "dog", "none"]))
    assert read(tmp_path)[1] == {"classes": ["cat", "dog", "none"]}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_named(tmp_path, name):
    written(tmp_path, **{name: None})
    with pytest.raises(DataError, match=rf"mine\.npz lacks the arrays {name}$"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"train_images": np.zeros((4, 2, 8, 6))}, r"train_images.*torch\.float64"),
        ({"test_images": np.zeros((2, 8, 6), np.uint8)}, r"test_images.*\(2, 8, 6\)"),
        ({"train_labels": np.zeros(5, int)}, r"train_labels.*\(5,\)"),
        ({"test_labels": np.zeros((2, 3), int)}, r"test_labels.*\(2, 3\)"),
    ],
)
def test_a_wrong_type_or_shape_is_told(tmp_path, changes, found):
    written(tmp_path, **changes)
    with pytest.raises(DataError, match=f"must be uint8.*got.*|{found}") as error:
        read(tmp_path)
    assert error.match(found)


@pytest.mark.parametrize("count", [0, 2])
def test_no_file_or_two_are_refused(tmp_path, count):
    for k in range(count):
        np.savez(tmp_path / f"{k}.npz", **arrays())
    with pytest.raises(DataError, match=f"wants one .npz file, {count} are listed"):
        read(tmp_path)


def test_pickled_objects_are_never_loaded(tmp_path):
    written(tmp_path, train_labels=np.array([0, 1, 1, None], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read(tmp_path)


def test_it_is_prepared_like_every_other_data_set(tmp_path, monkeypatch):
    some = written(tmp_path)
    content = (tmp_path / "below/mine.npz").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    entry = {
        "classes": 3,
        "shape": list(some["train_images"].shape[1:]),
        "reader": "associated_learning.data.arrays.read",
        "preprocessing": {"standardise": True, "augment": False},
        "files": [{"path": "below/mine.npz", "bytes": len(content), "sha256": sha256}],
    }
    monkeypatch.setattr(registry, "datasets", lambda: {"mine": entry})
    prepare("mine", tmp_path, tmp_path / "out")
    data = load(tmp_path / "out", "mine")
    assert data.classes == ("0", "1", "2") and data.standardised
    assert (data.train_images.numpy() == some["train_images"]).all()
    mean = some["train_images"].mean(axis=0) / 255
    assert np.allclose(data.mean_image.numpy(), mean)
