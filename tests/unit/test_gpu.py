"""Training on a GPU, where there is one: the CPU's numbers to rounding, its own to the bit."""

import csv
import itertools
import json
import re

import pytest
import torch
from helpers import config, results
from torch import nn

from associated_learning import build, registry, trained
from associated_learning.commands import train as train_command
from associated_learning.measure import steps
from associated_learning.training import graph, loop
from associated_learning.training.run import Run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

NETWORKS = [
    *itertools.product(["mlp"], registry.methods()),
    *itertools.product(["cnn"], [m for m in registry.methods() if m != "dtp"]),
    *itertools.product(["sigmoid4", "sigmoid4_glorot"], ["bp", "al"]),
]


def settings(arch, method, **options):
    return config(arch=arch, method=method, device="cuda", augment=True, **options)


def advanced(run, count):
    """A run after so many steps."""
    while run.step < count:
        for _ in itertools.islice(run.epoch(), count - run.step):
            pass
    return run


def begun(kind, run_config, data):
    """A run of some kind before its first step."""
    run = kind(run_config, data)
    run.begin()
    return run


def assert_equal(one, other):
    assert torch.equal(one.losses, other.losses)
    mine, theirs = one.network.state_dict(), other.network.state_dict()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []


@pytest.mark.parametrize(("arch", "method"), NETWORKS)
def test_a_replayed_step_has_every_bit_of_a_launched_one(digits, arch, method):
    here = settings(arch, method, epochs=3)
    launched = advanced(begun(Run, here, digits), 60)
    replayed = advanced(begun(graph.GraphedRun, here, digits), 60)
    assert (replayed.graph is None) == (method == "dtp")
    assert_equal(launched, replayed)


@pytest.mark.parametrize(("arch", "method"), [n for n in NETWORKS if n[1] != "dtp"])
def test_the_first_losses_and_gradients_are_the_cpus_to_rounding(digits, arch, method):
    found = []
    for device in ("cpu", "cuda"):
        here = config(arch=arch, method=method, augment=False, device=device)
        run = begun(Run, here, digits)
        x, labels = run.prepared(run.images[:32]), run.labels[:32]
        found.append((run.update(x, labels).cpu(), torch.tensor(run.initial_gradient_norms)))
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-4)
    assert torch.allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("method", ["bp", "al"])
def test_a_run_that_goes_on_ends_bit_equal(digits, tmp_path, method):
    here = settings("cnn", method, epochs=3)
    whole = advanced(begun(graph.GraphedRun, here, digits), 100)
    part = advanced(begun(graph.GraphedRun, here, digits), 30)
    part.fingerprints = {"of": "this test"}
    loop.save(part, tmp_path / "saved.pt")
    on = graph.GraphedRun(here, digits)
    on.restore(torch.load(tmp_path / "saved.pt", map_location="cuda", weights_only=True)["state"])
    assert_equal(whole, advanced(on, 100))


def test_the_command_trains_and_says_on_what(prepared, digits, tmp_path):
    flags = "--dataset digits --arch mlp --method al --epochs 12 --width 0.125 --target-width 32"
    here = ["--learning-rate", "1e-3", "--data", str(prepared), "--out", str(tmp_path)]
    train_command.main([*flags.split(), "--schedule", "constant", "--device", "cuda", *here])
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["test_accuracy"] > 0.85
    assert metrics["hardware"]["accelerator"] == torch.cuda.get_device_name()
    with (tmp_path / "history.csv").open() as file:
        assert float([*csv.DictReader(file)][-1]["test_accuracy"]) == metrics["test_accuracy"]
    # The weights are read back on the CPU.
    found = trained.load(tmp_path).predict(digits.test_images[:, 0])
    right = (found.labels == digits.test_labels.numpy()).mean()
    assert right == pytest.approx(metrics["test_accuracy"], abs=0.01)


def test_the_same_run_gives_the_same_bits(digits, tmp_path):
    for name in ("one", "other"):
        loop.train(settings("cnn", "al"), digits, tmp_path / name)
    assert results(tmp_path / "one") == results(tmp_path / "other")


def test_steps_are_timed_on_a_gpu_too(digits):
    cells = steps.measure([settings("mlp", "al"), settings("mlp", "bp")], digits, enough=0.1)
    assert all(cell["seconds"] > 0 for cell in cells)


def test_more_workers_than_gpus_are_refused(prepared, tmp_path, capfd):
    count = torch.cuda.device_count() + 1
    flags = "--dataset digits --arch cnn --method al --epochs 2 --width 0.1 --target-width 8"
    here = ["--data", str(prepared), "--out", str(tmp_path)]
    with pytest.raises(SystemExit):
        train_command.main([*flags.split(), "--device", "cuda", "--workers", str(count), *here])
    said = capfd.readouterr().err
    assert re.search(rf"--workers: {count}, but there are {count - 1} GPUs", said)


@pytest.mark.parametrize("method", [m for m in registry.methods() if m != "dtp"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_own_blocks_may_lie_on_a_gpu(method, dtype):
    blocks = [nn.Embedding(20, 12), nn.GRU(12, 10, batch_first=True), nn.Linear(10, 8)]
    blocks = [block.to("cuda", dtype) for block in blocks]
    tokens = torch.randint(20, (6, 7), device="cuda")
    network = build.method_class(method).from_blocks(blocks, tokens, 4, 16)
    labels = torch.randint(4, (6,), device="cuda")
    for losses in network.losses(tokens, labels):
        sum(losses).backward()
    assert network(tokens).shape == (6, 4) and network(tokens).device.type == "cuda"
