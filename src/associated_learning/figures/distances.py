"""How far apart every layer puts the classes (thesis 3.3)."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import notes, read

CAPTION = (
    "Inter-class over intra-class distance (thesis 3.3; Michael and Lin 1973; Luo et al. 2019) at"
    " every layer, on the whole test set. Below it stands the silhouette coefficient (Rousseeuw"
    " 1987) of squared distances. The bridge and the prediction have panels, and axes, of their"
    " own. BP has ReLU and a softmax. AL and same path (ours) have the same layers, ELU and then"
    " sigmoids, and differ in training alone. Hollow markers: a method of which, on that network,"
    " something has not started, which the title names. It has not if it is right at most twice as"
    " often as chance."
)
MEASURES = {"ratio": "Inter / intra distance", "silhouette": "Silhouette (squared)"}
ENDS = ("bridge", "prediction")  # layers whose classes lie far further apart than those before


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one column per network.

    The ratio of a layer of a run is left out, and named, if it is not finite and above zero.

    Parameters
    ----------
    inputs
        CSV files of the distances in the runs of one data set (see `read.read_distances`). A run's
        metrics.json may lie beside each: it tells what has not started.
    """
    layers, waiting = read.read_distances(inputs), _not_started(inputs)
    drawn = np.isfinite(layers["ratio"]) & (layers["ratio"] > 0)
    layers["ratio"] = layers["ratio"].where(drawn)
    archs, ends = layers["arch"].unique(), layers["layer"].isin(ENDS)
    parts = [part for part in (layers[~ends], layers[ends]) if not part.empty]
    rows = [(part, measure) for part in parts for measure in MEASURES]
    heights = [4.2 if part is parts[0] else 3.5 for part, _ in rows]
    figure = Figure(
        figsize=(min(style.PAGE, len(archs) * style.COLUMN), (1 + sum(heights)) * style.CM),
        layout="constrained",
    )
    panels = figure.subplots(
        len(rows), len(archs), sharey="row", squeeze=False, height_ratios=heights
    )
    for row, (part, measure) in zip(panels, rows, strict=True):
        row[0].set_ylabel(MEASURES[measure])
        for panel, arch in zip(row, archs, strict=True):
            of_arch = part[part["arch"] == arch]
            hollow = [method for network, method in waiting if network == arch]
            _draw_panel(panel, of_arch, measure, hollow)
            if measure != list(MEASURES)[-1]:
                panel.tick_params(labelbottom=False)
        if measure == "ratio":
            style.log_ticks(row[0])  # a row shares its axis
    below = {
        registry.network_label(arch): [
            f"{registry.method_label(method)}: {words}"
            for (network, method), words in waiting.items()
            if network == arch
        ]
        for arch in archs
    }
    style.titles(panels[0], below)
    title = style.averaged(layers), *_left_out(layers, drawn)
    if waiting:
        title += ("hollow markers: not started",)
    looks = (style.look(method) for method in layers["method"].unique())
    handles = {look["label"]: Line2D([], [], **look) for look in looks}  # none of them hollow
    style.legend(figure, {name: handles[name] for name in style.labelled(figure)}, *title)
    return figure


def _draw_panel(panel: Axes, layers: pd.DataFrame, measure: str, hollow: list[str]) -> None:
    """Draw one measure of some layers of one network by all methods."""
    if measure == "ratio":
        panel.set_yscale("log")
    # By name: where BP has no layer that matches the bridge, its places are others.
    names = list(layers.groupby("layer")["place"].max().sort_values().index)
    for method, of_method in layers.groupby("method", sort=False):
        look = style.look(method) | ({"markerfacecolor": "white"} if method in hollow else {})
        places = of_method["layer"].map(names.index)
        style.mean_and_range(panel, of_method[measure].groupby(places), **look)
    panel.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    panel.set_xlim(-0.5, len(names) - 0.5)


def _not_started(inputs: list[Path]) -> dict[tuple[str, str], str]:
    """What has not started, by network and method, of those that have metrics beside."""
    runs = notes.beside(inputs)
    if runs.empty:
        return {}
    cells = runs.groupby(["arch", "method"], sort=False)
    said = {cell: notes.not_started(of_cell) for cell, of_cell in cells}
    return {cell: words for cell, words in said.items() if words}


def _left_out(layers: pd.DataFrame, drawn: pd.Series) -> list[str]:
    """Sentence that names the ratios that are not drawn, if any."""
    missing = []
    for (arch, method, layer), seeds in drawn.groupby(
        [layers[key] for key in ("arch", "method", "layer")], sort=False
    ):
        if not seeds.all():
            some = f" ({sum(~seeds)} of {len(seeds)} seeds)" if seeds.any() else ""
            missing.append(
                f"{registry.network_label(arch)} {registry.method_label(method)} {layer}{some}"
            )
    return [f"ratio not drawn: {', '.join(missing)}"] if missing else []
