"""What a scale will take, before it is run: steps of each of its runs are timed, and multiplied."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from associated_learning import cells, plan
from associated_learning.data import load
from associated_learning.measure import steps
from associated_learning.training.config import Config

EVALUATION = 1.1  # of the time of the steps: to look at a run takes a tenth of it at most
JOB_SECONDS = 5.0  # what a job takes before its first step and after its last
ENOUGH = 2.0  # seconds of steps of a run
TUNING = "learning rates"


class Runs(NamedTuple):
    """Runs that differ by their seed alone, and the experiment that they are first of.

    `part` is the title of the part of the scale's order that they are in; empty without one.
    """

    part: str
    experiment: str
    dataset: str
    arch: str
    method: str
    variant: str
    count: int


def runs(config: cells.Config, scale: str) -> Iterator[Runs]:
    """All trainings of a scale, each once; those that compare learning rates last."""
    seen: set[tuple[str, ...]] = set()
    titles = [entry["title"] for entry in config["scales"][scale].get("order", [])] + [""]

    def title(dataset: str, arch: str) -> str:
        return titles[cells.part(config, scale, dataset, arch)]

    for name, experiment in cells.experiments(config, scale).items():
        if experiment["from"] not in plan.RUN_FILES:
            continue
        for dataset in config["scales"][scale]["datasets"]:
            for arch in cells.networks(config, scale, experiment, dataset):
                for method in cells.methods(config, scale, experiment, dataset, arch):
                    variant = cells.variant(config, scale, experiment, dataset, arch, method)
                    cell = (dataset, arch, method, variant)
                    if variant is not None and cell not in seen:
                        seen.add(cell)
                        count = cells.seeds(config, scale, dataset, arch, method)
                        yield Runs(title(dataset, arch), name, *cell, count)
    rates = config["scales"][scale].get("tuning", {}).get("learning_rates", [])
    for path in plan.tunings(config, scale):
        dataset, arch, method = Path(path).parts[-4:-1]
        yield Runs(title(dataset, arch), TUNING, dataset, arch, method, "", len(rates))


def flags(config: cells.Config, scale: str, run: Runs) -> str:
    """Flags of the train command for such runs."""
    cell = {"dataset": run.dataset, "arch": run.arch, "method": run.method}
    if run.experiment != TUNING:
        return plan.flags(cell | plan.run_settings(config, scale, *run[2:6]))
    told = plan.tune_settings(config, scale, *run[2:5])
    return plan.flags(cell | {k: told[k] for k in told if k not in ("learning_rates", "held_out")})


def hours(of: Sequence[tuple[Runs, Config]], data: Path) -> list[dict[str, Any]]:
    """Time steps of every run, on its threads, and multiply.

    Parameters
    ----------
    of
        Runs with the config of one of each.
    data
        Folder of prepared data.

    Returns
    -------
    By part and experiment, `part`, `experiment`, `trainings`, and `hours` one after the other. A
    training that several experiments read counts in the first of them; extensions of a grid of
    rates do not.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for (dataset, _), group in itertools.groupby(of, lambda one: one[0][2:4]):
        together, prepared = list(group), load.load(data, dataset)
        alike = {_alike(config): config for _, config in together}
        timed = steps.measure(list(alike.values()), prepared, ENOUGH)
        cells_of = dict(zip(alike, timed, strict=True))
        for run, config in together:
            cell = cells_of[_alike(config)]
            images = config.train_subset or len(prepared.train_images)
            count = config.epochs * (images // config.batch_size) / config.shorten
            one = EVALUATION * count * cell["seconds"] + cell["before_seconds"]
            row = found.setdefault(run[:2], {"trainings": 0, "hours": 0.0})
            row["trainings"] += run.count
            row["hours"] += run.count * (one + JOB_SECONDS) / 3600
    return [
        {"part": part, "experiment": experiment, **row} for (part, experiment), row in found.items()
    ]


def _alike(config: Config) -> Config:
    """The same of all runs whose steps take as long."""
    other = {"seed": 0, "epochs": 1, "shorten": 1.0, "learning_rate": 1.0, "train_subset": None}
    return dataclasses.replace(config, **other)
