"""How well a linear classifier reads the classes off every layer (ours)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import Table

CAPTION = (
    "Accuracy on the whole test set of a linear classifier of the activations at every layer, in"
    " percent (ours). The activations are standardised, reduced by PCA to 256 dimensions at most,"
    " and classified by logistic regression (scikit-learn, L2 penalty with C = 1). The difference"
    " is AL's mean minus that of the row, in percentage points. BP has ReLU and a softmax. AL and"
    " same path (ours) have the same layers, ELU and then sigmoids, and differ in training alone."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network, layer and method.

    Parameters
    ----------
    inputs
        CSV files of the probes of the runs (see `read.read_probes`), of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `layer`, `method`, `features`, `n` (seeds), `accuracy_mean`
        and `accuracy_std` (with n - 1), as fractions, and in the row of a method that AL is
        compared with at this layer `difference` (AL's mean minus its), `ci_low`, `ci_high` (see
        `statistics.difference`).
    """
    layers = read.read_probes(inputs)
    read.only_dataset(layers)
    thesis = registry.thesis_method()
    rows = []
    for (dataset, arch, layer), of_layer in layers.groupby(
        ["dataset", "arch", "layer"], sort=False
    ):
        cells = dict(list(of_layer.groupby("method", sort=False)))
        samples = {method: statistics.sample(cell["accuracy"]) for method, cell in cells.items()}
        for method, found in samples.items():
            row = {"dataset": dataset, "arch": arch, "layer": layer, "method": method}
            row |= {"features": cells[method]["features"].iloc[0], "n": found.n}
            row |= {"accuracy_mean": found.mean, "accuracy_std": found.std}
            row |= statistics.NO_DIFFERENCE
            if method != thesis and thesis in samples:
                row |= statistics.difference(samples[thesis], found)
            rows.append(row)
    frame = pd.DataFrame(rows)
    images = ", ".join(f"{count:,}" for count in sorted(layers["images"].unique()))
    fitted = f"It was fitted to the first {images} training images, none of them augmented."
    caption = output.caption(CAPTION, frame, fitted, output.INTERVAL)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Layer": row["layer"],
        "Method": registry.method_label(row["method"]),
        "Features": f"{row['features']:,}",
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["accuracy_mean"], row["accuracy_std"]),
        "AL − method (points)": output.difference(row),
    }
