"""Best test accuracy of every network and method. A template to copy."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read
from associated_learning.tables.output import Table, caption, percent

CAPTION = "Highest test accuracy of the seeds after the last epoch, in percent."


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, with one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `best`, a fraction.
    """
    runs = read.read_runs(inputs)
    cells = runs.groupby(["dataset", "arch", "method"], sort=False)["test_accuracy"]
    frame = cells.agg(n="size", best="max").reset_index()
    shown = pd.DataFrame(
        {
            "Network": frame["arch"].map(registry.network_label),
            "Method": frame["method"].map(registry.method_label),
            "n": frame["n"].astype(str),
            "Best (%)": frame["best"].map(percent),
        }
    )
    return Table(frame, caption(CAPTION, frame), shown)
