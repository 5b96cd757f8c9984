"""Networks of sigmoids by depth: accuracy, and the first layer's gradient (thesis, abstract)."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import runs
from associated_learning.tables.accuracy import AL_METHODS
from associated_learning.tables.output import NONE, Table


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, a row a depth and method.

    Parameters
    ----------
    inputs
        metrics.json of the sigmoid networks' runs, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `depth`, `method`, `n` (seeds), `mean`, `std` (with n - 1), `min`
        and `max` of the test accuracies and `chance`, as fractions; `gradient_initial` and
        `gradient_final`, geometric means of the norm of the first forward layer's gradient; in AL
        `started`: how many of its prefixes are, in the mean over seeds, right more than twice as
        often as chance ("15/16"), and `first_mean`, the mean accuracy of the first component alone,
        which has one hidden forward layer.
    """
    sweep = runs.read_sigmoid(inputs)
    name = runs.only_dataset(sweep)
    chance = 1 / runs.CLASSES[sweep["dataset"].iloc[0]]
    rows = []
    for (dataset, depth, method), cell in sweep.groupby(["dataset", "depth", "method"], sort=False):
        row = {"dataset": dataset, "depth": depth, "method": method, "n": len(cell)}
        row |= cell["test_accuracy"].agg(["mean", "std", "min", "max"]).to_dict()
        row["chance"] = chance
        for moment in ("initial", "final"):
            first = [norms[0] for norms in cell[f"gradient_norms.{moment}"]]
            with np.errstate(divide="ignore"):  # of a gradient that underflowed to 0
                row[f"gradient_{moment}"] = np.exp(np.log(first).mean())
        row |= {"started": None, "first_mean": math.nan}
        if method in AL_METHODS:
            prefixes = np.mean(cell["prefix_test_accuracy"].tolist(), axis=0)
            row["started"] = f"{sum(prefixes > 2 * chance)}/{len(prefixes)}"
            row["first_mean"] = prefixes[0]
        rows.append(row)
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy of networks of sigmoids on the test set of {name} after the last epoch, in"
        f" percent, by the number of hidden forward layers: {spread}{runs.seeds(frame['n'])};"
        f" chance is {100 * chance:g} %. Gradient: norm of the first forward layer's,"
        " before and after training, geometric mean over the seeds; 0: it underflowed, of one seed"
        " at least. Started: of an AL network's components, how many predict right more than twice"
        " as often as chance. First: accuracy of its first component alone, which has one hidden"
        " forward layer."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    least, most = runs.percent(row["min"]), runs.percent(row["max"])
    return {
        "Depth": str(row["depth"]),
        "Method": runs.METHODS[row["method"]],
        "n": str(row["n"]),
        "Accuracy (%)": runs.mean_percent(row["mean"], row["std"]),
        "Range (%)": f"{least}–{most}" if row["n"] > 1 else NONE,
        "Gradient, initial": f"{row['gradient_initial']:.1e}" if row["gradient_initial"] else "0",
        "Gradient, final": f"{row['gradient_final']:.1e}" if row["gradient_final"] else "0",
        "Started": row["started"] or NONE,
        "First (%)": NONE if math.isnan(row["first_mean"]) else runs.percent(row["first_mean"]),
    }
