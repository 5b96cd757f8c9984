"""Test accuracy of every prefix of components by training step (ours)."""

from pathlib import Path

import seaborn
from matplotlib.figure import Figure

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, a panel an architecture.

    Parameters
    ----------
    inputs
        metrics.json of AL runs on one data set, history.csv beside each.
    """
    histories = runs.read_histories(inputs)
    method = runs.only_al(histories)
    archs = histories["arch"].unique()
    prefixes = list(histories.filter(regex=r"^test_accuracy_prefix_\d+$"))
    shades = seaborn.blend_palette(["#7DBCE6", "#0072B2", "#00263D"], len(prefixes))
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
    style.chance(panels, runs.CLASSES[histories["dataset"].iloc[0]])
    order = [str(k) for k in range(1, len(prefixes) + 1)]
    title = style.averaged(histories), f"{method}, by the number of components used"
    style.legend(figure, style.labelled(figure, order), *title)
    return figure
