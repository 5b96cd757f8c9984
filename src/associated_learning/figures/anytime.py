"""Test accuracy and cost by the number of components used to predict (ours)."""

from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy by the number of components used to predict (ours). Every prefix of an AL"
    " network's components is a predictor. Below each number stand the multiply-adds of the"
    " prefix's dense and convolutional layers for one image. A bridge reads a whole feature map,"
    " so a short prefix may cost more."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Below each number of components stand the multiply-adds that its prediction takes.

    Parameters
    ----------
    inputs
        metrics.json of runs on one data set whose components predict by themselves.
    """
    runs = read.read_runs(inputs)
    look = style.look(read.only_prefix_method(runs))
    archs = runs["arch"].unique()
    figure, panels = style.accuracy_panels(archs, "")
    figure.supxlabel("Components used, multiply-adds", size=rcParams["axes.labelsize"])
    short = EngFormatter(sep="")
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = runs[runs["arch"] == arch]
        prefixes = of_arch["prefix_test_accuracy"].explode().astype(float)
        used = 1 + prefixes.groupby(level=0).cumcount()
        style.mean_and_range(panel, (100 * prefixes).groupby(used), **look)
        costs = of_arch["multiply_adds_by_prefix"].iloc[0]
        labels = [f"{k}\n{short(float(f'{cost:.2g}'))}" for k, cost in enumerate(costs, start=1)]
        panel.set_xticks(range(1, 1 + len(costs)), labels, fontsize=6)
    style.chance(panels, registry.classes(runs["dataset"].iloc[0]))
    style.legend(figure, style.labelled(figure), style.averaged(runs))
    return figure
