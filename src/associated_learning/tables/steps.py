"""How long a step of each method takes, and by that how runs in equal time are shortened (ours)."""

import math
from pathlib import Path

import pandas as pd
import yaml

from associated_learning import registry
from associated_learning.results.files import load_json, reading
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Time of a training step, the median of steps of all methods of a network by turns, in one"
    " process while no other job of the workflow ran (ours). Before: what a method does before its"
    " first step. The ratio is by what the steps of a run have to be divided, so that all of it"
    " takes as long as a run of BP. Stated is the ratio in the scale's file, by which runs in equal"
    " time are shortened."
)
KEYS = ["dataset", "arch", "method", "steps", "seconds", "timed", "before_seconds"]


def make(inputs: list[Path]) -> Table:
    """Make the table, one row per network and method.

    Parameters
    ----------
    inputs
        What was measured (see `measure.steps`), then the scale's file.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `timed` (steps), `seconds` of a step,
        `before_seconds`, `ratio` as measured (NaN where BP was not, infinite where BP's time is
        over before the first step), `stated` (NaN where the scale states none).
    """
    path, scale = inputs
    with reading(path):
        found = load_json(path)
        cells = pd.DataFrame(found["cells"])[KEYS]
        processor = found["hardware"]["processor"]
    cells = cells.sort_values(
        KEYS[:3],
        key=lambda column: column.map(lambda name: registry.rank(_listed(column.name), name)),
        kind="stable",
    )
    stated = yaml.safe_load(scale.read_text(encoding="utf-8")).get("equal_time", {})
    seconds = cells.set_index(KEYS[:3])["seconds"]
    rows = []
    for cell in cells.to_dict("records"):
        dataset, arch, method = (cell[key] for key in KEYS[:3])
        row = {key: cell[key] for key in (*KEYS[:3], "timed", "seconds", "before_seconds")}
        limit = seconds.get((dataset, arch, registry.baseline()), math.nan) * cell["steps"]
        row["ratio"] = _ratio(cell["steps"] * cell["seconds"], limit - cell["before_seconds"])
        row["stated"] = stated.get(dataset, {}).get(arch, {}).get(method, math.nan)
        rows.append(row)
    caption = f"{CAPTION} Measured on: {processor}."
    return Table(pd.DataFrame(rows), caption, pd.DataFrame([_show(row) for row in rows]))


def _listed(column: str) -> dict:
    return {
        "dataset": registry.datasets,
        "arch": registry.networks,
        "method": registry.methods,
    }[column]()


def _ratio(whole: float, left: float) -> float:
    if math.isnan(left):
        return math.nan
    return whole / left if left > 0 else math.inf


def _show(row: dict) -> dict[str, str]:
    return {
        "Data set": registry.dataset_label(row["dataset"]),
        "Architecture": registry.network_label(row["arch"]),
        "Method": registry.method_label(row["method"]),
        "Steps timed": str(row["timed"]),
        "Step (ms)": f"{1000 * row['seconds']:.1f}",
        "Before (s)": f"{row['before_seconds']:.1f}" if row["before_seconds"] else NONE,
        "Ratio": NONE if not math.isfinite(row["ratio"]) else f"{row['ratio']:.2f}",
        "Stated": NONE if math.isnan(row["stated"]) else f"{row['stated']:g}",
    }
