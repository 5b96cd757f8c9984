"""Test accuracy of BP and AL over seeds, and their difference (thesis 3.2)."""

import math
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
        Its columns: `dataset`, `arch`, `method`, `n` (seeds), `steps` (of training, the least of
        the seeds'), `mean` and `std` (with n - 1) of the accuracies, as fractions; in AL
        `difference` (mean minus that of BP), `ci_low`, `ci_high` (see `welch_interval`) and
        `started`: how many of its prefixes are, in the mean over seeds, right more than twice as
        often as chance ("3/4").
    """
    all_runs = runs.read_runs(inputs)
    name = runs.only_dataset(all_runs)
    cells = dict(list(all_runs.groupby(["dataset", "arch", "method"], sort=False)))
    rows = []
    for (dataset, arch, method), cell in cells.items():
        accuracies = cell["test_accuracy"]
        row = {"dataset": dataset, "arch": arch, "method": method, "n": len(cell)}
        row |= {"steps": cell["steps"].min(), "mean": accuracies.mean(), "std": accuracies.std()}
        row |= dict.fromkeys(("difference", "ci_low", "ci_high"), math.nan) | {"started": None}
        if method in AL_METHODS:
            prefixes = np.mean(cell["prefix_test_accuracy"].tolist(), axis=0)
            row["started"] = f"{sum(prefixes > 2 / runs.CLASSES[dataset])}/{len(prefixes)}"
            if (bp := cells.get((dataset, arch, "bp"))) is not None:
                row["difference"] = row["mean"] - bp["test_accuracy"].mean()
                row["ci_low"], row["ci_high"] = welch_interval(
                    sample(accuracies), sample(bp["test_accuracy"])
                )
        rows.append(row)
    frame = pd.DataFrame(rows)
    return Table(frame, _caption(frame, name), pd.DataFrame([_show(row) for row in rows]))


def welch_interval(a: tuple[float, float, int], b: tuple[float, float, int]) -> tuple[float, float]:
    """95 % confidence interval of a difference of two means, variances unequal (Welch 1947).

    Runs of two methods are independent samples, also those of one seed: it draws other weights and
    another order for each method.

    Parameters
    ----------
    a, b
        Mean, standard deviation (with n - 1) and n of each sample.

    Returns
    -------
    Its ends, for mean a - mean b; NaN where there is none: with fewer than two values in one
    sample, or without any deviation in both.
    """
    (mean_a, std_a, n_a), (mean_b, std_b, n_b) = a, b
    if min(n_a, n_b) < 2 or max(std_a, std_b) < 1e-12:
        return math.nan, math.nan
    from scipy.special import stdtrit  # Student's t quantile; scipy.stats takes a second to import

    parts = np.array([std_a**2 / n_a, std_b**2 / n_b])  # variances of the means
    degrees = parts.sum() ** 2 / np.sum(parts**2 / [n_a - 1, n_b - 1])
    half = stdtrit(degrees, 0.975) * math.sqrt(parts.sum())
    return float(mean_a - mean_b - half), float(mean_a - mean_b + half)


def sample(values: pd.Series) -> tuple[float, float, int]:
    """Mean, standard deviation (with n - 1) and n of some values."""
    return values.mean(), values.std(), len(values)


def _show(row: dict) -> dict[str, str]:
    mark = " †" if row["method"] == "al_target_first" else ""
    difference = NONE
    if not math.isnan(row["difference"]):
        difference = runs.percent(row["difference"], "+")
        if not math.isnan(row["ci_low"]):
            difference += (
                f" [{runs.percent(row['ci_low'], '+')}, {runs.percent(row['ci_high'], '+')}]"
            )
    spread = "" if math.isnan(row["std"]) else f" ± {runs.percent(row['std'])}"
    return {
        "Architecture": runs.arch_name(row["arch"]),
        "Method": runs.METHODS.get(row["method"], row["method"]) + mark,
        "n": str(row["n"]),
        "Accuracy (%)": runs.percent(row["mean"]) + spread,
        "AL − BP (points)": difference,
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


def _caption(frame: pd.DataFrame, name: str) -> str:
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    caption = (
        f"Accuracy on the test set of {name} after the last epoch, in percent: {spread}"
        f"{runs.seeds(frame['n'])}. Trained for {_steps(frame['steps'])} steps. Nothing was"
        " selected on the test set. AL − BP: difference of the means in percentage points; in"
        " brackets, where seeds allow one, Welch's 95 % interval. Started: of an AL network's"
        " components, how many predict right more than twice as often as chance, in the mean over"
        " the seeds. ‡: not all have; with fewer steps than the thesis' the row is not decided at"
        " this scale."
    )
    if "al_target_first" in set(frame["method"]):
        caption += " †: ours, not in the thesis."
    return caption
