"""Activations are those of the trained network, under names that AL and BP share."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from sklearn.metrics import silhouette_score

from associated_learning.commands import distances, embed
from associated_learning.data import images, load
from associated_learning.measure import hidden
from associated_learning.results import read

CELLS = [
    *[("cnn", "al"), ("cnn", "bp"), ("cnn", "same_path")],
    *[("mlp", "bp"), ("sigmoid2", "bp"), ("vgg", "bp")],
]


@pytest.fixture(scope="session")
def folder(trained):
    """Gives the folder of a small run of a network and a method."""
    return lambda arch, method: trained(arch=arch, method=method, epochs=1, train_subset=320)


@pytest.mark.parametrize(("arch", "method"), CELLS)
def test_the_last_layer_predicts_what_was_measured(folder, digits, arch, method):
    of = hidden.load(folder(arch, method), digits)
    network, config = of.network, of.metrics["config"]
    assert (config["arch"], config["method"]) == (arch, method) and not network.training
    *_, (name, values) = hidden.layers(network, digits)
    accuracy = np.mean(values.argmax(1) == digits.test_labels.numpy())
    metrics = json.loads((folder(arch, method) / "metrics.json").read_text())
    assert name == "prediction"
    assert accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    assert values.min() >= 0 and values.max() <= 1


def test_a_run_on_other_data_or_without_weights_is_refused(folder, digits, tmp_path):
    other = replace(digits, name="mnist")
    with pytest.raises(SystemExit, match=r"was trained on digits; --data is mnist"):
        hidden.load(folder("mlp", "bp"), other)
    shutil.copytree(folder("mlp", "bp"), tmp_path / "run")
    (tmp_path / "run/weights.safetensors").unlink()
    with pytest.raises(SystemExit, match=r"weights.safetensors is missing. Train it again:"):
        hidden.load(tmp_path / "run", digits)


def test_layers_of_al_bp_and_same_path_correspond(folder, digits):
    names = {}
    for method in ("al", "bp", "same_path"):
        network = hidden.load(folder("cnn", method), digits).network
        names[method] = [(name, v.shape[1]) for name, v in hidden.layers(network, digits, 10)]
    assert names["al"] == names["bp"] == names["same_path"]
    assert [name for name, _ in names["al"]] == [
        *("input", "s1", "s2", "s3", "s4", "bridge", "prediction")
    ]


@pytest.mark.parametrize("method", ["al", "same_path"])
def test_hidden_layers_are_the_forward_path_of_the_method(folder, digits, method):
    network = hidden.load(folder("cnn", method), digits).network
    x = images.prepare(digits.test_images[:7], digits.mean_image, standardised=False)
    found = dict(hidden.layers(network, digits, 7))
    with torch.no_grad():
        for k, component in enumerate(network.components, start=1):
            x = component.forward_map(x)
            assert np.allclose(found[f"s{k}"], x.flatten(1).numpy(), atol=1e-5)
        assert np.allclose(found["bridge"], component.bridge(x).numpy(), atol=1e-5)


def test_a_class_has_the_rows_of_its_images(folder, digits):
    network = hidden.load(folder("cnn", "al"), digits).network
    of_class = dict(hidden.layers(network, digits, label=3))
    for name, values in hidden.layers(network, digits):
        rows = values[digits.test_labels.numpy() == 3]
        np.testing.assert_allclose(of_class[name], rows, rtol=1e-4, atol=1e-5)


MEASURED = """
from dataclasses import replace
import torch
from associated_learning.data.load import Dataset
from associated_learning.measure import hidden
from associated_learning.measure.distances import class_distances
from associated_learning.methods.backprop import BackpropNetwork

def peak():  # since this program began, unlike that of getrusage
    status = open("/proc/self/status").read()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])

images, labels = torch.zeros(2000, 1, 32, 32, dtype=torch.uint8), torch.arange(2000) % 20
names, mean = tuple(map(str, range(20))), torch.zeros(1, 32, 32)
data = Dataset("mnist", images, labels, images, labels, mean, names, None, None, False, "")
blocks = [torch.nn.Conv2d(1, 32, 1), torch.nn.AvgPool2d(8)]
network = BackpropNetwork.from_blocks(blocks, (1, 32, 32), 20, 4).eval()

def measure(data):
    return class_distances(lambda k: hidden.layers(network, data, label=k), range(20))

measure(replace(data, test_images=images[:40], test_labels=labels[:40]))  # libraries set up
before = peak()
print(4 * measure(data)["s1"].features * len(images), peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks are read from Linux")
def test_distances_need_a_fraction_of_the_memory_of_the_widest_layer():
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", MEASURED]
    run = subprocess.run(command, env=one_thread, capture_output=True, check=True)
    layer, grown = map(int, run.stdout.split())
    assert layer == 4 * (32 * 32 * 32) * 2000
    assert grown < layer / 2


def test_commands_write_what_tables_and_figures_read(folder, digits, prepared, tmp_path):
    import pandas as pd

    run = str(folder("cnn", "al"))
    common = ["--run", run, "--data", str(prepared / "digits.safetensors")]
    distances.main([*common, "--out", str(tmp_path / "d.csv")])
    table = pd.read_csv(tmp_path / "d.csv")
    network = hidden.load(folder("cnn", "al"), digits).network
    for (name, values), row in zip(hidden.layers(network, digits), table.itertuples(), strict=True):
        labels = digits.test_labels.numpy()
        wanted = silhouette_score(values.astype(np.float64), labels, metric="sqeuclidean")
        assert (row.layer, row.features) == (name, values.shape[1])
        assert row.silhouette == pytest.approx(wanted, rel=1e-4)

    embed.main([*common, "--out", str(tmp_path / "t.safetensors"), "--samples", "120"])
    with safetensors.safe_open(tmp_path / "t.safetensors", "numpy") as file:
        layers = json.loads(file.metadata()["layers"])
        assert [layer["layer"] for layer in layers] == list(table["layer"])
        for layer in layers:
            assert file.get_tensor(f"coordinates.{layer['layer']}").shape == (120, 2)
            assert 0 <= layer["knn_embedding"] <= 1
        assert (file.get_tensor("groups") == digits.test_labels[:120].numpy()).all()


def test_superclasses_colour_the_maps_but_neighbours_vote_for_classes(
    folder, digits, prepared, tmp_path, monkeypatch
):
    path_of_data = str(prepared / "digits.safetensors")
    found = []
    for some in (digits, replace(digits, superclasses=("even", "odd"), coarse_labels=(0, 1) * 5)):
        monkeypatch.setattr(load, "load", lambda *_, some=some: some)
        path = tmp_path / f"{len(found)}.safetensors"
        flags = ["--run", str(folder("mlp", "bp")), "--data", path_of_data, "--samples", "60"]
        embed.main([*flags, "--out", str(path)])
        found += read.read_embeddings([path])
    classes, superclasses = found
    assert superclasses["group_names"] == ["even", "odd"]
    assert (superclasses["groups"] == classes["groups"] % 2).all()
    for own, coloured in zip(classes["layers"], superclasses["layers"], strict=True):
        assert own["knn_embedding"] == coloured["knn_embedding"] < 1
