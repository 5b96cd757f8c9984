"""Gradient norm of every layer of networks of sigmoids (thesis, abstract)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import read, statistics

CAPTION = (
    "Norm of the loss's gradient by the parameters of each forward layer, before and after"
    " training, over the first 500 training images (thesis, abstract). Compare slopes, not"
    " heights. AL has one mean squared error of its own for each layer, BP one cross-entropy for"
    " all."
)
MOMENTS = {"initial": "at initialisation", "final": "after training"}


def draw(inputs: list[Path]) -> Figure:
    """Draw the geometric mean over seeds as a line and their range as a band, one column per depth.

    Parameters
    ----------
    inputs
        metrics.json of runs of one family's networks, which differ in depth, on one data set.
    """
    sweep = read.read_depths(inputs)
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
                    mean=statistics.geometric_mean,
                    **style.look(method),
                )
    for top, bottom, depth in zip(*panels, depths, strict=True):
        top.set_title(f"Depth {depth}")
        bottom.set_xlabel("Forward layer")
        step = max(1, depth // 4)
        bottom.set_xticks([1, *range(max(2, step), depth + 1, step)])
    title = style.averaged(sweep, mean="geometric mean")
    style.legend(figure, style.labelled(figure), title, *notes)
    return figure
