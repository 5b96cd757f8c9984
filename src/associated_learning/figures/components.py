"""Test accuracy of every prefix of components by training step (ours)."""

from pathlib import Path

import seaborn
from matplotlib.figure import Figure

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy of every prefix of components by training step (ours): when does each"
    " component start to work? The accuracy is looked at after 50, 100, 200, 500, 1,000, ... steps"
    " and after every epoch."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Parameters
    ----------
    inputs
        metrics.json of runs on one data set whose components predict by themselves, history.csv
        beside each.
    """
    histories = read.read_histories(inputs)
    look = style.look(read.only_prefix_method(histories))
    archs = histories["arch"].unique()
    prefixes = list(histories.filter(like=read.PREFIX))
    shades = seaborn.blend_palette(["#7DBCE6", look["color"], "#00263D"], len(prefixes))
    figure, panels = style.accuracy_panels(archs, "Step", log=True)
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch].dropna(axis="columns", how="all")
        for k, prefix in enumerate(prefixes, start=1):
            if prefix in of_arch:
                style.mean_and_range(
                    panel,
                    (100 * of_arch[prefix]).groupby(of_arch["step"]),
                    stagger=(k - 1) / len(prefixes),
                    label=str(k),
                    color=shades[k - 1],
                    marker=f"${k}$",
                    markersize=5,
                    markeredgewidth=0.2,
                    linewidth=0.8,
                )
    style.chance(panels, registry.classes(histories["dataset"].iloc[0]))
    order = [str(k) for k in range(1, len(prefixes) + 1)]
    title = style.averaged(histories), f"{look['label']}, by the number of components used"
    style.legend(figure, style.labelled(figure, order), *title)
    return figure
