"""What a finished run leaves behind, and what tells one run from another."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
import torch
from helpers import config, network, read_history, results

from associated_learning import closure, registry
from associated_learning.training import loop, record, weights


@pytest.mark.parametrize("method", registry.methods())
def test_a_run_writes_metrics_history_and_weights(trained, method):
    folder = trained(method=method)
    metrics = json.loads((folder / "metrics.json").read_text())
    history = read_history(folder)
    assert [float(row["epoch"]) for row in history] == [pytest.approx(50 / 46), 2]
    assert [int(row["test_images"]) for row in history] == [300, 300]
    assert [int(row["step"]) for row in history] == [50, 92]
    exits = ("al", "al_target_first", "al_fast_target", "local", "frozen")
    assert len(metrics["prefix_test_accuracy"]) == (2 if method in exits else 1)
    assert metrics["test_accuracy"] == float(history[-1]["test_accuracy"])
    assert metrics["prefix_test_accuracy"][-1] == metrics["test_accuracy"]
    assert metrics["losses"] == {column: float(history[-1][column]) for column in metrics["losses"]}
    assert metrics["config"] == dataclasses.asdict(config(method=method))
    assert set(metrics["versions"]) == {"python", "torch", "numpy"}
    times = metrics["times"]
    assert times["samples_per_second"] > 0 and times["peak_memory_bytes"] > 1e7
    age = datetime.now(UTC) - datetime.fromisoformat(times["ended"])
    assert timedelta(0) <= age < timedelta(hours=1)
    assert len(metrics["gradient_norms"]["initial"]) == 2
    assert bool(metrics["target_first_steps"]) == (method == "al_target_first")
    assert sorted(p.name for p in folder.iterdir()) == [
        "history.csv",
        "metrics.json",
        "weights.safetensors",
    ]


def test_training_returns_what_it_writes(digits, tmp_path):
    metrics = loop.train(config(train_subset=320), digits, tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics


def test_the_weights_are_those_that_were_measured(digits, trained):
    folder = trained(method="al")
    some = network("mlp")
    tensors, images = weights.read(folder / "weights.safetensors")
    some.load_state_dict(tensors)
    assert torch.equal(images.mean_image, digits.mean_image)
    assert images[1:] == (digits.standardised, digits.classes)
    x = digits.test_images.float() / 255 - digits.mean_image
    predicted = some.eval()(x).argmax(1)
    accuracy = (predicted == digits.test_labels).float().mean().item()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)


def test_a_full_disk_at_the_end_writes_nothing_half_and_can_be_mended(
    digits, trained, tmp_path, little_space
):
    settings = config(train_subset=320)
    with little_space(20_000), pytest.raises(SystemExit, match=r"cannot write.*weights"):
        loop.train(settings, digits, tmp_path)
    assert not list(tmp_path.glob("*.*"))
    loop.train(settings, digits, tmp_path)
    assert results(tmp_path) == results(trained(train_subset=320))


def test_the_code_of_a_run_is_told_by_file_that_of_other_methods_and_networks_is_not(digits):
    code = record.fingerprints(config(arch="cnn", method="bp"), digits)["code"]
    assert code == closure.hashes(code) and all(len(sha256) == 64 for sha256 in code.values())
    names = {path.removeprefix("src/associated_learning/") for path in code}
    assert {"methods/backprop.py", "networks/cnn.py", "training/run.py", "data/images.py"} <= names
    assert not {"methods/associated.py", "networks/mlp.py", "training/loop.py"} & names
    assert not {"training/record.py", "training/checkpoint.py"} & names


def test_settings_and_the_network_s_line_tell_runs_apart(digits, monkeypatch):
    def fingerprint(**options):
        return record.fingerprints(config(**options), digits)["config"]

    first = fingerprint(arch="sigmoid4")
    assert first == fingerprint(arch="sigmoid4") != fingerprint(arch="sigmoid4", l2=0.1)
    monkeypatch.setitem(registry.networks()["sigmoid4"], "depth", 5)
    assert fingerprint(arch="sigmoid4") != first
