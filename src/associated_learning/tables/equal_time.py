"""Test accuracy after as much time of training as BP took (ours)."""

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
        metrics.json of the runs, of whatever seeds, history.csv beside each.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `seconds` (of training, the median
        over the seeds; see `runs.read_histories`), `times_bp` (over BP's), `mean` and `std` (with n
        - 1) of the final test accuracies, as fractions; `mean_then` and `std_then` of those at the
        last evaluation that came, in the median over the seeds, within BP's `seconds`, `part` (of
        all steps) that was done by then, and `difference` (`mean_then` minus BP's `mean`),
        `ci_low`, `ci_high` (see `accuracy.welch_interval`). What compares with BP is NaN where it
        has no runs, where another was not evaluated within its time, and in its own rows.
    """
    histories = runs.read_histories(inputs)
    name = runs.only_dataset(histories)
    cells = dict(list(histories.groupby(["dataset", "arch", "method"], sort=False)))
    rows = []
    for (dataset, arch, method), cell in cells.items():
        ends = cell.groupby("seed").last()
        row = {"dataset": dataset, "arch": arch, "method": method, "n": len(ends)}
        row |= {"seconds": ends["seconds"].median(), "times_bp": math.nan}
        row |= {"mean": ends["test_accuracy"].mean(), "std": ends["test_accuracy"].std()}
        row |= dict.fromkeys(("mean_then", "std_then", "part"), math.nan)
        row |= dict.fromkeys(("difference", "ci_low", "ci_high"), math.nan)
        bp = cells.get((dataset, arch, "bp"))
        if bp is not None and method != "bp":
            bp = bp.groupby("seed").last()
            limit = bp["seconds"].median()
            row["times_bp"] = row["seconds"] / limit
            reached = cell.groupby("step")["seconds"].median()
            if (reached <= limit).any():
                step = reached.index[reached <= limit].max()
                accuracies = sample(cell.loc[cell["step"] == step, "test_accuracy"])
                row["mean_then"], row["std_then"], _ = accuracies
                row["part"] = step / ends["step"].max()
                row["difference"] = row["mean_then"] - bp["test_accuracy"].mean()
                row["ci_low"], row["ci_high"] = welch_interval(
                    accuracies, sample(bp["test_accuracy"])
                )
        rows.append(row)
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy on the test set of {name} after equal time of training, in percent: {spread}"
        f"{runs.seeds(frame['n'])}. Time: that of all training steps, without evaluations, over"
        " BP's (medians over the seeds). In BP's time: at the last evaluation within the time that"
        " BP took for all its epochs, so after a little less, and the part of the steps done by"
        " then; a schedule of learning rates was then not at its end, BP's was. Difference: of that"
        " and BP's final accuracy, in percentage points; in brackets, where seeds allow one,"
        " Welch's 95 % interval."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    compared = not math.isnan(row["difference"])
    difference = runs.percent(row["difference"], "+") if compared else NONE
    if not math.isnan(row["ci_low"]):
        difference += f" [{runs.percent(row['ci_low'], '+')}, {runs.percent(row['ci_high'], '+')}]"
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Method": runs.METHODS[row["method"]],
        "n": str(row["n"]),
        "Time (× BP's)": NONE if math.isnan(row["times_bp"]) else f"{row['times_bp']:.1f}",
        "At the end (%)": runs.mean_percent(row["mean"], row["std"]),
        "In BP's time (%)": (
            runs.mean_percent(row["mean_then"], row["std_then"]) if compared else NONE
        ),
        "Steps by then": f"{row['part']:.0%}" if compared else NONE,
        "Difference (points)": difference,
    }
