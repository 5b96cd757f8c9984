"""How far apart every layer puts the classes (thesis 3.3)."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import Table, plain

MEASURES = {
    "intra": "Intra",
    "inter": "Inter",
    "ratio": "Inter / intra",
    "silhouette": "Silhouette (squared)",
}


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, a row an architecture, layer and method.

    Parameters
    ----------
    inputs
        CSV files of the distances in the runs (see `runs.read_distances`), of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `layer`, `method`, `features`, `n` (seeds), and `x_mean` and
        `x_std` (with n - 1) for each x of MEASURES; a ratio is infinite or NaN as soon as one
        seed's is.
    """
    layers = runs.read_distances(inputs)
    name = runs.only_dataset(layers)
    rows = []
    for (dataset, arch, layer), of_layer in layers.groupby(
        ["dataset", "arch", "layer"], sort=False
    ):
        for method, cell in of_layer.groupby("method", sort=False):
            row = {"dataset": dataset, "arch": arch, "layer": layer, "method": method}
            row |= {"features": cell["features"].iloc[0], "n": len(cell)}
            for measure in MEASURES:
                row[f"{measure}_mean"] = cell[measure].mean(skipna=False)
                with np.errstate(invalid="ignore"):  # of a mean that is infinite
                    row[f"{measure}_std"] = cell[measure].std(skipna=False)
            rows.append(row)
    frame = pd.DataFrame(rows)
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Distances of the activations on the whole test set of {name}: {spread}"
        f"{runs.seeds(frame['n'])}. Intra: Euclidean distance between two samples of one class,"
        " mean over pairs and then classes. Inter: distance between the centroids of two classes,"
        " mean over pairs. Silhouette: of squared distances, from −1 to 1, mean over images. ∞: a"
        " layer (of one seed at least) without any spread within classes; —: it is the same for all"
        " images. BP has ReLU and a softmax; AL and same path have the same layers, ELU and then"
        " sigmoids, and differ in training alone."
    )
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    shown = {
        "Architecture": runs.arch_name(row["arch"]),
        "Layer": row["layer"],
        "Method": runs.METHODS[row["method"]],
        "Features": f"{row['features']:,}",
        "n": str(row["n"]),
    }
    for measure, title in MEASURES.items():
        mean, std = row[f"{measure}_mean"], row[f"{measure}_std"]
        if measure == "silhouette":
            shown[title], spread = f"{mean:z.3f}".replace("-", "−"), f"{std:.3f}"
        else:
            shown[title], spread = "∞" if math.isinf(mean) else plain(mean), f"{std:.2g}"
        if not math.isnan(std):
            shown[title] += f" ± {spread}"
    return shown
