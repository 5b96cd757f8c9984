"""What a scale will take, before it is run: steps of each of its runs are timed, and multiplied."""

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
TUNING = "learning rates"


class Runs(NamedTuple):
    """Runs that differ by their seed alone, and the experiment that they are first of."""

    experiment: str
    dataset: str
    arch: str
    method: str
    variant: str
    count: int


def runs(config: cells.Config, scale: str) -> Iterator[Runs]:
    """All trainings of a scale, each once; those that compare learning rates last."""
    seen: set[tuple[str, ...]] = set()
    for name, experiment in config["experiments"].items():
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
                        yield Runs(name, *cell, count)
    rates = config["scales"][scale].get("tuning", {}).get("learning_rates", [])
    for path in plan.tunings(config, scale):
        dataset, arch, method = Path(path).parts[-4:-1]
        yield Runs(TUNING, dataset, arch, method, "", len(rates))


def flags(config: cells.Config, scale: str, run: Runs) -> str:
    """Flags of the train command for such runs."""
    cell = {"dataset": run.dataset, "arch": run.arch, "method": run.method}
    if run.experiment != TUNING:
        return plan.flags(cell | plan.run_settings(config, scale, *run[1:5]))
    told = plan.tune_settings(config, scale, *run[1:4])
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
    By experiment `experiment`, `trainings`, and `hours` one after the other. A training that
    several experiments read counts in the first of them; extensions of a grid of rates do not.
    """
    found: dict[str, dict[str, Any]] = {}
    for (dataset, _), group in itertools.groupby(of, lambda one: (one[0].dataset, one[0].arch)):
        together = list(group)
        timed = steps.measure([config for _, config in together], load.load(data, dataset))
        for (run, _), cell in zip(together, timed, strict=True):
            one = EVALUATION * cell["steps"] * cell["seconds"] + cell["before_seconds"]
            row = found.setdefault(run.experiment, {"trainings": 0, "hours": 0.0})
            row["trainings"] += run.count
            row["hours"] += run.count * (one + JOB_SECONDS) / 3600
    return [{"experiment": name, **row} for name, row in found.items()]
