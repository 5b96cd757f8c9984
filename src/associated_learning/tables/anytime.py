"""What every prefix of components predicts, early exits too, and what it costs (ours)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import registry
from associated_learning.results import exits, read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import Table

CAPTION = (
    "Accuracy of every prefix of components on the test set after the last epoch, in percent"
    " (ours). The cost is that of the dense and convolutional layers that the prefix runs through,"
    " for one image. It is given in millions of multiply-adds and relative to the whole network. A"
    " bridge reads a whole feature map, so a short prefix may cost more."
)
EXITS = (
    "In a row with a threshold each image is answered by the first prefix whose largest score"
    " reaches it, or else by the last. It then cost the blocks up to there, each once, and what"
    " every prefix up to there adds to them, in AL its bridge and decoders. Components and costs"
    " are means over the images; the last column says how many of these leave at each component."
    " The thresholds were stated before; none is chosen."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and number of components, or threshold.

    Parameters
    ----------
    inputs
        metrics.json of runs whose components predict by themselves, of whatever seeds, and
        exits.csv of some; those of the baseline, which the figure shows beside, are left out.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `components` (how many predict), `n` (seeds),
        `mean` and `std` (with n - 1) of the test accuracies, as fractions, `multiply_adds` for one
        image, and `relative`: those over the whole network's. Early exits, if there are any, have
        no `components` but a `threshold`, and `leaving_1` ..: the fraction of images that leave at
        each component.
    """
    runs, early = exits.read_with_runs(inputs)
    read.only_dataset(runs)
    only = read.only_prefix_method(runs)
    runs, label = runs[runs["method"] == only], registry.method_label(only)
    rows = []
    for cell, of_cell in runs.groupby(["dataset", "arch", "method"], sort=False):
        costs = of_cell["multiply_adds_by_prefix"].iloc[0]
        cell = dict(zip(("dataset", "arch", "method"), cell, strict=True))
        accuracies = zip(*of_cell["prefix_test_accuracy"], strict=True)
        for k, (of_prefix, cost) in enumerate(zip(accuracies, costs, strict=True), start=1):
            rows.append(cell | {"components": k} | _measured(of_prefix, cost, costs[-1]))
        of_arch = early[early["arch"] == cell["arch"]]
        for threshold, of in of_arch.groupby("threshold"):
            leaving = enumerate(np.mean(list(of["leaving"]), axis=0), start=1)
            row = cell | _measured(of["accuracy"], of["multiply_adds"].mean(), costs[-1])
            row |= {"threshold": threshold} | {f"leaving_{k}": share for k, share in leaving}
            rows.append(row)
    frame = pd.DataFrame(rows).astype({"components": "Int64"})
    facts = [f"Method: {label}.", *([] if early.empty else [EXITS])]
    shown = pd.DataFrame([_show(row) for row in rows])
    if early.empty:
        shown = shown.drop(columns=["Threshold", "Leaving (%)"])
    return Table(frame, output.caption(CAPTION, frame, *facts), shown)


def _measured(accuracies: Sequence[float], cost: float, whole: float) -> dict[str, float]:
    mean, std, n = statistics.sample(accuracies)
    return {"n": n, "mean": mean, "std": std, "multiply_adds": cost, "relative": cost / whole}


def _show(row: dict) -> dict[str, str]:
    shares = [share for name, share in row.items() if name.startswith("leaving")]
    used = f"{sum(k * share for k, share in enumerate(shares, start=1)):.2f}"
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Components": str(row.get("components", used)),
        "Threshold": f"{row['threshold']:g}" if shares else output.NONE,
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Cost (millions)": f"{row['multiply_adds'] / 1e6:,.2f}",
        "Relative": f"{row['relative']:.2f}",
        "Leaving (%)": " / ".join(f"{100 * share:.1f}" for share in shares) or output.NONE,
    }
