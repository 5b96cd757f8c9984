"""Gradient norm of every layer of networks of sigmoids (thesis, abstract)."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import read, statistics

CAPTION = (
    "Norm of the loss's gradient by the parameters of each forward layer, relative to the last"
    " layer's, before and after training, over the first 500 training images (thesis, abstract)."
    " Layer 1 is next to the input. AL has a mean squared error of its own for each layer, a layer"
    " with a classifier of its own a cross-entropy, BP one for all: slopes compare. What direct"
    " feedback alignment follows is no gradient of the loss, and shown as it is. He and Glorot:"
    " initialisation of the forward layers."
)
MOMENTS = {"initial": "at initialisation", "final": "after training"}


def draw(inputs: list[Path]) -> Figure:
    """Draw the geometric mean over seeds as a line and their range as a band, one column per depth.

    Parameters
    ----------
    inputs
        metrics.json of runs of one family's networks, which differ in depth and initialisation, on
        one data set.
    """
    sweep = read.read_depths(inputs)
    norms = sweep.melt(
        ["initialisation", "depth", "method", "seed"],
        [f"gradient_norms.{moment}" for moment in MOMENTS],
        var_name="moment",
        value_name="norm",
    )
    norms["norm"] = [np.divide(of_run, of_run[-1] or np.nan) for of_run in norms["norm"]]
    norms = norms.explode("norm")
    norms["layer"] = 1 + norms.groupby(level=0).cumcount()
    norms = norms.astype({"norm": float}).dropna(subset="norm")
    notes = []
    if len(norms) < len(sweep["gradient_norms.initial"].explode()) * len(MOMENTS):
        notes.append("not drawn: runs whose last layer's norm is 0")
    if (norms["norm"] == 0).any():  # a logarithm has no place for it
        least = norms["norm"][norms["norm"] > 0].min()
        norms["norm"] = norms["norm"].clip(lower=least)
        notes.append(
            f"norms that underflowed to 0 are drawn at the least of the others, {least:.0e}"
        )

    depths = sorted(sweep["depth"].unique())
    kinds = [(one, moment) for one in sweep["initialisation"].unique() for moment in MOMENTS]
    width = min(style.PAGE, len(depths) * style.COLUMN)
    height = (1.5 + 4 * len(kinds)) * style.CM if len(kinds) < 3 else 15 * style.CM
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(len(kinds), len(depths), sharex="col", sharey=True, squeeze=False)
    for row, (initialisation, moment) in zip(panels, kinds, strict=True):
        row[0].set_ylabel(f"{initialisation.capitalize()},\n{MOMENTS[moment]}")
        of_row = norms[
            (norms["initialisation"] == initialisation)
            & (norms["moment"] == f"gradient_norms.{moment}")
        ]
        for panel, depth in zip(row, depths, strict=True):
            panel.set_yscale("log")
            for method, curve in of_row[of_row["depth"] == depth].groupby("method", sort=False):
                style.mean_and_range(
                    panel,
                    curve["norm"].groupby(curve["layer"]),
                    mean=statistics.geometric_mean,
                    **style.look(method),
                )
    for top, bottom, depth in zip(panels[0], panels[-1], depths, strict=True):
        top.set_title(f"Depth {depth}")
        step = max(1, depth // 4)
        bottom.set_xticks([1, *range(max(2, step), depth + 1, step)])
    size = matplotlib.rcParams["axes.labelsize"]
    figure.supxlabel("Forward layer, from the input", size=size)
    figure.supylabel("Gradient norm relative to the last layer's", size=size)
    title = style.averaged(sweep, mean="geometric mean")
    style.legend(figure, style.labelled(figure), title, *notes)
    return figure
