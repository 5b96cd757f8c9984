"""Test accuracy after as much time of training as BP took (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Accuracy on the test set after equal time of training, in percent (ours). Time is that of"
    " all training steps, without evaluations, relative to BP's (medians over the seeds). The"
    " accuracy in BP's time is that of the last evaluation within the time that BP took for all"
    " its epochs. This evaluation comes a little before BP's end. Steps by then are the share of"
    " all steps done at this evaluation. BP's schedule of learning rates has ended by then, the"
    " other method's has not. The difference is the accuracy in BP's time minus BP's final"
    " accuracy, in percentage points."
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
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `seconds` (of training, the median
        over the seeds; see `read.read_histories`), `times_bp` (over BP's), `mean` and `std` (with n
        - 1) of the final test accuracies, as fractions; `mean_then` and `std_then` of those at the
        last evaluation that came, in the median over the seeds, within BP's `seconds`, `part` (of
        all steps) that was done by then, and `difference` (`mean_then` minus BP's `mean`),
        `ci_low`, `ci_high` (see `statistics.difference`). What compares with BP is NaN where it
        has no runs, where another was not evaluated within its time, and in its own rows.
    """
    histories = read.read_histories(inputs)
    read.only_dataset(histories)
    cells = dict(list(histories.groupby(["dataset", "arch", "method"], sort=False)))
    ends = {key: cell.groupby("seed").last() for key, cell in cells.items()}
    baseline = registry.baseline()
    rows = []
    for (dataset, arch, method), cell in cells.items():
        end, bp = ends[dataset, arch, method], ends.get((dataset, arch, baseline))
        mean, std, n = statistics.sample(end["test_accuracy"])
        row = {"dataset": dataset, "arch": arch, "method": method, "n": n}
        row |= {"seconds": end["seconds"].median(), "times_bp": math.nan, "mean": mean, "std": std}
        row |= dict.fromkeys(("mean_then", "std_then", "part"), math.nan)
        row |= statistics.NO_DIFFERENCE
        if bp is not None and method != baseline:
            limit = bp["seconds"].median()
            row["times_bp"] = row["seconds"] / limit
            reached = cell.groupby("step")["seconds"].median()
            if (reached <= limit).any():
                step = reached.index[reached <= limit].max()
                then = statistics.sample(cell.loc[cell["step"] == step, "test_accuracy"])
                row["mean_then"], row["std_then"], _ = then
                row["part"] = step / end["step"].max()
                row |= statistics.difference(then, statistics.sample(bp["test_accuracy"]))
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, output.INTERVAL)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    compared = not math.isnan(row["difference"])
    then = output.plus_minus(row["mean_then"], row["std_then"]) if compared else NONE
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Time (× BP's)": NONE if math.isnan(row["times_bp"]) else f"{row['times_bp']:.1f}",
        "At the end (%)": output.plus_minus(row["mean"], row["std"]),
        "In BP's time (%)": then,
        "Steps by then": f"{row['part']:.0%}" if compared else NONE,
        "Difference (points)": output.difference(row),
    }
