"""How far apart every layer puts the classes (thesis 3.3)."""

import math
from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Distances of the activations at every layer on the whole test set (thesis 3.3). Intra is the"
    " Euclidean distance between two samples of a class, averaged over pairs and then classes."
    " Inter is the distance between the centroids of two classes, averaged over pairs. Silhouette"
    " is the mean silhouette coefficient of squared distances. It lies between −1 and 1 and does"
    " not depend on a layer's scale. ∞: with at least one seed the layer has no spread within"
    " classes. —: it is the same for all images. BP has ReLU and a softmax. AL and same path"
    " (ours) have the same layers, ELU and then sigmoids, and differ in training alone. AL's gain"
    " is its mean of inter / intra minus that of the row."
)
MEASURES = {
    "intra": "Intra",
    "inter": "Inter",
    "ratio": "Inter / intra",
    "silhouette": "Silhouette (squared)",
}
COMPARED = ("ratio", "silhouette")


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network, layer and method.

    Parameters
    ----------
    inputs
        CSV files of the distances in the runs (see `read.read_distances`), of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `layer`, `method`, `features`, `n` (seeds), and `x_mean` and
        `x_std` (with n - 1) for each x of MEASURES; a ratio is infinite or NaN as soon as one
        seed's is; in the row of a method that AL is compared with at this layer also
        `x_difference` (AL's mean minus its), `x_ci_low` and `x_ci_high` (see
        `statistics.difference`) for each x of COMPARED.
    """
    layers = read.read_distances(inputs)
    read.only_dataset(layers)
    rows, thesis = [], registry.thesis_method()
    for (dataset, arch, layer), of_layer in layers.groupby(
        ["dataset", "arch", "layer"], sort=False
    ):
        cells = dict(list(of_layer.groupby("method", sort=False)))
        for method, cell in cells.items():
            row = {"dataset": dataset, "arch": arch, "layer": layer, "method": method}
            row |= {"features": cell["features"].iloc[0], "n": len(cell)}
            for measure in MEASURES:
                row[f"{measure}_mean"], row[f"{measure}_std"], _ = statistics.sample(cell[measure])
            for measure in COMPARED:
                found = statistics.NO_DIFFERENCE
                if method != thesis and thesis in cells:
                    found = statistics.difference(
                        statistics.sample(cells[thesis][measure]), statistics.sample(cell[measure])
                    )
                row |= {f"{measure}_{key}": value for key, value in found.items()}
            rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, output.INTERVAL)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    shown = {
        "Architecture": registry.network_label(row["arch"]),
        "Layer": row["layer"],
        "Method": registry.method_label(row["method"]),
        "Features": f"{row['features']:,}",
        "n": str(row["n"]),
    }
    for measure, title in MEASURES.items():
        show = (
            (_silhouette, "{:.3f}".format)
            if measure == "silhouette"
            else (_distance, "{:.2g}".format)
        )
        shown[title] = output.plus_minus(row[f"{measure}_mean"], row[f"{measure}_std"], *show)
    return shown | {"AL's gain": _gain(*(row[f"ratio_{key}"] for key in statistics.NO_DIFFERENCE))}


def _gain(difference: float, low: float, high: float) -> str:
    if not math.isfinite(difference):
        return NONE
    shown, *ends = (f"{value:+.2f}".replace("-", "−") for value in (difference, low, high))
    return shown if math.isnan(low) else f"{shown} [{', '.join(ends)}]"


def _silhouette(value: float) -> str:
    return f"{value:z.3f}".replace("-", "−")


def _distance(value: float) -> str:
    return "∞" if math.isinf(value) else output.plain(value)
