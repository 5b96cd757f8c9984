"""Test accuracy of networks of sigmoids by depth and initialisation (thesis, abstract)."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy of perceptrons of equal width whose every activation is a sigmoid, by the"
    " number of hidden forward layers (thesis, abstract). One panel per initialisation of the"
    " forward layers: He et al. (2015), made for ReLU, or Glorot and Bengio (2010), times 4 for"
    " sigmoids. BP's network ends in one dense layer. AL's forward path ends in its bridge,"
    " followed by one decoder per component; those of other methods in its bridge and one dense"
    " layer. The thin black line is AL's first component alone, which has one hidden forward layer."
    " Points are single seeds."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line, their range as a band and each of them as a point.

    Parameters
    ----------
    inputs
        metrics.json of runs of one family's networks, which differ in depth and initialisation, on
        one data set.
    """
    sweep = read.read_depths(inputs)
    groups = dict(iter(sweep.groupby("initialisation", sort=False)))
    figure = Figure(
        figsize=(min(style.PAGE, len(groups) * style.COLUMN), 6.5 * style.CM), layout="constrained"
    )
    panels = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for panel, of_panel in zip(panels, groups.values(), strict=True):
        for method, cells in of_panel.groupby("method", sort=False):
            percent, look = 100 * cells["test_accuracy"], style.look(method)
            style.mean_and_range(panel, percent.groupby(cells["depth"]), **look)
            panel.scatter(cells["depth"], percent, s=5, color=look["color"], alpha=0.6, lw=0)
            if method == registry.thesis_method():
                first = 100 * cells["prefix_test_accuracy"].map(lambda prefixes: prefixes[0])
                label = f"{look['label']}, first component"
                means = first.groupby(cells["depth"]).mean()
                panel.plot(means, color="black", lw=0.6, label=label, zorder=4)
        depths = sorted(of_panel["depth"].unique())
        panel.set_xscale("log", base=2)
        panel.set_xticks(depths, depths)
        panel.xaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        panel.set_xlabel("Hidden forward layers")
    panels[0].set_ylabel("Test accuracy (%)")
    style.titles(panels, {f"{k.capitalize()}'s initialisation": _rates(groups[k]) for k in groups})
    style.chance(panels, registry.classes(sweep["dataset"].iloc[0]))
    style.legend(figure, style.labelled(figure), style.averaged(sweep))
    return figure


def _rates(runs: pd.DataFrame) -> list[str]:
    """The learning rates of some runs, by method where they differ; of several their depths."""
    if len(runs["learning_rate"].unique()) == 1:
        return [f"learning rate {runs['learning_rate'].iloc[0]:g}"]
    found = []
    for method, of_method in runs.groupby("method", sort=False):
        depths = of_method.groupby("learning_rate")["depth"].unique()
        texts = [f"{r:g} ({', '.join(map(str, sorted(d)))})" for r, d in depths.items()]
        only = f"{depths.index[0]:g}"
        found.append(
            f"{registry.method_label(method)} {', '.join(texts) if len(texts) > 1 else only}"
        )
    return [f"learning rates (of layers): {'; '.join(found)}"]
