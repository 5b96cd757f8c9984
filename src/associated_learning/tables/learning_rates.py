"""Which learning rate each network and method was given, and what it was chosen by."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read
from associated_learning.tables.output import NONE, Table, percent

CAPTION = (
    "Accuracy by learning rate on training images that were held out, in percent. The scale's"
    " file stated the rule of the comparison beforehand, and it holds for every method. * marks"
    " the highest accuracy. The scale gives its learning rate to the network and method. No test"
    " image was looked at. In AL the rate is that of f and b, and the rate of g and h is twice it."
    " Out: the losses were not finite."
)


def make(inputs: list[Path]) -> Table:
    """Make the table, one row per network, method and learning rate.

    Parameters
    ----------
    inputs
        What was found (see `measure.tuning`), one file per network and method.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `learning_rate`, `accuracy` on the held-out images
        (NaN where the losses were not finite), `chosen` (the highest; of equals, the lowest rate).
    """
    found = read.read_tunings(inputs)
    cell_of = read.CELL[:3]
    best = found.sort_values("learning_rate").groupby(cell_of)["accuracy"].idxmax()
    found["chosen"] = found.index.isin(best)
    rates = sorted(found["learning_rate"].unique())
    rows = []
    for (dataset, arch, method), cell in found.groupby(cell_of, sort=False):
        by_rate = cell.set_index("learning_rate")
        row = {"Data set": registry.dataset_label(dataset)}
        row |= {"Architecture": registry.network_label(arch)}
        row |= {"Method": registry.method_label(method), "Steps": f"{cell['steps'].iloc[0]:,}"}
        for rate in rates:
            row[f"{rate:g}"] = _show(by_rate.loc[rate]) if rate in by_rate.index else NONE
        rows.append(row)
    held_out = ", ".join(f"{n:,}" for n in sorted(found["held_out"].unique()))
    seeds = ", ".join(map(str, sorted(found["seed"].unique())))
    trained = (
        f"Held out were the last {held_out} training images. Each accuracy is that of one training"
        f" with seed {seeds}, which no result uses."
    )
    columns = [*cell_of, "learning_rate", "accuracy", "chosen"]
    return Table(found[columns], f"{CAPTION} {trained}", pd.DataFrame(rows))


def _show(row: pd.Series) -> str:
    if math.isnan(row["accuracy"]):
        return "out"
    return percent(row["accuracy"]) + (" *" if row["chosen"] else "")
