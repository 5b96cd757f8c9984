"""Which learning rate each network and method was given, and what it was chosen by."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import NONE, Table


def make(inputs: list[Path]) -> Table:
    """Make the table, a row a network, method and learning rate.

    Parameters
    ----------
    inputs
        What was found (see `tuning.measure`), a file a network and method.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `learning_rate`, `accuracy` on the held-out images
        (NaN where the losses were not finite), `chosen` (the highest; of equals, the lowest rate).
    """
    found = runs.read_tunings(inputs)
    best = found.sort_values("learning_rate").groupby(runs.CELL[:3])["accuracy"].idxmax()
    found["chosen"] = found.index.isin(best)
    rates = sorted(found["learning_rate"].unique())
    rows = []
    for (dataset, arch, method), cell in found.groupby(runs.CELL[:3], sort=False):
        by_rate = cell.set_index("learning_rate")
        row = {"Data set": runs.DATASETS[dataset], "Architecture": runs.arch_name(arch)}
        row |= {"Method": runs.METHODS[method], "Steps": f"{cell['steps'].iloc[0]:,}"}
        for rate in rates:
            row[f"{rate:g}"] = _show(by_rate.loc[rate]) if rate in by_rate.index else NONE
        rows.append(row)
    held_out = ", ".join(f"{n:,}" for n in sorted(found["held_out"].unique()))
    seeds = ", ".join(map(str, sorted(found["seed"].unique())))
    caption = (
        f"Accuracy by learning rate on the last {held_out} training images, held out, in percent, "
        f"of one training with seed {seeds}, which no result uses. The highest, marked *, is what "
        "the scale gives to the network and method. No test image was looked at. AL: rate of f and "
        "b; that of g and h is twice it. Out: the losses were not finite."
    )
    columns = [*runs.CELL[:3], "learning_rate", "accuracy", "chosen"]
    return Table(found[columns], caption, pd.DataFrame(rows))


def _show(row: pd.Series) -> str:
    if math.isnan(row["accuracy"]):
        return "out"
    return runs.percent(row["accuracy"]) + (" *" if row["chosen"] else "")
