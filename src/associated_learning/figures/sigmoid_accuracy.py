"""Test accuracy of networks of sigmoids by depth (thesis, abstract)."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy of perceptrons of equal width whose every activation is a sigmoid, by the"
    " number of hidden forward layers (thesis, abstract). BP's network ends in one dense layer."
    " AL's forward path ends in its bridge, followed by one decoder per component."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line, their range as a band and each of them as a point.

    Parameters
    ----------
    inputs
        metrics.json of runs of one family's networks, which differ in depth, on one data set.
    """
    sweep = read.read_depths(inputs)
    figure = Figure(figsize=(style.COLUMN, 6 * style.CM), layout="constrained")
    panel = figure.subplots()
    for method, cells in sweep.groupby("method", sort=False):
        percent, look = 100 * cells["test_accuracy"], style.look(method)
        style.mean_and_range(panel, percent.groupby(cells["depth"]), **look)
        panel.scatter(cells["depth"], percent, s=5, color=look["color"], alpha=0.6, lw=0)
    panel.set_xscale("log", base=2)
    depths = sorted(sweep["depth"].unique())
    panel.set_xticks(depths, depths)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    panel.set(xlabel="Hidden forward layers", ylabel="Test accuracy (%)")
    style.chance([panel], registry.classes(sweep["dataset"].iloc[0]))
    title = style.averaged(sweep), "points: single seeds"
    style.legend(figure, style.labelled(figure), *title)
    return figure
