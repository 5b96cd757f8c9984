"""Test accuracy of every prefix of components by training step (ours)."""

from pathlib import Path

import numpy as np
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import notes, read

CAPTION = (
    "Test accuracy of every prefix of components by training step (ours): when does each"
    " component start to work? The number at a line's end is that of the components used. The"
    " accuracy is looked at after 50, 100, 200, 500, 1,000, ... steps on up to 2,000 evenly spaced"
    " test images, and after at most ten epochs on all, less often in short runs. Where every"
    " error is below 10 % in the end, errors are shown, on a logarithmic axis."
)

GAP = 0.09  # of a panel's height, between two numbers


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Parameters
    ----------
    inputs
        metrics.json of runs on one data set whose components predict by themselves, history.csv
        beside each. Runs of the baseline are left out.
    """
    histories = read.read_histories(inputs)
    method = read.only_prefix_method(histories)
    histories = histories[histories["method"] == method]
    look = style.look(method)
    archs = histories["arch"].unique()
    prefixes = list(histories.filter(like=read.PREFIX))
    last = histories.groupby(["arch", "seed"])[prefixes].last()
    error = style.small_errors(last.groupby("arch").mean().stack().dropna())
    shades = seaborn.blend_palette(["#7DBCE6", look["color"], "#00263D"], len(prefixes))
    figure, panels = style.accuracy_panels(archs, "Step", log=True, error=error)
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch].dropna(axis="columns", how="all")
        for k, prefix in enumerate(prefixes):
            if prefix in of_arch:
                style.mean_and_range(
                    panel,
                    style.percent(of_arch[prefix], error).groupby(of_arch["step"]),
                    label=f"_{k + 1}",
                    color=shades[k],
                    linewidth=1,
                )
    style.chance(panels, registry.classes(histories["dataset"].iloc[0]), error)
    title = [style.averaged(histories), f"{look['label']}, by the number of components used"]
    title += notes.looked_at(histories)
    style.legend(figure, style.labelled(figure), *title)
    for panel in panels:  # now that all is on the axis of accuracies, which they share
        _number_ends(panel)
    return figure


def _number_ends(panel: Axes) -> None:
    """Write its number at the end of each prefix's line, none over another."""
    from scipy.optimize import isotonic_regression  # takes a while to import

    to_axes = panel.transScale + panel.transLimits
    ends = []
    for line in panel.lines:
        if (number := line.get_label()[1:]).isdecimal():
            right, height = to_axes.transform(line.get_xydata()[-1])
            ends.append((round(height, 2), -int(number), right, line.get_color()))
    heights, numbers, rights, colours = zip(*sorted(ends), strict=True)
    steps = GAP * np.arange(len(ends))  # the least moves after which they are that far apart
    places = isotonic_regression(np.subtract(heights, steps)).x + steps
    places = np.clip(places, GAP / 2 + steps, 1 - steps[::-1])
    beside = panel.transAxes + ScaledTranslation(
        7 / 72, 0, panel.get_figure(root=True).dpi_scale_trans
    )
    for place, height, right, number, colour in zip(
        places, heights, rights, numbers, colours, strict=True
    ):
        panel.annotate(
            -number,
            (right, height),
            (right, place),
            "axes fraction",
            beside,
            arrowprops={"arrowstyle": "-", "lw": 0.4, "color": colour, "shrinkA": 0, "shrinkB": 1},
            va="center",
            color=colour,
            weight="bold",
            annotation_clip=False,
        )
