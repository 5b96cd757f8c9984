"""How fast BP and AL train, measured; and how fast a pipeline could be, by a model (thesis 2.2).

The networks are perceptrons of equal width, one component a hidden layer, and every measurement is
an ordinary training. The images are scikit-learn's digits: of what they show no rate depends.
"""

import csv
import hashlib
import itertools
import json
import math
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from associated_learning import datasets, pipeline, training
from associated_learning.architectures import sigmoid

DATASET = "digits"
STAGE_STEPS = 10  # a stage's time is their median
MNIST_BATCHES = 60_000 // 32  # the model's longer epoch


def measure(
    components: Sequence[int],
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
    components
        Numbers of components, each one of `sigmoid.DEPTHS`.
    width, target_width
        As in `training.Config`.
    epochs
        Of each training, at least 4. Each is a window, timed by itself, but for the first, which
        warms up, and those within which the network is evaluated, when a pipeline runs empty.
    rounds
        Trainings of each kind. Kinds take turns, so that other work on the machine meets them all.
    workers
        Processes of the pipeline, and threads of one process beside it.
    data
        Folder of prepared data, with digits.

    Returns
    -------
    `config`, what is common to all trainings, and `batches`, those of an epoch; `hardware`, with
    the `usable_cores`; `versions`; `measured`, a dict a kind of training: `components`, `method`,
    `workers`, `threads`, `parameters`, `weights`, SHA-256 of those that its trainings ended with,
    each once, and `samples_per_second`, one for each window; `stages`: `components` and `seconds`,
    one for each component; `model`: see `modelled`.
    """
    options = dict.fromkeys(field.name for field in fields(training.Config))
    options |= {"dataset": DATASET, "arch": "sigmoid2", "method": "al", "seed": 0, "threads": 1}
    options |= {"epochs": epochs, "width": width, "target_width": target_width, "device": "cpu"}
    config = training.resolve(options)
    batches = len(datasets.load(data, DATASET).train_images) // config.batch_size
    measured = []
    for n in components:
        ways = [("bp", 1, 1), ("bp", 1, workers), ("al", 1, 1), ("al", 1, workers)]
        found: dict[tuple[str, int, int], list[dict[str, Any]]]
        found = {way: [] for way in [*ways, ("al", workers, 1)]}
        for _ in range(rounds):
            for (method, processes, threads), trainings in found.items():
                options |= {"arch": f"sigmoid{n}", "method": method, "threads": threads}
                trainings.append(_train(training.resolve(options), data, processes))
        for (method, processes, threads), trainings in found.items():
            row = {"components": n, "method": method, "workers": processes, "threads": threads}
            row["parameters"] = trainings[0]["parameters"]
            row["weights"] = sorted({one["weights"] for one in trainings})
            rates = [rate for one in trainings for rate in one["samples_per_second"]]
            measured.append(row | {"samples_per_second": rates})
            print(
                f"{n} components, {method}, {processes} processes of {threads} threads | "
                f"{statistics.median(rates):.1f} samples/s",
                flush=True,
            )
    stages = [
        {"components": n, "seconds": _stage_seconds(replace(config, arch=f"sigmoid{n}"), data)}
        for n in sigmoid.DEPTHS
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
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    common = ("dataset", "batch_size", "width", "target_width", "epochs")
    return {
        "config": {key: getattr(config, key) for key in common} | {"rounds": rounds},
        "batches": batches,
        "hardware": training.hardware(torch.device("cpu")) | {"usable_cores": usable},
        "versions": training.versions(),
        "measured": measured,
        "stages": stages,
        "model": model,
    }


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
    shares = pipeline.balanced(stages, workers)
    slowest = max(sum(stages[k] for k in share) for share in shares)
    seconds = (batches + workers - 1) * slowest
    return {
        "components": len(stages),
        "workers": workers,
        "batches": batches,
        "samples_per_second": batches * batch_size / seconds,
        "speedup": batches * sum(stages) / seconds,
    }


def _train(config: training.Config, data: Path, workers: int) -> dict[str, Any]:
    """Parameters, weights (their SHA-256) and samples per second by window of one training."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        if workers > 1:
            pipeline.train(config, data, out, workers, checkpoint_seconds=math.inf)
        else:
            training.train(config, datasets.load(data, DATASET), out, checkpoint_seconds=math.inf)
        metrics = json.loads((out / "metrics.json").read_text())
        weights = (out / "weights.safetensors").read_bytes()
        with (out / "history.csv").open(newline="") as file:
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


def _stage_seconds(config: training.Config, data: Path) -> list[float]:
    """Median seconds that a step of each component takes in one process of one thread."""
    with tempfile.TemporaryDirectory() as folder:
        run = training.Run(config, datasets.load(data, DATASET), Path(folder, "checkpoint.pt"))
    x, labels = run.prepared(run.images[: config.batch_size]), run.labels[: config.batch_size]
    steps = [
        pipeline.stage_seconds(run.network, run.optimisers, x, labels)
        for _ in range(1 + STAGE_STEPS)
    ]
    return [statistics.median(times) for times in zip(*steps[1:], strict=True)]  # one to warm up
