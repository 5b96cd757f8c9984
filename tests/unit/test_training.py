"""The training loop: same numbers for the same run, whatever happens on the way."""

import contextlib
import csv
import dataclasses
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch

from associated_learning import architectures, checkpoint, datasets, training
from associated_learning.network import AssociatedNetwork, BackpropNetwork

OPTIONS = {
    "dataset": "digits",
    "arch": "mlp",
    "method": "al",
    "seed": 0,
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 1e-3,
    "target_lr_factor": None,
    "schedule": "cosine",
    "l2": None,
    "width": 1 / 16,
    "target_width": 8,
    "train_subset": None,
    "augment": None,
    "device": "cpu",
    "threads": 1,
    "tf32": None,
}


@pytest.fixture(scope="session")
def digits(prepared):
    return datasets.load(prepared, "digits")


def config(**options):
    return training.resolve(OPTIONS | options)


def results(folder):
    """Everything a run wrote that must not depend on the clock."""
    metrics = json.loads((folder / "metrics.json").read_text())
    del metrics["times"]
    history = list(csv.DictReader((folder / "history.csv").open()))
    for row in history:
        del row["training_seconds"]
    return metrics, history, (folder / "weights.safetensors").read_bytes()


def command(prepared, out, *flags):
    return [
        *(sys.executable, "-m", "associated_learning.commands.train"),
        *("--dataset", "digits", "--arch", "cnn", "--method", "al", "--epochs", "2"),
        *("--width", "0.0625", "--target-width", "8", "--data", str(prepared), "--out", str(out)),
        *flags,
    ]


@pytest.mark.parametrize("method", training.METHODS)
def test_a_run_writes_metrics_history_and_weights(digits, tmp_path, method):
    metrics = training.train(config(method=method), digits, tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    history = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [float(row["epoch"]) for row in history] == [1, pytest.approx(50 / 46), 2]
    assert [int(row["step"]) for row in history] == [46, 50, 92]
    prefixes = 2 if method in ("al", "al_target_first") else 1
    assert len(metrics["prefix_test_accuracy"]) == prefixes
    assert metrics["test_accuracy"] == float(history[-1]["test_accuracy"])
    assert metrics["prefix_test_accuracy"][-1] == metrics["test_accuracy"]
    assert metrics["config"]["method"] == method
    assert set(metrics["versions"]) == {"python", "torch", "numpy"}
    assert (
        metrics["times"]["samples_per_second"] > 0 and metrics["times"]["peak_memory_bytes"] > 1e7
    )
    assert len(metrics["gradient_norms"]["initial"]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "history.csv",
        "metrics.json",
        "weights.safetensors",
    ]


def test_the_weights_are_those_that_were_measured(digits, tmp_path):
    metrics = training.train(config(), digits, tmp_path)
    network = architectures.build("mlp", AssociatedNetwork, (1, 16, 16), 10, 1 / 16, 8)
    network.load_state_dict(safetensors.torch.load_file(tmp_path / "weights.safetensors"))
    x = digits.test_images.float() / 255 - digits.mean_image
    predicted = network.eval()(x).argmax(1)
    accuracy = (predicted == digits.test_labels).float().mean().item()
    assert accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)


@pytest.mark.parametrize("method", ["bp", "al", "al_target_first"])
def test_networks_learn_digits(digits, tmp_path, method):
    run = config(method=method, epochs=20, width=0.125, target_width=32, schedule="constant")
    assert training.train(run, digits, tmp_path)["test_accuracy"] > 0.85


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(digits, tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        training.train(config(arch="cnn", seed=seed, augment=True), digits, tmp_path / name)
    assert results(tmp_path / "a") == results(tmp_path / "b")
    assert results(tmp_path / "a")[2] != results(tmp_path / "c")[2]


def test_the_same_bits_come_out_beside_other_work(prepared, tmp_path):
    alone = subprocess.run(command(prepared, tmp_path / "alone"), check=False)
    burner = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(burner) for _ in range(2)]
    try:
        beside = subprocess.run(command(prepared, tmp_path / "beside"), check=False)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert alone.returncode == beside.returncode == 0
    assert results(tmp_path / "alone") == results(tmp_path / "beside")


