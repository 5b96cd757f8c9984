"""How fast BP and AL train, measured; and how fast a pipeline could be, by a model (thesis 2.2).

The networks are perceptrons of equal width, one component per hidden layer. Every measurement is an
ordinary training.
"""

import csv
import hashlib
import itertools
import json
import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from associated_learning import registry
from associated_learning.data import load
from associated_learning.files import write_json
from associated_learning.machine import usable_cores
from associated_learning.training import config as settings
from associated_learning.training import loop, pipeline, record, shares
from associated_learning.training.config import Config
from associated_learning.training.run import Run

STAGE_STEPS = 10  # a stage's time is their median
MNIST_BATCHES = 60_000 // 32  # the model's longer epoch


def measure(
    dataset: str,
    archs: Sequence[str],
    modelled_archs: Sequence[str],
    width: float,
    target_width: int,
    epochs: int,
    rounds: int,
    workers: int,
    data: Path,
) -> dict[str, Any]:
    """Measure BP, AL in one process and AL pipelined on the CPU, and the stages of the model.

    Parameters
    ----------
    dataset
        Whose images are trained on: what they show changes no rate.
    archs
        Networks of one component per hidden layer, whose number is their depth.
    modelled_archs
        Such networks whose stages are timed for the model.
    width, target_width
        As in `config.Config`.
    epochs
        Of each training, at least 4. Each is a window, timed by itself, but for the first, which
        warms up, and those within which the network is evaluated, when a pipeline runs empty.
    rounds
        Trainings of each kind. Kinds take turns, so that other work on the machine meets them all.
    workers
        Processes of the pipeline, and threads of one process beside it.
    data
        Folder of prepared data.

    Returns
    -------
    `config`, what is common to all trainings, and `batches`, those of an epoch; `hardware`, with
    the `usable_cores`; `versions`; `measured`, one dict per kind of training: `components`,
    `method`, `workers`, `threads`, `parameters`, `weights`, SHA-256 of those that its trainings
    ended with, each once, and `samples_per_second`, one for each window; `stages`: `components` and
    `seconds`, one for each component; `model`: see `modelled`.
    """
    baseline, method = registry.baseline(), registry.thesis_method()
    options = dict.fromkeys(field.name for field in fields(Config))
    options |= {"dataset": dataset, "seed": 0, "threads": 1, "device": "cpu", "method": method}
    options |= {"epochs": epochs, "width": width, "target_width": target_width}
    config = settings.resolve(options | {"arch": archs[0]})
    batches = len(load.load(data, dataset).train_images) // config.batch_size
    measured = []
    for arch in archs:
        ways = [(baseline, 1, 1), (baseline, 1, workers), (method, 1, 1), (method, 1, workers)]
        found: dict[tuple[str, int, int], list[dict[str, Any]]]
        found = {way: [] for way in [*ways, (method, workers, 1)]}
        for _ in range(rounds):
            for (name, processes, threads), trainings in found.items():
                options |= {"arch": arch, "method": name, "threads": threads}
                trainings.append(_train(settings.resolve(options), data, processes))
        for (name, processes, threads), trainings in found.items():
            row = {"components": _depth(arch), "method": name}
            row |= {"workers": processes, "threads": threads}
            row["parameters"] = trainings[0]["parameters"]
            row["weights"] = sorted({one["weights"] for one in trainings})
            rates = [rate for one in trainings for rate in one["samples_per_second"]]
            measured.append(row | {"samples_per_second": rates})
            print(
                f"{_depth(arch)} components, {name}, {processes} processes of {threads} threads | "
                f"{statistics.median(rates):.1f} samples/s",
                flush=True,
            )
    stages = [
        {"components": _depth(arch), "seconds": _stage_seconds(replace(config, arch=arch), data)}
        for arch in modelled_archs
    ]
    model = [
        modelled(stage["seconds"], processes, length, config.batch_size)
        for stage in stages
        for processes, length in dict.fromkeys(
            [
                (workers, batches),
                (stage["components"], batches),
                (stage["components"], MNIST_BATCHES),
            ]
        )
        if processes <= stage["components"]
    ]
    common = ("dataset", "batch_size", "width", "target_width", "epochs")
    return {
        "config": {key: getattr(config, key) for key in common} | {"rounds": rounds},
        "batches": batches,
        "hardware": record.hardware(torch.device("cpu")) | {"usable_cores": usable_cores()},
        "versions": record.versions(),
        "measured": measured,
        "stages": stages,
        "model": model,
    }


def write(out: Path, **options: Any) -> None:
    """Measure (see `measure`) and write it as JSON."""
    write_json(out, measure(**options))


def modelled(
    stages: Sequence[float], workers: int, batches: int, batch_size: int
) -> dict[str, float]:
    """Rate of a pipeline whose workers are as fast as one process and pass on at no cost.

    n batches take l workers n + l - 1 turns of the slowest one, and one process n times the sum of
    all stages (thesis 2.2).

    Parameters
    ----------
    stages
        Seconds that a step of each component takes.
    workers
        l; each has consecutive components, shared out as in the real pipeline.
    batches
        n, after which the pipeline runs empty.
    batch_size
        Samples a batch.

    Returns
    -------
    `components`, `workers`, `batches`, `samples_per_second`, and `speedup` over one process.
    """
    parted = shares.balanced(stages, workers)
    slowest = max(sum(stages[k] for k in share) for share in parted)
    seconds = (batches + workers - 1) * slowest
    return {
        "components": len(stages),
        "workers": workers,
        "batches": batches,
        "samples_per_second": batches * batch_size / seconds,
        "speedup": batches * sum(stages) / seconds,
    }


def _depth(arch: str) -> int:
    return registry.networks()[arch]["depth"]


def _train(config: Config, data: Path, workers: int) -> dict[str, Any]:
    """Parameters, weights (their SHA-256) and samples per second by window of one training."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        if workers > 1:
            pipeline.train(config, data, out, workers, checkpoint_seconds=math.inf)
        else:
            loop.train(config, load.load(data, config.dataset), out, checkpoint_seconds=math.inf)
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        weights = (out / "weights.safetensors").read_bytes()
        with (out / "history.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    return {
        "parameters": metrics["parameters"]["total"],
        "weights": hashlib.sha256(weights).hexdigest(),
        "samples_per_second": [
            config.batch_size
            * (int(end["step"]) - int(start["step"]))
            / (float(end["training_seconds"]) - float(start["training_seconds"]))
            for start, end in itertools.pairwise(rows)
            if float(start["epoch"]).is_integer() and float(end["epoch"]).is_integer()
        ],
    }


def _stage_seconds(config: Config, data: Path) -> list[float]:
    """Median seconds that a step of each component takes in one process of one thread."""
    run = Run(config, load.load(data, config.dataset))
    run.begin()
    x, labels = run.prepared(run.images[: config.batch_size]), run.labels[: config.batch_size]
    steps = [
        shares.stage_seconds(run.network, run.optimisers, x, labels) for _ in range(1 + STAGE_STEPS)
    ]
    return [statistics.median(times) for times in zip(*steps[1:], strict=True)]  # one to warm up
