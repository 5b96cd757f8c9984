"""AL against its own inference path trained end to end (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.accuracy import sample, welch_interval
from associated_learning.tables.output import NONE, Table


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, a row an architecture and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs of AL and its controls, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `mean` and `std` (with n - 1) of the
        accuracies, as fractions; in a control's row `difference` (AL's mean minus that of the
        control), `ci_low` and `ci_high` (see `accuracy.welch_interval`).
    """
    all_runs = runs.read_runs(inputs)
    name = runs.only_dataset(all_runs)
    cells = dict(list(all_runs.groupby(["dataset", "arch", "method"], sort=False)))
    rows = []
    for (dataset, arch, method), cell in cells.items():
        accuracies = cell["test_accuracy"]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": len(cell)}
        row |= {"mean": accuracies.mean(), "std": accuracies.std()}
        row |= dict.fromkeys(("difference", "ci_low", "ci_high"), math.nan)
        if method != "al" and (al := cells.get((dataset, arch, "al"))) is not None:
            row["difference"] = al["test_accuracy"].mean() - row["mean"]
            row["ci_low"], row["ci_high"] = welch_interval(
                sample(al["test_accuracy"]), sample(accuracies)
            )
        rows.append(row)
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        "AL's inference path (forward maps, last bridge, decoders) trained by AL and, as a control,"
        " end to end by backpropagation of a cross-entropy or mean squared error: accuracy on the"
        f" test set of {name} after the last epoch, in percent, {spread}{runs.seeds(frame['n'])}."
        " AL − control: difference of the means in percentage points; in brackets, where seeds"
        " allow one, Welch's 95 % interval."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    difference = NONE
    if not math.isnan(row["difference"]):
        difference = runs.percent(row["difference"], "+")
        if not math.isnan(row["ci_low"]):
            ends = runs.percent(row["ci_low"], "+"), runs.percent(row["ci_high"], "+")
            difference += f" [{ends[0]}, {ends[1]}]"
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Method": runs.METHODS[row["method"]],
        "n": str(row["n"]),
        "Accuracy (%)": runs.mean_percent(row["mean"], row["std"]),
        "AL − control (points)": difference,
    }
