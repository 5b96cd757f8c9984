"""Data sets as tensors: what is prepared, and that nothing untrusted or damaged is read."""

import json
import os
import pickle
import shutil
from pathlib import Path

import hypothesis
import pytest
import torch
from hypothesis import strategies as st
from safetensors import safe_open
from sklearn.datasets import load_digits
from torchvision.datasets import CIFAR10, CIFAR100, MNIST

from associated_learning import registry
from associated_learning.commands import prepare as command
from associated_learning.data.download import official_files
from associated_learning.data.load import Dataset, load
from associated_learning.data.prepare import prepare
from associated_learning.errors import DataError

RAW = Path(__file__).parents[2] / "data/raw"


# ---------------------------------------------------------------------------- digits


def test_digits_have_1497_training_and_300_test_images_of_16_by_16(digits: Dataset) -> None:
    assert digits.train_images.shape == (1497, 1, 16, 16)
    assert digits.test_images.shape == (300, 1, 16, 16)
    assert digits.train_images.dtype == digits.test_images.dtype == torch.uint8
    assert digits.train_labels.dtype == digits.test_labels.dtype == torch.int64
    assert digits.classes == tuple("0123456789")
    assert digits.superclasses is digits.coarse_labels is None


def test_every_one_of_scikit_learns_digits_is_there_once_with_its_label(digits: Dataset) -> None:
    images = torch.cat([digits.train_images, digits.test_images])
    labels = torch.cat([digits.train_labels, digits.test_labels])
    small = (images[:, 0, ::2, ::2].double() * 16 / 255).round().int()
    ours = sorted(
        (*image.flatten().tolist(), label)
        for image, label in zip(small, labels.tolist(), strict=True)
    )
    official = load_digits()
    theirs = sorted(
        (*image.astype(int), label)
        for image, label in zip(official.data, official.target, strict=True)
    )
    assert ours == theirs


def test_a_digits_pixel_becomes_two_by_two_equal_ones_up_to_255(digits: Dataset) -> None:
    images = digits.train_images
    for row, column in ((0, 1), (1, 0), (1, 1)):
        assert torch.equal(images[..., ::2, ::2], images[..., row::2, column::2])
    assert (images.min(), images.max()) == (0, 255)


def test_the_digits_split_is_stratified(digits: Dataset) -> None:
    whole = torch.cat([digits.train_labels, digits.test_labels]).bincount()
    expected = whole * 300 / 1797
    assert (digits.test_labels.bincount() - expected).abs().max() <= 1


def test_the_mean_image_is_that_of_the_training_images(digits: Dataset) -> None:
    mean = (digits.train_images.double() / 255).mean(dim=0)
    assert digits.mean_image.dtype == torch.float32
    assert (digits.mean_image - mean).abs().max() < 1e-7


def test_preparing_twice_gives_the_same_fingerprint(
    digits: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["--dataset=digits", "--raw=unused", f"--out={tmp_path}"])
    assert load(tmp_path, "digits").fingerprint == digits.fingerprint
    (line,) = capsys.readouterr().out.splitlines()
    assert "1497 training and 300 test images of 1 x 16 x 16" in line
    assert [path.name for path in tmp_path.iterdir()] == ["digits.safetensors"]


def test_a_prepared_file_names_its_sources(prepared: Path) -> None:
    with safe_open(prepared / "digits.safetensors", framework="pt") as stored:
        ((name, sha256),) = json.loads(stored.metadata()["sources"]).items()
    assert (name, len(sha256)) == ("digits.csv.gz", 64)


# ---------------------------------------------------------------------------- damage


@hypothesis.given(bit=st.integers(0, 7), data=st.data())
@hypothesis.settings(deadline=None, max_examples=50)
def test_one_flipped_bit_anywhere_in_a_prepared_file_is_noticed(
    prepared: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bit: int,
    data: st.DataObject,
) -> None:
    content = bytearray((prepared / "digits.safetensors").read_bytes())
    # The header of a few hundred bytes gets half of the examples.
    length = data.draw(st.sampled_from([8 + int.from_bytes(content[:8], "little"), len(content)]))
    content[data.draw(st.integers(0, length - 1))] ^= 1 << bit
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "digits.safetensors").write_bytes(content)
    with pytest.raises(DataError, match="prepare it again"):
        load(folder, "digits")
    shutil.rmtree(folder)


