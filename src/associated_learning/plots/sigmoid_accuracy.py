"""Test accuracy of networks of sigmoids by depth (thesis, abstract)."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line, their range as a band and each of them as a point.

    Parameters
    ----------
    inputs
        metrics.json of the sigmoid networks' runs on one data set.
    """
    sweep = runs.read_sigmoid(inputs)
    figure = Figure(figsize=(style.COLUMN, 6 * style.CM), layout="constrained")
    panel = figure.subplots()
    for method, cells in sweep.groupby("method", sort=False):
        percent, look = 100 * cells["test_accuracy"], style.METHODS[method]
        style.mean_and_range(
            panel, percent.groupby(cells["depth"]), label=runs.METHODS[method], **look
        )
        panel.scatter(cells["depth"], percent, s=5, color=look["color"], alpha=0.6, lw=0)
    panel.set_xscale("log", base=2)
    depths = sorted(sweep["depth"].unique())
    panel.set_xticks(depths, depths)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    panel.set(xlabel="Hidden forward layers", ylabel="Test accuracy (%)")
    style.chance([panel], runs.CLASSES[sweep["dataset"].iloc[0]])
    title = style.averaged(sweep), "points: single seeds"
    style.legend(figure, style.labelled(figure), *title)
    return figure
