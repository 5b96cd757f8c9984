"""What every prefix of components predicts, and what it costs (ours)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import Table

CAPTION = (
    "Accuracy of every prefix of components on the test set after the last epoch, in percent"
    " (ours). The cost is that of the dense and convolutional layers that the prefix runs through,"
    " for one image. It is given in millions of multiply-adds and relative to the whole network. A"
    " bridge reads a whole feature map, so a short prefix may cost more."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and number of components.

    Parameters
    ----------
    inputs
        metrics.json of runs whose components predict by themselves, of whatever seeds; those of
        the baseline, which the figure shows beside, are left out.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `components` (how many predict), `n` (seeds),
        `mean` and `std` (with n - 1) of the test accuracies, as fractions, `multiply_adds` for one
        image, and `relative`: those over the whole network's.
    """
    runs = read.read_runs(inputs)
    read.only_dataset(runs)
    only = read.only_prefix_method(runs)
    runs, label = runs[runs["method"] == only], registry.method_label(only)
    rows = []
    for (dataset, arch, method), cell in runs.groupby(["dataset", "arch", "method"], sort=False):
        costs = cell["multiply_adds_by_prefix"].iloc[0]
        accuracies = zip(*cell["prefix_test_accuracy"], strict=True)
        for k, (of_prefix, cost) in enumerate(zip(accuracies, costs, strict=True), start=1):
            row = {"dataset": dataset, "arch": arch, "method": method, "components": k}
            mean, std, n = statistics.sample(of_prefix)
            row |= {"n": n, "mean": mean, "std": std}
            rows.append(row | {"multiply_adds": cost, "relative": cost / costs[-1]})
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, f"Method: {label}.")
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Components": str(row["components"]),
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Cost (millions)": f"{row['multiply_adds'] / 1e6:,.2f}",
        "Relative": f"{row['relative']:.2f}",
    }
