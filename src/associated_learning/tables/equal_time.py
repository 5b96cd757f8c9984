"""Test accuracy of runs that are as long as BP's in time (ours)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Accuracy on the test set after equal time of training, in percent (ours). A step of other"
    " methods takes longer than one of BP. They were trained anew with fewer steps, as many as fit"
    " into BP's time, and with a schedule of learning rates over these. The ratio of the times was"
    " measured by itself beforehand and is stated in the scale's file (table steps). The difference"
    " is the accuracy minus BP's, in percentage points."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of BP's runs and of the shortened ones of other methods, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `steps`, `times_bp` (the time of all
        steps of an ordinary run over BP's, as the scale states it, by which the steps were
        divided; NaN in BP's row), `mean` and `std` (with n - 1) of the accuracies, as fractions,
        and `difference` (`mean` minus BP's), `ci_low`, `ci_high` (see `statistics.difference`; NaN
        in BP's rows and where BP has no runs).
    """
    runs = read.read_runs(inputs)
    read.only_dataset(runs)
    cells = dict(list(runs.groupby(["dataset", "arch", "method"], sort=False)))
    samples = {key: statistics.sample(cell["test_accuracy"]) for key, cell in cells.items()}
    baseline = registry.baseline()
    rows = []
    for (dataset, arch, method), cell in cells.items():
        found, bp = samples[dataset, arch, method], samples.get((dataset, arch, baseline))
        row = {"dataset": dataset, "arch": arch, "method": method, "n": found.n}
        row |= {"steps": cell["steps"].max(), "times_bp": math.nan}
        row |= {"mean": found.mean, "std": found.std} | statistics.NO_DIFFERENCE
        if method != baseline:
            row["times_bp"] = cell["shorten"].max()
            if bp is not None:
                row |= statistics.difference(found, bp)
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, output.INTERVAL)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Ratio": NONE if math.isnan(row["times_bp"]) else f"{row['times_bp']:g}",
        "Steps": f"{row['steps']:,}",
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Difference (points)": output.difference(row),
    }
