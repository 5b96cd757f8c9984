"""Activations are those of the trained network, under names that AL and BP share."""

import json

import numpy as np
import pytest
import safetensors.numpy
import torch

from associated_learning import datasets, hidden, images, training
from associated_learning.commands import distances, embed
from associated_learning.distances import class_distances

SMALL = {
    "dataset": "digits",
    "seed": 0,
    "epochs": 1,
    "batch_size": 32,
    "learning_rate": 1e-3,
    "target_lr_factor": None,
    "schedule": "constant",
    "l2": None,
    "width": 1 / 16,
    "target_width": 8,
    "train_subset": 320,
    "augment": None,
    "device": "cpu",
    "threads": 1,
}
CELLS = [("cnn", "al"), ("cnn", "bp"), ("mlp", "bp"), ("sigmoid2", "bp"), ("vgg", "bp")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    datasets.prepare("digits", folder, folder)
    return folder / "digits.safetensors"


@pytest.fixture(scope="module")
def trained(prepared, tmp_path_factory):
    folder, data = tmp_path_factory.mktemp("runs"), datasets.load(prepared.parent, "digits")
    for arch, method in CELLS:
        config = training.resolve(SMALL | {"arch": arch, "method": method})
        training.train(config, data, folder / arch / method)
    return folder, data


@pytest.mark.parametrize(("arch", "method"), CELLS)
def test_the_last_layer_predicts_what_was_measured(trained, arch, method):
    folder, data = trained
    network, _ = hidden.load_network(folder / arch / method, data)
    *_, (name, values) = hidden.layers(network, data)
    accuracy = np.mean(values.argmax(1) == data.test_labels.numpy())
    metrics = json.loads((folder / arch / method / "metrics.json").read_text())
    assert name == "prediction"
    assert accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    assert values.min() >= 0 and values.max() <= 1


def test_layers_of_al_and_bp_correspond(trained):
    folder, data = trained
    names = {}
    for method in ("al", "bp"):
        network, _ = hidden.load_network(folder / "cnn" / method, data)
        names[method] = [(name, v.shape[1]) for name, v in hidden.layers(network, data, 10)]
    assert names["al"] == names["bp"]
    assert [name for name, _ in names["al"]] == [
        *("input", "s1", "s2", "s3", "s4", "bridge", "prediction")
    ]


def test_hidden_layers_are_the_forward_path_of_the_method(trained):
    folder, data = trained
    network, _ = hidden.load_network(folder / "cnn" / "al", data)
    x = images.prepare(data.test_images[:7], data.mean_image, standardised=False)
    found = dict(hidden.layers(network, data, 7))
    with torch.no_grad():
        for k, component in enumerate(network.components, start=1):
            x = component.forward_map(x)
            assert np.allclose(found[f"s{k}"], x.flatten(1).numpy(), atol=1e-5)
        assert np.allclose(found["bridge"], component.bridge(x).numpy(), atol=1e-5)


def test_commands_write_what_tables_and_figures_read(trained, prepared, tmp_path):
    import pandas as pd

    folder, data = trained
    run = str(folder / "cnn" / "al")
    common = ["--run", run, "--data", str(prepared)]
    distances.main([*common, "--out", str(tmp_path / "d.csv")])
    table = pd.read_csv(tmp_path / "d.csv")
    network, _ = hidden.load_network(folder / "cnn" / "al", data)
    for (name, values), row in zip(hidden.layers(network, data), table.itertuples(), strict=True):
        wanted = class_distances(values, data.test_labels.numpy())
        assert (row.layer, row.features) == (name, values.shape[1])
        assert row.ratio == pytest.approx(wanted.ratio)

    embed.main([*common, "--out", str(tmp_path / "t.safetensors"), "--samples", "120"])
    with safetensors.safe_open(tmp_path / "t.safetensors", "numpy") as file:
        layers = json.loads(file.metadata()["layers"])
        assert [layer["layer"] for layer in layers] == list(table["layer"])
        for layer in layers:
            assert file.get_tensor(f"coordinates.{layer['layer']}").shape == (120, 2)
            assert 0 <= layer["knn_embedding"] <= 1
        assert (file.get_tensor("labels") == data.test_labels[:120].numpy()).all()
