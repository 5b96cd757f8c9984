"""What it brings, and costs, to train the target path before the first image (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "What it brings, and costs, to train AL's target path before the first image (ours). Accuracy"
    " is that on the test set after the last epoch, in percent. Steps to half are the training"
    " steps after which the accuracy first reaches half of BP's mean final one. This mark is the"
    " same for all methods. The accuracy is looked at after 50, 100, 200, 500, 1,000, ... steps"
    " on up to 2,000 evenly spaced test images, and after at most ten epochs on all, less often in"
    " short runs. The steps are a median over the seeds; brackets say how many seeds"
    " come to the mark, where not all do. Target path is what training it alone takes, in steps on"
    " the one-hot vectors and in seconds, as medians over the seeds."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs, of whatever seeds, history.csv beside each.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `mean` and `std` (with n - 1) of the
        final test accuracies, as fractions; `half`, half of BP's mean; `half_reached`, the seeds
        that come to it; `half_steps`, the median over all seeds of the first evaluated step at
        or above it, infinite where it is not reached; where the target path was trained first, the
        medians of the steps and seconds of that (`target_first_steps`, `target_first_seconds`).
    """
    runs, histories = read.read_runs(inputs), read.read_histories(inputs)
    read.only_dataset(runs)
    cells = dict(list(runs.groupby(["dataset", "arch", "method"], sort=False)))
    samples = {key: statistics.sample(cell["test_accuracy"]) for key, cell in cells.items()}
    rows = []
    for (dataset, arch, method), cell in cells.items():
        mean, std, n = samples[dataset, arch, method]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": n, "mean": mean, "std": std}
        bp = samples.get((dataset, arch, registry.baseline()))
        half = math.nan if bp is None else bp.mean / 2
        epochs = histories[(histories["arch"] == arch) & (histories["method"] == method)]
        first = epochs[epochs["test_accuracy"] >= half].groupby("seed")["step"].min()
        row |= {"half": half, "half_reached": len(first)}
        row["half_steps"] = first.reindex(cell["seed"]).fillna(math.inf).median()
        for key in ("target_first_steps", "times.target_first_seconds"):
            row[key.removeprefix("times.")] = pd.to_numeric(cell[key]).median()
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    steps = "not reached" if math.isinf(row["half_steps"]) else f"{row['half_steps']:,.0f}"
    if math.isnan(row["half"]):
        steps = NONE
    elif 0 < row["half_reached"] < row["n"]:
        steps += f" ({row['half_reached']}/{row['n']})"
    first = not math.isnan(row["target_first_steps"])
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Steps to half": steps,
        "Target path (steps)": f"{row['target_first_steps']:,.0f}" if first else NONE,
        "Target path (s)": f"{row['target_first_seconds']:.1f}" if first else NONE,
    }
