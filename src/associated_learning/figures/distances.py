"""How far apart every layer puts the classes (thesis 3.3)."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Inter-class over intra-class distance (thesis 3.3; Michael and Lin 1973; Luo et al. 2019) at"
    " every layer, on the whole test set. Below it stands the silhouette coefficient (Rousseeuw"
    " 1987) of squared distances. BP has ReLU and a softmax. AL and same path (ours) have the same"
    " layers, ELU and then sigmoids, and differ in training alone."
)
MEASURES = {"ratio": "Inter / intra distance", "silhouette": "Silhouette (squared)"}


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one column per network.

    The ratio of a layer of a run is left out, and named, if it is not finite and above zero.

    Parameters
    ----------
    inputs
        CSV files of the distances in the runs of one data set (see `read.read_distances`).
    """
    layers = read.read_distances(inputs)
    drawn = np.isfinite(layers["ratio"]) & (layers["ratio"] > 0)
    layers["ratio"] = layers["ratio"].where(drawn)
    archs = layers["arch"].unique()
    figure = Figure(
        figsize=(min(style.PAGE, len(archs) * style.COLUMN), 9.5 * style.CM), layout="constrained"
    )
    panels = figure.subplots(2, len(archs), sharex="col", sharey="row", squeeze=False)
    for column, arch in zip(panels.T, archs, strict=True):
        column[0].set_yscale("log")
        column[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        column[0].yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        column[0].yaxis.set_minor_locator(NullLocator())
        of_arch = layers[layers["arch"] == arch]
        # By name: where BP has no layer that matches the bridge, its places are others.
        names = list(of_arch.groupby("layer")["place"].max().sort_values().index)
        for method, of_method in of_arch.groupby("method", sort=False):
            places = of_method["layer"].map(names.index)
            for panel, measure in zip(column, MEASURES, strict=True):
                style.mean_and_range(
                    panel, of_method[measure].groupby(places), **style.look(method)
                )
        column[0].set_title(registry.network_label(arch))
        column[1].set_xticks(
            range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor"
        )
    for panel, label in zip(panels[:, 0], MEASURES.values(), strict=True):
        panel.set_ylabel(label)
    title = style.averaged(layers), *_left_out(layers, drawn)
    style.legend(figure, style.labelled(figure), *title)
    return figure


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
