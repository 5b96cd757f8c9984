"""What the tests of trainings share: small settings, the command, and what a run must repeat."""

import contextlib
import csv
import json
import sys
import time
from pathlib import Path

import pytest
import torch

from associated_learning import build, registry
from associated_learning.training import config as settings
from associated_learning.training import loop
from associated_learning.training.run import Run

OPTIONS = {
    "dataset": "digits",
    "arch": "mlp",
    "method": "al",
    "seed": 0,
    "epochs": 2,
    "shorten": None,
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
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")


def config(**options):
    """The settings of a small run, seconds long."""
    return settings.resolve(OPTIONS | options)


def network(arch="mlp", method="al", dataset="digits", width=1 / 16, target_width=8):
    """A small network, always with the same weights."""
    torch.manual_seed(0)
    entry = registry.datasets()[dataset]
    return build.build(arch, method, tuple(entry["shape"]), entry["classes"], width, target_width)


def batch(dataset="digits", size=6):
    """Images and labels for it, always the same."""
    torch.manual_seed(1)
    entry = registry.datasets()[dataset]
    return torch.randn(size, *entry["shape"]), torch.randint(entry["classes"], (size,))


def command(prepared, out, *flags):
    """Command line of a small training."""
    return [
        *(sys.executable, "-m", "associated_learning", "train"),
        *("--dataset", "digits", "--arch", "cnn", "--method", "al", "--epochs", "2"),
        *("--width", "0.0625", "--target-width", "8", "--data", str(prepared), "--out", str(out)),
        *flags,
    ]


def results(folder):
    """Everything that a run wrote and that must not depend on the clock."""
    metrics = json.loads((folder / "metrics.json").read_text())
    del metrics["times"]
    history = read_history(folder)
    for row in history:
        del row["training_seconds"]
    return metrics, history, (folder / "weights.safetensors").read_bytes()


def without_workers(found):
    """Results (see `results`) but for how many processes made them."""
    metrics, history, weights = found
    return {key: value for key, value in metrics.items() if key != "workers"}, history, weights


def read_history(folder):
    """Rows of a run's history.csv, as text."""
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def interrupt(data, out, steps=1, **options):
    """Leave a checkpoint behind, as an interrupted run does."""
    run = loop.start(Run(config(**options), data), out / "checkpoint.pt")
    epoch = run.epoch()
    for _ in range(steps):
        next(epoch)
    loop.save(run, out / "checkpoint.pt")


def children(pid):
    """All processes below one, by Linux's /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


def wait_until_gone(pids):
    """Wait 20 seconds at most; the processes that are still there."""
    for _ in range(200):
        pids = [pid for pid in pids if _alive(pid)]
        if not pids:
            break
        time.sleep(0.1)
    return pids


def _alive(pid):
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
            != "Z"
        )
    return False
