"""Gradient norm of every layer of networks of sigmoids (thesis, abstract)."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from associated_learning import runs
from associated_learning.plots import style

MOMENTS = {"initial": "at initialisation", "final": "after training"}


def draw(inputs: list[Path]) -> Figure:
    """Draw the geometric mean over seeds as a line and their range as a band, a column a depth.

    Parameters
    ----------
    inputs
        metrics.json of the sigmoid networks' runs on one data set.
    """
    sweep = runs.read_sigmoid(inputs)
    norms = sweep.melt(
        ["depth", "method", "seed"],
        [f"gradient_norms.{moment}" for moment in MOMENTS],
        var_name="moment",
        value_name="norm",
    ).explode("norm")
    norms["layer"] = 1 + norms.groupby(level=0).cumcount()
    norms["norm"] = norms["norm"].astype(float)
    notes = ["layer 1 is next to the input"]
    if (norms["norm"] == 0).any():  # a logarithm has no place for it
        least = norms["norm"][norms["norm"] > 0].min()
        norms["norm"] = norms["norm"].clip(lower=least)
        notes.append(
            f"norms that underflowed to 0 are drawn at the least of the others, {least:.0e}"
        )

    depths = sorted(norms["depth"].unique())
    figure = Figure(
        figsize=(min(style.PAGE, len(depths) * style.COLUMN), 9.5 * style.CM), layout="constrained"
    )
    panels = figure.subplots(2, len(depths), sharex="col", sharey=True, squeeze=False)
    for row, (moment, words) in zip(panels, MOMENTS.items(), strict=True):
        row[0].set_ylabel(f"Gradient norm\n{words}")
        for panel, depth in zip(row, depths, strict=True):
            panel.set_yscale("log")
            shown = (norms["depth"] == depth) & (norms["moment"] == f"gradient_norms.{moment}")
            for method, curve in norms[shown].groupby("method", sort=False):
                style.mean_and_range(
                    panel,
                    curve["norm"].groupby(curve["layer"]),
                    mean=lambda values: np.exp(np.log(values).mean()),
                    label=runs.METHODS[method],
                    **style.METHODS[method],
                )
    for top, bottom, depth in zip(*panels, depths, strict=True):
        top.set_title(f"Depth {depth}")
        bottom.set_xlabel("Forward layer")
        step = max(1, depth // 4)
        bottom.set_xticks([1, *range(max(2, step), depth + 1, step)])
    title = style.averaged(sweep, mean="geometric mean")
    style.legend(figure, style.labelled(figure), title, *notes)
    return figure
