"""AL against its own inference path trained end to end (ours)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import Table

CAPTION = (
    "AL's inference path (forward maps, last bridge, decoders) trained by AL and, as a control,"
    " end to end by backpropagation (ours). Accuracy is that on the test set after the last epoch,"
    " in percent. A control minimises a cross-entropy on the logits, or a mean squared error. All"
    " its parameters have the one learning rate of f and b. The difference is AL's mean minus that"
    " of the control, in percentage points."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set, one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs of AL and its controls, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `mean` and `std` (with n - 1) of the
        accuracies, as fractions; in a control's row `difference` (AL's mean minus that of the
        control), `ci_low` and `ci_high` (see `statistics.difference`).
    """
    runs = read.read_runs(inputs)
    read.only_dataset(runs)
    cells = runs.groupby(["dataset", "arch", "method"], sort=False)["test_accuracy"]
    samples = {key: statistics.sample(accuracies) for key, accuracies in cells}
    thesis = registry.thesis_method()
    rows = []
    for (dataset, arch, method), sample in samples.items():
        row = {"dataset": dataset, "arch": arch, "method": method, "n": sample.n}
        row |= {"mean": sample.mean, "std": sample.std} | statistics.NO_DIFFERENCE
        if method != thesis and (dataset, arch, thesis) in samples:
            row |= statistics.difference(samples[dataset, arch, thesis], sample)
        rows.append(row)
    frame = pd.DataFrame(rows)
    caption = output.caption(CAPTION, frame, output.INTERVAL)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "AL − control (points)": output.difference(row),
    }
