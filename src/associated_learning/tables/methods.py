"""Every method on every network that it can train (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Every method on every network that it can train, at equal steps (ours). Accuracy is that on"
    " the test set after the last epoch, in percent, its mean with Student's 95 % interval. The"
    " difference is the mean minus that of BP, in percentage points. A component has started if it"
    " predicts right more than twice as often as chance, in the mean over the seeds. A step's time"
    " is that of all training steps over their number, the median over the seeds; it is compared"
    " with BP's as far as both ran on the same kind of processor: without a ratio, milliseconds are"
    " not comparable either. It was measured in the runs themselves, which had other jobs beside"
    " them. BP without pooling is compared with BP."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `steps` (of training, the least of
        the seeds'), `mean`, `std` (with n - 1), `low` and `high` (see `statistics.mean_interval`)
        of the accuracies, as fractions; beside BP `difference` (mean minus that of BP), `ci_low`,
        `ci_high` (see `statistics.difference`); where components predict by themselves `started`:
        how many have, of how many ("3/4"); `step_ms`, the median milliseconds of a step, and
        `times_bp` (over BP's, of runs on processors that both ran on; NaN where there are none).
    """
    runs = read.read_runs(inputs)
    read.only_dataset(runs)
    hardware = runs.reindex(columns=["hardware.processor", "hardware.accelerator"]).fillna("")
    runs["processor"] = hardware.agg(" ".join, axis=1)
    runs["step_ms"] = 1000 * runs["times.training_seconds"] / runs["steps"]
    cells = dict(list(runs.groupby(["dataset", "arch", "method"], sort=False)))
    rows = []
    for (dataset, arch, method), cell in cells.items():
        sample = statistics.sample(cell["test_accuracy"])
        low, high = statistics.mean_interval(sample)
        row = {"dataset": dataset, "arch": arch, "method": method, "n": sample.n}
        row |= {"steps": cell["steps"].min(), "mean": sample.mean, "std": sample.std}
        row |= {"low": low, "high": high} | statistics.NO_DIFFERENCE | {"started": None}
        row |= {"step_ms": cell["step_ms"].median(), "times_bp": math.nan}
        prefixes = statistics.prefix_means(cell["prefix_test_accuracy"])
        if prefixes is not None:
            row["started"] = statistics.started(prefixes, registry.classes(dataset))
        compared = dataset, registry.shown_beside(arch), registry.baseline()
        if compared != (dataset, arch, method) and compared in cells:
            bp = cells[compared]
            row |= statistics.difference(sample, statistics.sample(bp["test_accuracy"]))
            row["times_bp"] = _times(cell, bp)
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = " ".join(
        [
            CAPTION,
            f"Data set: {read.only_dataset(frame)}. Means are over {read.seeds(frame['n'])}.",
            output.INTERVAL,
        ]
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _times(cell: pd.DataFrame, bp: pd.DataFrame) -> float:
    """Time of a step over BP's, of medians on each processor that both ran on; their median."""
    a, b = (of.groupby("processor")["step_ms"].median() for of in (cell, bp))
    return (a / b).median()  # NaN where they share none


def _show(row: dict) -> dict[str, str]:
    accuracy = output.percent(row["mean"])
    if not math.isnan(row["low"]):
        accuracy += f" [{output.percent(row['low'])}, {output.percent(row['high'])}]"
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Accuracy (%)": accuracy,
        "Difference (points)": output.difference(row),
        "Started": row["started"] or NONE,
        "Step (ms)": f"{row['step_ms']:.1f}",
        "Step (× BP's)": NONE if math.isnan(row["times_bp"]) else f"{row['times_bp']:.1f}",
    }
