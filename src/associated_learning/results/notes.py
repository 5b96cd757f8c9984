"""What is said of runs beside what they found: how they were trained, and what has not started."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from associated_learning import registry
from associated_learning.results import read


def trained(runs: pd.DataFrame) -> list[str]:
    """How the runs of one network were trained, and how large it is, in short paragraphs.

    Methods whose networks are equally large are named by the first of them, or not at all where
    they are all methods.

    Parameters
    ----------
    runs
        What `read.read_runs` gave.
    """
    steps = _range(f"{count:,}" for count in sorted(runs["steps"].unique()))
    widths = sorted(runs["width"].unique())
    width = _range(str(Fraction(value).limit_denominator(1000)) for value in widths)
    sizes: dict[int, str] = {}
    for method, of_method in runs.groupby("method", sort=False):
        for count in of_method["parameters.effective"].unique():
            sizes.setdefault(int(count), registry.method_label(method))
    lines = [f"{steps} steps, width {width}"]
    if len(sizes) == 1:
        return [*lines, f"effective parameters: {short(*sizes)}"]
    named = (f"{label} {short(count)}" for count, label in sizes.items())
    return [*lines, "effective parameters:", ", ".join(named)]


def processors(runs: pd.DataFrame) -> list[str]:
    """Say in a paragraph that times of one network's runs are not comparable, if so.

    Parameters
    ----------
    runs
        What `read.read_runs` gave.
    """
    kinds = runs.get("hardware.processor", pd.Series(dtype=str)).nunique()
    return [f"times on {kinds} kinds of processors: not comparable"] if kinds > 1 else []


def looked_at(histories: pd.DataFrame) -> list[str]:
    """How many test images were looked at, in a paragraph, if not always all.

    Parameters
    ----------
    histories
        What `read.read_histories` gave.
    """
    counts = histories["test_images"].dropna()
    if counts.nunique() < 2:
        return []
    *some, most = (f"{count:,.0f}" for count in sorted(counts.unique()))
    few = some[0] if len(some) == 1 else f"{some[0]} to {some[-1]}"
    whole = histories[histories["test_images"] == counts.max()]
    if whole.groupby(["arch", "method", "seed"]).size().max() == 1:
        return [f"at the end on all {most} test images, before on {few} of them"]
    return [f"at early steps on {few} test images, else on all {most}"]


def short(count: float) -> str:
    """A count by three digits: "12.4M"."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if count >= 0.9995 * size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"


def beside(paths: Iterable[Path]) -> pd.DataFrame:
    """Runs in whose folders files lie, as `read.read_runs` gives them; none where none is there."""
    found = sorted({path.with_name("metrics.json") for path in paths})
    return read.read_runs([path for path in found if path.is_file()])


def not_started(runs: pd.DataFrame) -> str:
    """Say what of one network, trained by one method, has not started; "" if everything has.

    It has not if it is right at most twice as often as chance, in the mean over the seeds: a
    component, by its prefix (see `statistics.started`), or a network that predicts as a whole.

    Parameters
    ----------
    runs
        Its runs.
    """
    means = np.mean(list(runs["prefix_test_accuracy"]), axis=0)
    waiting = sum(means <= 2 / registry.classes(runs["dataset"].iloc[0]))
    if len(means) == 1:
        return "not started" if waiting else ""
    return f"{waiting} of {len(means)} components not started" if waiting else ""


def _range(values: Iterable[str]) -> str:
    shown: Sequence[Any] = list(values)
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
