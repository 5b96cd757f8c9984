"""Test accuracy and cost by the number of components used to predict (ours)."""

from pathlib import Path

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, a panel an architecture.

    Below each number of components stand the multiply-adds that its prediction takes.

    Parameters
    ----------
    inputs
        metrics.json of AL runs on one data set.
    """
    al = runs.read_runs(inputs)
    method = runs.only_al(al)
    archs = al["arch"].unique()
    figure, panels = style.accuracy_panels(archs, "")
    figure.supxlabel("Components used, multiply-adds", size=rcParams["axes.labelsize"])
    short = EngFormatter(sep="")
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = al[al["arch"] == arch]
        prefixes = of_arch["prefix_test_accuracy"].explode().astype(float)
        used = 1 + prefixes.groupby(level=0).cumcount()
        style.mean_and_range(
            panel,
            (100 * prefixes).groupby(used),
            label=method,
            **style.METHODS[al["method"].iloc[0]],
        )
        costs = of_arch["multiply_adds_by_prefix"].iloc[0]
        labels = [f"{k}\n{short(float(f'{cost:.2g}'))}" for k, cost in enumerate(costs, start=1)]
        panel.set_xticks(range(1, 1 + len(costs)), labels, fontsize=6)
    style.chance(panels, runs.CLASSES[al["dataset"].iloc[0]])
    style.legend(figure, style.labelled(figure), style.averaged(al))
    return figure