def test_a_killed_run_goes_on_and_ends_bit_equal_to_an_undisturbed_one(prepared, tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    subprocess.run(command(prepared, undisturbed), check=True)
    waits = random.Random(0)
    resumed = 0
    for attempt in range(30):
        run = subprocess.Popen(
            command(prepared, killed, "--checkpoint-seconds", "0"),
            stdout=subprocess.PIPE,
            text=True,
        )
        saved = killed / "checkpoint.pt"
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        while run.poll() is None and not (saved.exists() and saved.stat().st_mtime_ns > before):
            time.sleep(0.01)
        time.sleep(waits.uniform(0, 0.15))
        run.kill()
        resumed += "goes on from step" in run.communicate()[0]
        if run.returncode == 0:
            break
        assert not (killed / "metrics.json").exists()
        if attempt == 4:  # enough kills: let it end
            done = subprocess.run(
                command(prepared, killed), check=True, capture_output=True, text=True
            )
            resumed += "goes on from step" in done.stdout
            break
    assert resumed >= 3
    assert results(undisturbed) == results(killed)
    assert not (killed / "checkpoint.pt").exists()


def test_a_terminated_run_saves_itself(prepared, tmp_path):
    run = subprocess.Popen(
        command(prepared, tmp_path, "--epochs", "30"), stdout=subprocess.PIPE, text=True
    )
    assert run.stdout.readline()  # the first epoch is over
    run.terminate()
    run.terminate()  # as Slurm does at a time limit
    run.communicate()
    assert run.returncode == 128 + signal.SIGTERM
    assert (tmp_path / "checkpoint.pt").exists() and not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize("stop_at", [1, 45, 46, 47, 91])
def test_a_run_resumed_at_any_step_ends_bit_equal(digits, tmp_path, monkeypatch, stop_at):
    """Also with augmentation and batch norm, and at the edge of an epoch."""
    run = config(arch="resnet20", augment=True, epochs=2)
    training.train(run, digits, tmp_path / "undisturbed")
    steps = 0
    step = training.train_step

    def interrupted(*arguments):
        nonlocal steps
        steps += 1
        if steps == stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(*arguments)

    monkeypatch.setattr(training, "train_step", interrupted)
    with pytest.raises(SystemExit) as stop:
        training.train(run, digits, tmp_path / "stopped")
    assert stop.value.code == 128 + signal.SIGTERM and steps == stop_at
    training.train(run, digits, tmp_path / "stopped")
    assert results(tmp_path / "undisturbed") == results(tmp_path / "stopped")


def interrupt(digits, out, **options):
    """Leave a checkpoint behind, as an interrupted run does."""
    run = training.Run(config(**options), digits, out / "checkpoint.pt")
    next(run.epoch())
    run.save()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"learning_rate": 2e-3}, "config"),
        ({"seed": 7}, "config"),
        ({"epochs": 3}, "config"),
    ],
)
def test_a_checkpoint_of_another_run_is_set_aside(digits, tmp_path, capsys, change, names):
    interrupt(digits, tmp_path)
    training.train(config(**change), digits, tmp_path)
    assert f"it is of another run: {names} differ" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt.aside1").exists()


def test_a_checkpoint_of_other_code_or_data_is_set_aside(digits, tmp_path, capsys, monkeypatch):
    interrupt(digits, tmp_path)
    training.train(config(), dataclasses.replace(digits, fingerprint="other"), tmp_path)
    assert "data differ" in capsys.readouterr().err
    interrupt(digits, tmp_path)
    monkeypatch.setattr(training, "CODE", ("network.py",))
    training.train(config(), digits, tmp_path)
    assert "code differ" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt.aside2").exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "pickle"])
