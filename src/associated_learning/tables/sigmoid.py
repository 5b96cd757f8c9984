"""Networks of sigmoids by depth: accuracy, and the first layer's gradient (thesis, abstract)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Accuracy of networks of sigmoids on the test set after the last epoch, in percent, by the"
    " number of hidden forward layers (thesis, abstract). Gradient is the norm of the loss's"
    " gradient by the first forward layer, before and after training, as geometric mean over the"
    " seeds. 0: it underflowed with at least one seed. A component has started if it predicts right"
    " more than twice as often as chance, in the mean over the seeds. First is the accuracy of"
    " AL's first component alone, which has one hidden forward layer. Initialisation: of the"
    " forward layers, by He et al. (2015), made for ReLU, or by Glorot and Bengio (2010), times 4"
    " for sigmoids."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per initialisation, depth and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one family's networks, of whatever depths and seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `depth`, `method`, `n` (seeds), `mean`, `std` (with n - 1), `min`
        and `max` of the test accuracies and `chance`, as fractions; `gradient_initial` and
        `gradient_final`, geometric means of the norm of the first forward layer's gradient; where
        components predict by themselves `started`: how many have, of how many ("15/16"), and
        `first_mean`, the mean accuracy of the first component alone; `initialisation`, that of the
        forward layers.
    """
    sweep = read.read_depths(inputs)
    read.only_dataset(sweep)
    classes = registry.classes(sweep["dataset"].iloc[0])
    rows = []
    keys = ["initialisation", "dataset", "depth", "method"]
    for (initialisation, dataset, depth, method), cell in sweep.groupby(keys, sort=False):
        accuracies = cell["test_accuracy"]
        mean, std, n = statistics.sample(accuracies)
        row = {"dataset": dataset, "depth": depth, "method": method, "n": n}
        row |= {"mean": mean, "std": std, "min": accuracies.min(), "max": accuracies.max()}
        row["chance"] = 1 / classes
        for moment in ("initial", "final"):
            first = [norms[0] for norms in cell[f"gradient_norms.{moment}"]]
            row[f"gradient_{moment}"] = statistics.geometric_mean(first)
        row |= {"started": None, "first_mean": math.nan}
        prefixes = statistics.prefix_means(cell["prefix_test_accuracy"])
        if prefixes is not None:
            row["started"] = statistics.started(prefixes, classes)
            row["first_mean"] = prefixes[0]
        row["initialisation"] = initialisation
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, f"Chance is {100 / classes:g} %.")
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    least, most = output.percent(row["min"]), output.percent(row["max"])
    return {
        "Initialisation": row["initialisation"].capitalize(),
        "Depth": str(row["depth"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Range (%)": f"{least}–{most}" if row["n"] > 1 else NONE,
        "Gradient, initial": f"{row['gradient_initial']:.1e}" if row["gradient_initial"] else "0",
        "Gradient, final": f"{row['gradient_final']:.1e}" if row["gradient_final"] else "0",
        "Started": row["started"] or NONE,
        "First (%)": NONE if math.isnan(row["first_mean"]) else output.percent(row["first_mean"]),
    }