@pytest.mark.parametrize("length", [0, 5, 500, 300_000])
def test_a_truncated_prepared_file_is_noticed(length: int, prepared: Path, tmp_path: Path) -> None:
    content = (prepared / "digits.safetensors").read_bytes()
    (tmp_path / "digits.safetensors").write_bytes(content[:length])
    with pytest.raises(DataError, match="prepare it again"):
        load(tmp_path, "digits")


def test_a_missing_prepared_file_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"associated_learning prepare --dataset mnist"):
        load(tmp_path, "mnist")


def test_one_data_set_under_the_name_of_another_is_noticed(prepared: Path, tmp_path: Path) -> None:
    shutil.copy(prepared / "digits.safetensors", tmp_path / "mnist.safetensors")
    with pytest.raises(DataError, match="damaged"):
        load(tmp_path, "mnist")


# ---------------------------------------------------------------------------- official files


def test_the_files_of_config_are_those_that_torchvision_checks() -> None:
    checked = {f"MNIST/raw/{name}" for name, _ in MNIST.resources}
    for official in (CIFAR10, CIFAR100):
        members = [name for name, _ in official.train_list + official.test_list]
        checked |= {f"{official.base_folder}/{m}" for m in [*members, official.meta["filename"]]}
        checked.add(official.filename)
    found = [file.path for name in registry.downloaded() for file in official_files(name)]
    assert set(found) == checked and len(found) == len(checked)


class Poison:
    """Creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_a_poisoned_pickle_is_never_loaded(dataset: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    poison = pickle.dumps(Poison(trace))
    for file in official_files(dataset):
        if file.archive:
            path = tmp_path / "raw" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(poison)
    with pytest.raises(DataError, match=r"wrong bytes.*associated_learning download"):
        prepare(dataset, tmp_path / "raw", tmp_path / "out")
    assert not trace.exists()
    assert list((tmp_path / "out").iterdir()) == []
    pickle.loads(poison)
    assert trace.exists(), "the poison would have worked"


def test_a_missing_official_file_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"associated_learning download --dataset mnist"):
        prepare("mnist", tmp_path, tmp_path / "out")


def in_place(dataset: str) -> bool:
    members = [file for file in official_files(dataset) if not file.path.endswith(".tar.gz")]
    return all((RAW / file.path).is_file() for file in members)


@pytest.mark.parametrize(
    ("dataset", "shape", "n_train", "n_classes"),
    [
        ("mnist", (1, 28, 28), 60_000, 10),
        ("cifar10", (3, 32, 32), 50_000, 10),
        ("cifar100", (3, 32, 32), 50_000, 100),
    ],
)
def test_the_official_files_give_the_known_data_sets(
    dataset: str, shape: tuple[int, ...], n_train: int, n_classes: int, tmp_path: Path
) -> None:
    if not in_place(dataset):
        pytest.skip(f"the official files of {dataset} are not below data/raw")
    prepare(dataset, RAW, tmp_path)
    data = load(tmp_path, dataset)
    assert data.train_images.shape == (n_train, *shape)
    assert data.test_images.shape == (10_000, *shape)
    entry = registry.datasets()[dataset]
    assert (tuple(entry["shape"]), entry["classes"]) == (shape, n_classes)
    assert data.standardised == entry["preprocessing"]["standardise"]
    assert len(data.classes) == n_classes == len(data.train_labels.unique())
    middle = data.train_images[..., 14, 14].double().mean(dim=0) / 255
    assert (data.mean_image[:, 14, 14] - middle).abs().max() < 1e-7
    if dataset != "mnist":
        assert data.train_labels.bincount().unique().tolist() == [50_000 // n_classes]
        assert data.test_labels.bincount().unique().tolist() == [10_000 // n_classes]
    if dataset == "cifar100":
        trees = data.superclasses.index("trees")
        names = [n for n, c in zip(data.classes, data.coarse_labels, strict=True) if c == trees]
        assert names == ["maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"]
        assert [data.coarse_labels.count(label) for label in range(20)] == [5] * 20


@pytest.mark.parametrize(("key", "value"), [("classes", 5), ("shape", [1, 8, 8])])
def test_data_that_are_not_as_their_file_says_are_refused(key, value, tmp_path, monkeypatch):
    monkeypatch.setitem(registry.datasets()["digits"], key, value)
    with pytest.raises(DataError, match=f"digits.yaml says {key}:.*its files hold"):
        prepare("digits", tmp_path, tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))
