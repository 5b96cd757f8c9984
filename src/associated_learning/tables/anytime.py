"""What every prefix of components predicts, and what it costs (ours)."""

from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import Table


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, a row an architecture and number of components.

    Parameters
    ----------
    inputs
        metrics.json of AL runs, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `components` (how many predict), `n` (seeds),
        `mean` and `std` (with n - 1) of the test accuracies, as fractions, `multiply_adds` for one
        image, and `relative`: those over the whole network's.
    """
    al = runs.read_runs(inputs)
    name, method = runs.only_dataset(al), runs.only_al(al)
    rows = []
    for (dataset, arch, al_method), cell in al.groupby(["dataset", "arch", "method"], sort=False):
        costs = cell["multiply_adds_by_prefix"].iloc[0]
        accuracies = np.array(cell["prefix_test_accuracy"].tolist()).T
        for k, (of_prefix, cost) in enumerate(zip(accuracies, costs, strict=True), start=1):
            row = {"dataset": dataset, "arch": arch, "method": al_method, "components": k}
            row |= {"n": len(cell), "mean": of_prefix.mean(), "std": pd.Series(of_prefix).std()}
            rows.append(row | {"multiply_adds": cost, "relative": cost / costs[-1]})
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy of the prefixes of components of {method} networks on the test set of {name}"
        f" after the last epoch, in percent: {spread}{runs.seeds(frame['n'])}. Cost: multiply-adds"
        " of the dense and convolutional layers that the prefix runs through, for one image, in"
        " millions and relative to the whole network; a bridge reads a whole feature map, so a"
        " short prefix may cost more."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Components": str(row["components"]),
        "n": str(row["n"]),
        "Accuracy (%)": runs.mean_percent(row["mean"], row["std"]),
        "Cost (millions)": f"{row['multiply_adds'] / 1e6:,.2f}",
        "Relative": f"{row['relative']:.2f}",
    }