def test_a_damaged_checkpoint_is_set_aside(digits, tmp_path, capsys, damage):
    training.train(config(), digits, tmp_path / "undisturbed")
    interrupt(digits, tmp_path)
    path = tmp_path / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "empty":
        content = b""
    else:
        torch.save({"belongs_to": Payload(tmp_path / "executed")}, path)
        content = path.read_bytes()
    path.write_bytes(content)
    training.train(config(), digits, tmp_path)
    assert "it is damaged" in capsys.readouterr().err
    assert not (tmp_path / "executed").exists()
    assert results(tmp_path) == results(tmp_path / "undisturbed")


class Payload:
    """Pickles to a call that creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@contextlib.contextmanager
def little_space(size: int):
    """No file can grow beyond `size` bytes: to a program that looks like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path):
    path, me = tmp_path / "checkpoint.pt", {"config": "a"}
    checkpoint.save(path, me, {"step": 1})
    with little_space(20_000), pytest.raises(SystemExit, match=r"cannot write.*Make room"):
        checkpoint.save(path, me, {"step": 2, "weights": torch.zeros(100_000)})
    assert checkpoint.load(path, me, torch.device("cpu")) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_full_disk_at_the_end_writes_nothing_half_and_can_be_mended(digits, tmp_path):
    training.train(config(), digits, tmp_path / "undisturbed")
    with little_space(20_000), pytest.raises(SystemExit, match=r"cannot write.*weights"):
        training.train(config(), digits, tmp_path)
    assert not list(tmp_path.glob("*.*"))
    training.train(config(), digits, tmp_path)
    assert results(tmp_path) == results(tmp_path / "undisturbed")


def test_a_folder_that_cannot_be_written_is_found_before_training(digits, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="cannot write"):
        training.train(config(epochs=10**6), digits, tmp_path / "file")


def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(digits, tmp_path, monkeypatch):
    run = config(arch="cnn", epochs=3)
    broken = dataclasses.replace(digits, mean_image=digits.mean_image.clone())
    step, steps = training.train_step, 0

    def poisoned(network, *rest):
        nonlocal steps
        steps += 1
        if steps == 60:  # epoch 2, step 14 of it
            network.components[2].bridge[1][0].bias.data.fill_(float("nan"))
        return step(network, *rest)

    monkeypatch.setattr(training, "train_step", poisoned)
    with pytest.raises(training.TrainingError) as error:
        training.train(run, broken, tmp_path)
    message = str(error.value)
    assert "digits cnn al seed 0" in message and "epoch 2, step 60" in message
    assert "associated_3" in message and "nan" in message
    assert not list(tmp_path.glob("*.json")) and not list(tmp_path.glob("weights*"))


def test_schedules():
    def factors(name, total=100):
        return [training.schedule_factor(name, step, total) for step in range(total)]

    step = factors("step")
    assert step[39] == 1 and step[40] == pytest.approx(0.1) and step[60] == pytest.approx(0.01)
    assert step[80] == pytest.approx(1e-3) and step[90] == pytest.approx(5e-4)
    cosine = factors("cosine")
    assert cosine[0] == 1 and cosine == sorted(cosine, reverse=True) and cosine[50] == 0.5
    assert set(factors("constant")) == {1.0}


