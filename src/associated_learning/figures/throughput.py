"""Samples per second of BP, AL and AL pipelined, measured; beside it a model (thesis 2.2)."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator, StrMethodFormatter

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Left, measured: training throughput of networks of sigmoids of equal width by their number"
    " of components (thesis 2.2). It is shown for BP, for AL in one process, and for AL pipelined"
    " over several processes. BP trains the forward layers alone, so it does less for a sample."
    " Middle: the pipelined AL's rate over that in one process, points measured, the line a model."
    " Right: the model alone, a process for each component. In it, pipelines of l processes take"
    " n + l − 1 turns of the slowest process for n batches, from the time that each component's"
    " step takes in one process. Passing on costs nothing there, and every process has a core of"
    " its own. Bars are ranges of the measured epochs. What lies beyond all measured is shaded."
)
# What is computed is grey; methods have their colours where they are measured.
MODEL = ("0.6", "0.35", "0.0")
SHADE = {"color": "0.92", "lw": 0, "zorder": 0}


def draw(inputs: list[Path]) -> Figure:
    """Draw the windows' median as a line and their range as bars; the model in its own panel.

    Parameters
    ----------
    inputs
        What was measured (see `measure.throughput`), one file.
    """
    found = read.read_throughput(inputs)
    windows = found["measured"].explode("samples_per_second").astype({"samples_per_second": float})
    figure = Figure(figsize=(style.PAGE, 7.5 * style.CM), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    medians = {}
    ways = windows.groupby(["method", "workers", "threads"], sort=False)
    for k, (way, cell) in enumerate(ways):
        rates = cell.groupby("components")["samples_per_second"]
        _bars(left, rates, 2 ** (0.06 * (k - 2)), **_look(*way))
        medians[way] = rates.median()
    left.set(ylabel="Samples per second", yscale="log")
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.yaxis.set_major_formatter(EngFormatter(sep=""))

    model, batches = found["model"], found["batches"]
    (pipelined,) = (way for way in medians if way[1] > 1)
    workers = pipelined[1]
    piped = ways.get_group(pipelined).set_index("components")["samples_per_second"]
    speedups = piped / medians[registry.thesis_method(), 1, 1]
    _bars(middle, speedups.groupby(level=0), **_look(*pipelined) | {"linestyle": "", "label": "_"})
    same = (model["workers"] == workers) & (model["batches"] == batches)
    each = model["workers"] == model["components"]
    _model(middle, model[same], f"model: l = {workers}, n = {batches}", MODEL[0])
    for n, color in zip(sorted(model["batches"].unique()), MODEL[1:], strict=True):
        rows = model[each & (model["batches"] == n)]
        _model(right, rows, f"model: l = components, n = {n:,}", color)
    middle.set_ylabel("Speed-up over one process")
    right.set_yscale("log", base=2)
    right.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    modelled = sorted(model["components"].unique())
    for panel in (left, middle, right):
        ticks = sorted(windows["components"].unique()) if panel is left else modelled
        panel.set_xscale("log", base=2)
        panel.set_xticks(ticks, ticks)
        panel.set_xlabel("Components (hidden forward layers)")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_minor_locator(NullLocator())
    for panel, end in ((middle, windows["components"].max()), (right, workers)):
        most = panel.get_xlim()[1]
        if end < most:
            panel.axvspan(end, most, **SHADE)
            panel.set_xlim(right=most)
    headings = {
        "Measured": [],
        f"Measured, {workers} processes": ["line: model"],
        "Model": ["a process for each component"],
    }
    style.titles([left, middle, right], headings)

    counts = found["measured"]["samples_per_second"].map(len)
    hardware = found["hardware"]
    title = (
        f"Measured: median and range of {counts.min()} epochs of {batches} batches, "
        f"{hardware['processor']}, {hardware['usable_cores']} cores",
        "Model: n batches take l processes n + l − 1 turns of the slowest one, from measured steps",
    )
    shaded = {"extrapolated, not measured": Patch(**SHADE)}
    style.legend(figure, style.labelled(figure) | shaded, *title)
    return figure


def _bars(panel: Axes, values: Any, dodge: float = 1, **look: Any) -> None:
    """Draw medians as a line and ranges as bars; `dodge` moves them aside by a factor."""
    medians = values.median()
    panel.plot(medians.index * dodge, medians, **look)
    spread = [medians - values.min(), values.max() - medians]
    panel.errorbar(
        medians.index * dodge, medians, spread, fmt="none", ecolor=look["color"], elinewidth=0.6
    )


def _model(panel: Axes, rows: pd.DataFrame, label: str, color: str) -> None:
    panel.plot(rows["components"], rows["speedup"], label=label, color=color, ls=(0, (4, 1, 1, 1)))


def _look(method: str, workers: int, threads: int) -> dict[str, Any]:
    """Look of a way to train: its method's, and what tells its processes and threads."""
    look, name = style.look(method), registry.method_label(method)
    if workers > 1:
        return look | {"label": f"{name}, {workers} processes", "marker": "D", "linewidth": 2}
    if threads > 1:
        look = look | {"markerfacecolor": "white", "linestyle": ":"}
        return look | {"label": f"{name}, {threads} threads"}
    return look | {"label": f"{name}, 1 thread"}
