"""What it brings, and costs, to train the target path before the first image (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import NONE, Table


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, a row an architecture and method.

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
    all_runs, histories = runs.read_runs(inputs), runs.read_histories(inputs)
    name = runs.only_dataset(all_runs)
    finals = all_runs.groupby(["arch", "method"])["test_accuracy"].mean()
    rows = []
    for (dataset, arch, method), cell in all_runs.groupby(
        ["dataset", "arch", "method"], sort=False
    ):
        accuracies = cell["test_accuracy"]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": len(cell)}
        row |= {"mean": accuracies.mean(), "std": accuracies.std()}
        half = finals.get((arch, "bp"), math.nan) / 2
        epochs = histories[(histories["arch"] == arch) & (histories["method"] == method)]
        first = epochs[epochs["test_accuracy"] >= half].groupby("seed")["step"].min()
        row |= {"half": half, "half_reached": len(first)}
        row["half_steps"] = first.reindex(cell["seed"]).fillna(math.inf).median()
        for key in ("target_first_steps", "times.target_first_seconds"):
            row[key.removeprefix("times.")] = pd.to_numeric(cell[key]).median()
        rows.append(row)
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy on the test set of {name} after the last epoch, in percent: {spread}"
        f"{runs.seeds(frame['n'])}. Steps to half: training steps after which the accuracy first is"
        " at least half of BP's mean final one, one mark for all methods; it is looked at after"
        " 50, 100, 200, 500, 1,000, ... steps and every epoch; median over the"
        " seeds, and how many of them come to it, where not all do. Target path: what training it"
        " alone before the first image takes, in steps on the one-hot vectors and in seconds,"
        " medians over the seeds."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    steps = "not reached" if math.isinf(row["half_steps"]) else f"{row['half_steps']:,.0f}"
    if math.isnan(row["half"]):
        steps = NONE
    elif 0 < row["half_reached"] < row["n"]:
        steps += f" ({row['half_reached']}/{row['n']})"
    first = not math.isnan(row["target_first_steps"])
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Method": runs.METHODS[row["method"]],
        "n": str(row["n"]),
        "Accuracy (%)": runs.mean_percent(row["mean"], row["std"]),
        "Steps to half": steps,
        "Target path (steps)": f"{row['target_first_steps']:,.0f}" if first else NONE,
        "Target path (s)": f"{row['target_first_seconds']:.1f}" if first else NONE,
    }
