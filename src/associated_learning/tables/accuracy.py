"""Test accuracy of every method over seeds, and its difference from BP (thesis 3.2)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Accuracy on the test set after the last epoch, in percent (thesis 3.2). Nothing was selected"
    " on the test set. The difference is the method's mean minus that of BP, in percentage points."
    " A component has started if it predicts right more than twice as often as chance, in the mean"
    " over the seeds. ‡ marks an AL network of which not all components have started, which"
    " decides nothing."
)


def make(inputs: list[Path]) -> Table:
    """Make the accuracy table of one data set, one row per network and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `steps` (of training, the least of
        the seeds'), `mean` and `std` (with n - 1) of the accuracies, as fractions; beside BP
        `difference` (mean minus that of BP), `ci_low`, `ci_high` (see `statistics.difference`);
        where components predict by themselves `started`: how many have, of how many ("3/4").
    """
    runs = read.read_runs(inputs)
    read.only_dataset(runs)
    cells = dict(list(runs.groupby(["dataset", "arch", "method"], sort=False)))
    samples = {key: statistics.sample(cell["test_accuracy"]) for key, cell in cells.items()}
    baseline = registry.baseline()
    rows = []
    for (dataset, arch, method), cell in cells.items():
        sample = samples[dataset, arch, method]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": sample.n}
        row |= {"steps": cell["steps"].min(), "mean": sample.mean, "std": sample.std}
        row |= statistics.NO_DIFFERENCE | {"started": None}
        if method != baseline and (dataset, arch, baseline) in samples:
            row |= statistics.difference(sample, samples[dataset, arch, baseline])
        prefixes = statistics.prefix_means(cell["prefix_test_accuracy"])
        if prefixes is not None:
            row["started"] = statistics.started(prefixes, registry.classes(dataset))
        rows.append(row)
    frame = pd.DataFrame(rows)
    facts = [output.INTERVAL, f"Trained for {_steps(frame['steps'])} steps."]
    if any(map(_is_ours, frame["method"])):
        facts.append("†: not in the thesis.")
    caption = output.caption(CAPTION, frame, *facts)
    return Table(frame, caption, pd.DataFrame([_show(row) for row in rows]))


def _is_ours(method: str) -> bool:
    return registry.methods().get(method, {}).get("ours", False)


def _show(row: dict) -> dict[str, str]:
    mark = " †" if _is_ours(row["method"]) else ""
    return {
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]) + mark,
        "n": str(row["n"]),
        "Accuracy (%)": output.plus_minus(row["mean"], row["std"]),
        "Difference (points)": output.difference(row),
        "Started": _started(row["started"]),
    }


def _started(started: str | None) -> str:
    if started is None:
        return NONE
    some, components = started.split("/")
    return started if some == components else f"{started} ‡"


def _steps(steps: pd.Series) -> str:
    least, most = steps.min(), steps.max()
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"
