"""Which learning rate each network and method was given, and what it was chosen by."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from associated_learning import cells, plan, registry
from associated_learning.results import read
from associated_learning.tables.output import NONE, Table, percent

CAPTION = (
    "Accuracy by learning rate on training images that were held out, in percent. The scale's"
    " file stated the rule of the comparison beforehand, and it holds for every method. * marks"
    " the highest accuracy, † a rate beyond the grid, tried as the best of the grid was at its end,"
    " ‡ one at which the network, or a prefix, is right no more than twice as often as chance."
    " With it the network is trained by that method, unless the scale states another rate. No test"
    " image was looked at. In AL the rate is that of f and b, and the rate of g and h is twice it."
    " Out: the losses were not finite. Rows without accuracies are of networks that took a rate"
    " over from another network, or were given one without a comparison, or are not compared yet."
)
COLUMNS = [
    *("dataset", "arch", "method", "learning_rate", "accuracy", "least_prefix"),
    *("chosen", "extension"),
]


def make(inputs: list[Path]) -> Table:
    """Make the table, one row per network, method and learning rate.

    Parameters
    ----------
    inputs
        What was found (see `measure.tuning`), one file per network and method; and, if the table is
        to name what took a rate over, the scale's file and config/experiments.yaml.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `learning_rate`, `accuracy` on the held-out images
        and `least_prefix`, that of the prefix that has the least (NaN where the losses were not
        finite, or none was looked at), `chosen` (the highest accuracy; of equals, the lowest rate),
        `extension` (whether beyond the grid), `taken_over` (data set and network that the rate was
        taken over from; missing of what was compared).
    """
    found = read.read_tunings([path for path in inputs if path.suffix == ".json"])
    cell_of = read.CELL[:3]
    best = found.sort_values("learning_rate").groupby(cell_of)["accuracy"].idxmax()
    found["chosen"] = found.index.isin(best)
    rates = sorted(found["learning_rate"].unique())
    rows = []
    for (dataset, arch, method), cell in found.groupby(cell_of, sort=False):
        by_rate = cell.set_index("learning_rate")
        row = _named(dataset, arch, [method]) | {"Steps": f"{cell['steps'].iloc[0]:,}"}
        for rate in rates:
            row[f"{rate:g}"] = _show(by_rate.loc[rate]) if rate in by_rate.index else NONE
        rows.append(row | {"Taken over": NONE})
    frame = found[COLUMNS]
    config = [path for path in inputs if path.suffix == ".yaml"]
    if config and (others := list(_not_compared(*config, found))):
        taken = pd.DataFrame(others)
        columns = ["dataset", "arch", "learning_rate", "taken_over"]
        for (dataset, arch, rate, source), cell in taken.groupby(columns, sort=False, dropna=False):
            if pd.isna(source):
                named = "the thesis' rate" if pd.isna(rate) else f"{rate:g}"
                words = f"{named}, no comparison"
            elif pd.isna(rate):
                own = source == f"{dataset} {arch}"
                words = "not run yet" if own else f"that of {_label(source)}, not run yet"
            else:
                words = f"{rate:g} of {_label(source)}"
            row = _named(dataset, arch, cell["method"]) | {"Steps": NONE}
            rows.append(
                row | dict.fromkeys((f"{r:g}" for r in rates), NONE) | {"Taken over": words}
            )
        frame = pd.concat([frame.assign(taken_over=None), taken], ignore_index=True)
        frame = frame.astype({"chosen": bool, "extension": bool, "learning_rate": float})
    held_out = ", ".join(f"{n:,}" for n in sorted(found["held_out"].unique()))
    seeds = ", ".join(map(str, sorted(found["seed"].unique())))
    trained = (
        f"Held out were the last {held_out} training images. Each accuracy is that of one training"
        f" with seed {seeds}, which no result uses."
    )
    return Table(frame, f"{CAPTION} {trained}", pd.DataFrame(rows))


def _not_compared(scale: Path, experiments: Path, found: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of all that a scale trains and compares no rates for."""
    name, read_yaml = scale.stem, lambda path: yaml.safe_load(path.read_text(encoding="utf-8"))
    config = {
        "scales": {name: read_yaml(scale)},
        "experiments": read_yaml(experiments)["experiments"],
        "datasets": registry.datasets(),
        "networks": registry.networks(),
        "methods": registry.methods(),
    }
    chosen = found[found["chosen"]].set_index(read.CELL[:3])["learning_rate"]
    for dataset, arch, method in plan.trained(config, name):
        source = cells.compared(config, name, dataset, arch)
        if source == (dataset, arch) and (*source, method) in chosen:
            continue
        stated = plan.run_settings(config, name, dataset, arch, method).get("learning_rate")
        source = source if stated is None else None
        taken = chosen.get((*source, method)) if source else stated
        yield {
            **{"dataset": dataset, "arch": arch, "method": method},
            "learning_rate": taken,
            **{"accuracy": math.nan, "least_prefix": math.nan, "chosen": False, "extension": False},
            "taken_over": " ".join(source) if source else None,
        }


def _named(dataset: str, arch: str, methods: Any) -> dict[str, str]:
    return {
        "Data set": registry.dataset_label(dataset),
        "Architecture": registry.network_label(arch),
        "Method": "; ".join(registry.method_label(method) for method in methods),
    }


def _label(source: str) -> str:
    dataset, arch = source.split()
    return f"{registry.network_label(arch)} on {registry.dataset_label(dataset)}"


def _show(row: pd.Series) -> str:
    words = ["out" if math.isnan(row["accuracy"]) else percent(row["accuracy"])]
    words += ["*"] * bool(row["chosen"]) + ["†"] * bool(row["extension"])
    words += ["‡"] * bool(row["least_prefix"] <= 2 / registry.classes(row["dataset"]))
    return " ".join(words)