def test_learning_rates_and_penalty_reach_the_right_parameters():
    def groups(arch, method, kind):
        network = architectures.build(arch, kind, (3, 32, 32), 10, 1 / 16, 8)
        settings = training.resolve(
            OPTIONS | {"dataset": "cifar10", "arch": arch, "method": method, "learning_rate": None}
        )
        names = {id(p): name for name, p in network.named_parameters()}
        found = {
            names[id(p)]: (group["learning_rate"], group["weight_decay"])
            for optimiser in training.make_optimisers(network, settings)
            for group in optimiser.groups
            for p in group["params"]
        }
        assert found.keys() == set(names.values())
        return found

    al = groups("resnet20", "al", AssociatedNetwork)
    for name, (rate, penalty) in al.items():
        target = ".encoder." in name or ".decoder." in name
        convolution = (
            ".forward_map." in name and name.endswith("weight") and ".1." not in name[-11:]
        )
        assert rate == (2e-4 if target else 1e-4)
        if target or ".bridge." in name or name.endswith("bias"):
            assert penalty == 0
        elif convolution:
            assert penalty == 1e-4, name

    bp = groups("vgg", "bp", BackpropNetwork)
    assert {rate for rate, _ in bp.values()} == {1e-4}
    assert {n.split(".")[0] for n, (_, penalty) in bp.items() if penalty} == {"body"}
    assert sum(1 for _, penalty in bp.values() if penalty == 5e-4) == 6  # the convolutions
    bp = groups("resnet20", "bp", BackpropNetwork)
    assert {rate for rate, _ in bp.values()} == {1e-3}
    assert sum(1 for _, penalty in bp.values() if penalty) == 21 + 6  # convolutions, dense layers


def test_defaults_are_the_protocol_of_the_thesis():
    from associated_learning.commands.train import parser

    arguments = ["--dataset", "mnist", "--arch", "mlp", "--method", "al", "--out", "x"]
    options = vars(parser().parse_args(arguments))
    for key in ("data", "out", "checkpoint_seconds", "workers"):
        del options[key]
    found = training.resolve(options | {"device": "cpu"})
    assert (found.epochs, found.batch_size, found.schedule) == (200, 32, "step")
    assert (found.learning_rate, found.target_lr_factor, found.l2) == (1e-4, 2.0, 0.0)
    assert (found.width, found.target_width, found.augment) == (1.0, 1024, False)
    assert found.train_subset is None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epochs", "0"], ["--epochs", "'0'", "from 1 up"]),
        (["--epochs", "two"], ["--epochs", "'two'", "from 1 up"]),
        (["--learning-rate", "nan"], ["--learning-rate", "'nan'", "above 0"]),
        (["--learning-rate", "-1"], ["--learning-rate", "'-1'", "above 0"]),
        (["--width", "inf"], ["--width", "'inf'", "finite"]),
        (["--arch", "lenet"], ["--arch", "'lenet'", "resnet20"]),
        (["--dataset", "svhn"], ["--dataset", "'svhn'", "cifar10"]),
        (["--method", "magic"], ["--method", "'magic'", "bp"]),
        (["--schedule", "linear"], ["--schedule", "'linear'", "cosine"]),
        (["--train-subset", "99999"], ["--train-subset", "99999", "1 to 1497"]),
        (["--batch-size", "1497000"], ["--batch-size", "1497000", "1497"]),
        (["--no-such-flag"], ["--no-such-flag"]),
        (["--device", "tpu"], ["--device", "'tpu'", "cuda"]),
        (["--epochs", "\u00b2"], ["--epochs", "from 1 up"]),
        (["--method", "bp", "--target-lr-factor", "3"], ["--target-lr-factor", "bp"]),
        (["--method", "bp", "--workers", "2"], ["--workers", "2", "bp"]),
        (["--device", "cpu", "--tf32"], ["--tf32", "cpu"]),
    ],
)
def test_wrong_values_get_one_line_and_status_2(prepared, tmp_path, capsys, flags, words):
    from associated_learning.commands.train import main

    arguments = command(prepared, tmp_path)[3:] + flags
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.count("\n") == 1 and all(word in error for word in words), error


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(prepared, tmp_path, capsys):
    from associated_learning.commands.train import main

    with pytest.raises(SystemExit) as stop:
        main([*command(prepared, tmp_path)[3:], "--device", "cuda"])
    assert stop.value.code == 2
    assert (
        "argument --device: 'cuda': there is none here; allowed: auto, cpu"
        in capsys.readouterr().err
    )


