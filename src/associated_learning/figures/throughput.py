"""Samples per second of BP, AL and AL pipelined, measured; beside it a model (thesis 2.2)."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator, StrMethodFormatter

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Left, measured: training throughput of networks of sigmoids of equal width by their number"
    " of components (thesis 2.2). It is shown for BP, for AL in one process, and for AL pipelined"
    " over several processes. BP trains the forward layers alone, so it does less for a sample."
    " Right, a model that is not measured: the speed-up of pipelines of l processes over n"
    " batches. They take n + l − 1 turns of the slowest process, from the time that each"
    " component's step takes in one process. Passing on costs nothing there, and every process has"
    " a core of its own. Points are measured."
)
# What is computed is grey; methods have their colours where they are measured.
MODEL = ("0.6", "0.35", "0.0")


def draw(inputs: list[Path]) -> Figure:
    """Draw the windows' median as a line and their range as a band; the model in its own panel.

    Parameters
    ----------
    inputs
        What was measured (see `measure.throughput`), one file.
    """
    found = read.read_throughput(inputs)
    windows = found["measured"].explode("samples_per_second").astype({"samples_per_second": float})
    figure = Figure(figsize=(style.PAGE, 7.5 * style.CM), layout="constrained")
    left, right = figure.subplots(1, 2)
    medians = {}
    for way, cell in windows.groupby(["method", "workers", "threads"], sort=False):
        rates = cell.groupby("components")["samples_per_second"]
        style.mean_and_range(left, rates, mean="median", **_look(*way))
        medians[way] = rates.median()
    left.set(title="Measured", ylabel="Samples per second", yscale="log")
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.yaxis.set_major_formatter(EngFormatter(sep=""))
    left.yaxis.set_minor_locator(NullLocator())

    model, batches = found["model"], found["batches"]
    (pipelined,) = (way for way in medians if way[1] > 1)
    workers = pipelined[1]
    each = model["workers"] == model["components"]
    lines = {
        f"model: l = {workers}, n = {batches}": model[
            (model["workers"] == workers) & (model["batches"] == batches)
        ]
    }
    for n in sorted(model["batches"].unique()):
        lines[f"model: l = components, n = {n:,}"] = model[each & (model["batches"] == n)]
    for (label, line), color in zip(lines.items(), MODEL, strict=True):
        right.plot(
            line["components"], line["speedup"], label=label, color=color, ls=(0, (4, 1, 1, 1))
        )
    speedup = medians[pipelined] / medians[registry.thesis_method(), 1, 1]
    right.plot(speedup, **_look(*pipelined) | {"linestyle": "", "label": "_"})
    right.set(title="Model (lines), beside measured points", ylabel="Speed-up over one process")
    right.set_yscale("log", base=2)
    right.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for panel, ticks in ((left, windows["components"]), (right, model["components"])):
        panel.set_xscale("log", base=2)
        panel.set_xticks(sorted(ticks.unique()), sorted(ticks.unique()))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.set_xlabel("Components (hidden forward layers)")

    counts = found["measured"]["samples_per_second"].map(len)
    hardware = found["hardware"]
    title = (
        f"Measured: median and range of {counts.min()} epochs of {batches} batches, "
        f"{hardware['processor']}, {hardware['usable_cores']} cores",
        "Model: n batches take l processes n + l − 1 turns of the slowest one, from measured steps",
    )
    style.legend(figure, style.labelled(figure), *title)
    return figure


def _look(method: str, workers: int, threads: int) -> dict[str, Any]:
    """Look of a way to train: its method's, and what tells its processes and threads."""
    look, name = style.look(method), registry.method_label(method)
    if workers > 1:
        return look | {"label": f"{name}, {workers} processes", "marker": "D", "linewidth": 2}
    if threads > 1:
        look = look | {"markerfacecolor": "white", "linestyle": ":"}
        return look | {"label": f"{name}, {threads} threads"}
    return look | {"label": f"{name}, 1 thread"}
