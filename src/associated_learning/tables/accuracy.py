"""Test accuracy of BP and AL over seeds, and their difference (thesis 3.2)."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import NONE, Table

AL_METHODS = ("al", "al_target_first")


def make(inputs: list[Path]) -> Table:
    """Make the accuracy table of one data set, a row an architecture and method.

    Parameters
    ----------
    inputs
        metrics.json of the runs, of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `mean` and `std` (with n - 1) of the
        accuracies, as fractions; in AL `difference` (mean minus that of BP), `ci_low`, `ci_high`
        (see `welch_interval`) and `started`: how many of its prefixes are, in the mean over seeds,
        right more than twice as often as chance ("3/4").
    """
    all_runs = runs.read_runs(inputs)
    name = runs.only_dataset(all_runs)
    cells = dict(list(all_runs.groupby(["dataset", "arch", "method"], sort=False)))
    rows = []
    for (dataset, arch, method), cell in cells.items():
        accuracies = cell["test_accuracy"]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": len(cell)}
        row |= {"mean": accuracies.mean(), "std": accuracies.std()}
        row |= dict.fromkeys(("difference", "ci_low", "ci_high"), math.nan) | {"started": None}
        if method in AL_METHODS:
            prefixes = np.mean(cell["prefix_test_accuracy"].tolist(), axis=0)
            row["started"] = f"{sum(prefixes > 2 / runs.CLASSES[dataset])}/{len(prefixes)}"
            if (bp := cells.get((dataset, arch, "bp"))) is not None:
                row["difference"] = row["mean"] - bp["test_accuracy"].mean()
                row["ci_low"], row["ci_high"] = welch_interval(accuracies, bp["test_accuracy"])
        rows.append(row)
    frame = pd.DataFrame(rows)
    return Table(frame, _caption(frame, name), pd.DataFrame([_show(row) for row in rows]))


def welch_interval(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """95 % confidence interval of mean(a) - mean(b), variances unequal (Welch 1947).

    Two networks of one seed share no initial weight, so their runs are independent samples and
    not pairs. NaN where there is none: with fewer than two values, or with all alike in both.
    """
    if min(len(a), len(b)) < 2 or len(set(a)) == len(set(b)) == 1:
        return math.nan, math.nan
    from scipy.special import stdtrit  # Student's t quantile; scipy.stats takes a second to import

    parts = np.array([np.var(x, ddof=1) / len(x) for x in (a, b)])  # variances of the means
    degrees = parts.sum() ** 2 / np.sum(parts**2 / [len(a) - 1, len(b) - 1])
    half = stdtrit(degrees, 0.975) * math.sqrt(parts.sum())
    difference = np.mean(a) - np.mean(b)
    return float(difference - half), float(difference + half)


def _show(row: dict) -> dict[str, str]:
    mark = " †" if row["method"] == "al_target_first" else ""
    difference = NONE
    if not math.isnan(row["difference"]):
        difference = _percent(row["difference"], "+")
        if not math.isnan(row["ci_low"]):
            difference += f" [{_percent(row['ci_low'], '+')}, {_percent(row['ci_high'], '+')}]"
    spread = "" if math.isnan(row["std"]) else f" ± {_percent(row['std'])}"
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Method": runs.METHODS.get(row["method"], row["method"]) + mark,
        "n": str(row["n"]),
        "Accuracy (%)": _percent(row["mean"]) + spread,
        "AL − BP (points)": difference,
        "Started": row["started"] or NONE,
    }


def _percent(fraction: float, sign: str = "") -> str:
    return f"{100 * fraction:{sign}z.2f}".replace("-", "−")


def _caption(frame: pd.DataFrame, name: str) -> str:
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy on the test set of {name} after the last epoch, in percent: {spread}"
        f"{runs.seeds(frame['n'])}. Nothing was selected on the test set. AL − BP: difference of"
        " the means in percentage points; in brackets, where seeds allow one, Welch's 95 %"
        " interval. Started: of an AL network's components, how many predict right more than twice"
        " as often as chance."
    )
    if "al_target_first" in set(frame["method"]):
        caption += " †: ours, not in the thesis."
    return caption
