"""How long a training step takes, method beside method: equal time is by that."""

import dataclasses
import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from associated_learning.data import load
from associated_learning.data.load import Dataset
from associated_learning.files import atomic_write
from associated_learning.machine import usable_cores
from associated_learning.training import record
from associated_learning.training.config import Config
from associated_learning.training.graph import make_run
from associated_learning.training.run import Run

ROUNDS, STEPS = 10, 10  # methods take turns, so that a slow minute meets them all
SECONDS = 20.0  # a method has fewer rounds, but three, where these have passed


def write(configs: Sequence[Config], data: Path, out: Path) -> None:
    """Measure and write JSON.

    Parameters
    ----------
    configs
        Of the runs. Those of one network on one data set are measured together.
    data
        Folder of prepared data.
    out
        The file: `cells`, a dict for each config with its `dataset`, `arch`, `method`, what
        `measure` gave, and `steps`, those of a whole run; `hardware` with the `usable_cores`,
        `versions`.
    """
    cells: list[dict[str, Any]] = []
    for _, group in itertools.groupby(configs, lambda config: (config.dataset, config.arch)):
        together = list(group)
        cells += measure(together, load.load(data, together[0].dataset))
    device = torch.device(configs[0].device)
    found = {
        "cells": cells,
        "hardware": record.hardware(device) | {"usable_cores": usable_cores()},
        "versions": record.versions(),
    }
    with atomic_write(out) as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measure(
    configs: Sequence[Config], data: Dataset, enough: float | None = None
) -> list[dict[str, Any]]:
    """Time steps of several runs by turns, in this process.

    Parameters
    ----------
    configs
        Of the runs.
    data
        The prepared data set.
    enough
        Seconds of steps of a run after which three rounds are enough (`SECONDS` if None).

    Returns
    -------
    Of each run `dataset`, `arch`, `method`, `steps` of it as a whole, `seconds`, the median of
    those `timed`, and `before_seconds`, of what it does before its first step.
    """
    runs = []
    for config in configs:
        # No epoch must end meanwhile, and no schedule matters to the time.
        runs.append(run := make_run(dataclasses.replace(config, schedule="constant"), data))
        run.begin()
    turns = [_turns(run) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    for number in range(1 + ROUNDS):
        for turn, taken in zip(turns, times, strict=True):
            if number > 3 and sum(taken) > (SECONDS if enough is None else enough):
                continue
            found = next(turn)
            if number:  # the first warms up
                taken += found
    cells = []
    for run, taken in zip(runs, times, strict=True):
        cell = {key: getattr(run.config, key) for key in ("dataset", "arch", "method")}
        cell |= {"steps": run.total_steps, "seconds": median(taken), "timed": len(taken)}
        cells.append(cell | {"before_seconds": run.before.get("seconds", 0.0)})
        ms = 1e3 * cell["seconds"]
        print("{dataset} {arch} {method} |".format_map(cell), f"{ms:.3g} ms a step", flush=True)
    return cells


def _turns(run: Run):
    """Seconds of `STEPS` steps of a run at a time, epoch after epoch."""
    cuda = run.device.type == "cuda"
    taken, started = [], time.perf_counter()
    while True:
        for _ in run.epoch():
            if cuda:
                torch.cuda.synchronize(run.device)
            taken.append(time.perf_counter() - started)
            if len(taken) == STEPS:
                yield taken
                taken = []
            started = time.perf_counter()