def test_progress_is_one_line_an_epoch_where_there_is_no_terminal(prepared, tmp_path):
    done = subprocess.run(command(prepared, tmp_path), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert [line.split(" | ")[1] for line in done.stdout.splitlines()] == [
        "epoch 1/2 step 46",
        "epoch 2/2 step 92",
    ]


def test_the_target_path_decodes_before_the_first_image(digits, tmp_path):
    run = training.Run(config(method="al_target_first"), digits, tmp_path / "checkpoint.pt")
    for prefix in range(1, 3):
        t = torch.eye(10)
        for component in run.network.components[:prefix]:
            t = component.encoder(t)
        for component in reversed(run.network.components[:prefix]):
            t = component.decoder(t)
        assert torch.equal(t.argmax(1), torch.arange(10))
    assert run.target_first["steps"] > 0


def test_training_the_target_path_first_moves_nothing_else():
    torch.manual_seed(0)
    network = architectures.build("cnn", AssociatedNetwork, (1, 16, 16), 10, 1 / 16, 8)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    training.train_target_path(network, torch.device("cpu"), "a run")
    for name, value in network.state_dict().items():
        target = ".encoder." in name or ".decoder." in name
        assert torch.equal(value, before[name]) != target, name
    with pytest.raises(training.TrainingError, match=r"a run: after 1 steps.*--target-width"):
        fresh = architectures.build("cnn", AssociatedNetwork, (1, 16, 16), 10, 1 / 16, 8)
        training.train_target_path(fresh, torch.device("cpu"), "a run", most_steps=1)


def test_gradients_that_vanish_are_still_measured(digits, tmp_path):
    run = training.Run(config(arch="sigmoid4", method="bp"), digits, tmp_path / "checkpoint.pt")
    with torch.no_grad():
        for layer in run.network.forward_layers()[1:]:
            layer[0].weight.mul_(1e-9)
    assert 0 < run._gradient_norms()[0] < 1e-24


def test_losses_of_a_row_are_means_since_the_row_before(digits, tmp_path, monkeypatch):
    step, seen = training.train_step, []

    def noted(*arguments):
        seen.append(step(*arguments))
        return seen[-1]

    monkeypatch.setattr(training, "train_step", noted)
    training.train(config(), digits, tmp_path)
    history = list(csv.DictReader((tmp_path / "history.csv").open()))
    for row, (start, end) in zip(history, [(0, 46), (46, 50), (50, 92)], strict=True):
        wanted = torch.stack(seen[start:end]).mean(0)
        assert float(row["inverse_2"]) == pytest.approx(wanted[3].item(), rel=1e-6)


def test_multiply_adds_by_prefix_are_those_of_its_layers():
    network = architectures.build("mlp", AssociatedNetwork, (1, 28, 28), 10, 1.0, 1024)
    bridge = 1024 * 5120 + 5120 * 1024
    first, second = training.multiply_adds(network, torch.Size((1, 28, 28)))
    assert first == 784 * 1024 + bridge + 1024 * 10
    assert second == 784 * 1024 + 1024 * 1024 + bridge + 1024 * 1024 + 1024 * 10
    blocks = [torch.nn.Conv2d(3, 8, 3, stride=2, padding=1), torch.nn.ReLU()]
    network = BackpropNetwork.from_blocks(blocks, (3, 32, 32), 10, 4)
    convolution, dense = 16 * 16 * 8 * 27, 2048 * 20 + 20 * 4 + 4 * 4 + 4 * 10
    assert training.multiply_adds(network, torch.Size((3, 32, 32))) == [convolution + dense]
    assert not any(p.is_meta for p in network.parameters())


def test_methods_of_one_seed_share_no_weights(digits, tmp_path):
    first = [
        training.Run(config(method=method), digits, tmp_path / method)
        .network.forward_layers()[1]
        .state_dict()["0.weight"]
        for method in ("bp", "al", "al_target_first")
    ]
    assert not torch.equal(first[0], first[1]) and not torch.equal(first[1], first[2])
