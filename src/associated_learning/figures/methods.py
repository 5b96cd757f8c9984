"""The whole comparison at one look: test accuracy by method, one panel per network (ours)."""

import math
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read, statistics

CAPTION = (
    "Test accuracy after the last epoch by method, one panel per network, at equal steps (ours)."
    " Points are means over the seeds, bars Student's 95 % intervals of them. Lines across mark BP"
    " and AL whose forward path keeps its initial weights. What stands no further right than that"
    " has learnt nothing that random features do not give. Panels have axes of their own."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw one panel per network, which share the rows: the methods, and variants of networks.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set.
    """
    runs = read.read_runs(inputs)
    runs["network"] = runs["arch"].map(registry.shown_beside)
    runs["row"] = [_row(*cell) for cell in zip(runs["arch"], runs["method"], strict=True)]
    rows, networks = _in_order(runs), list(runs["network"].unique())
    width = min(style.PAGE, (3.5 + 4.5 * len(networks)) * style.CM)
    height = (2.6 + 0.42 * len(rows)) * style.CM
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    lines = [name for name in (registry.baseline(), registry.control()) if name]
    for panel, network in zip(panels, networks, strict=True):
        for (row, method), cell in runs[runs["network"] == network].groupby(
            ["row", "method"], sort=False
        ):
            sample = statistics.sample(100 * cell["test_accuracy"])
            low, high = statistics.mean_interval(sample)
            look, place = style.look(method), rows.index(row)
            colour = look["color"]
            if not math.isnan(low):
                panel.plot([low, high], [place, place], color=colour, lw=0.9)
            panel.plot([sample.mean], [place], color=colour, marker=look["marker"], ls="none")
            if method in lines and row == look["label"]:
                shown = {key: look[key] for key in ("color", "linestyle", "label")}
                panel.axvline(sample.mean, lw=0.7, zorder=1, **shown)
        panel.set(title=registry.network_label(network), xlabel="Test accuracy (%)")
        panel.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    panels[0].set_yticks(range(len(rows)), rows)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    counts = runs.groupby(["arch", "method"])["seed"].nunique()
    spread = "mean and 95 % interval of " if counts.max() > 1 else ""
    title = f"{read.only_dataset(runs)}, {spread}{read.seeds(counts)}"
    style.legend(figure, style.labelled(figure), title)
    return figure


def _row(arch: str, method: str) -> str:
    """Label of a row: the method's, and what tells a variant from the network beside it."""
    network = registry.network_label(registry.shown_beside(arch))
    variant = registry.network_label(arch).removeprefix(network).strip()
    return f"{registry.method_label(method)} {variant}".strip()


def _in_order(runs: pd.DataFrame) -> list[str]:
    """Rows by method, in the order of config/methods.yaml, each followed by its variants."""
    cells = runs[["method", "row"]].drop_duplicates().to_records(index=False)
    return [
        row
        for _, row in sorted(
            cells, key=lambda cell: (registry.rank(registry.methods(), cell[0]), len(cell[1]))
        )
    ]
