"""Test accuracy and cost by the number of components used to predict (ours)."""

from pathlib import Path

import pandas as pd
from matplotlib import rcParams
from matplotlib.figure import Figure

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import notes, read

CAPTION = (
    "Test accuracy by the number of components used to predict (ours). Every prefix of an AL"
    " network's components is a predictor. Below each number stand the multiply-adds of the"
    " prefix's dense and convolutional layers for one image, in each panel's title those of BP's"
    " network. A bridge reads a whole feature map, so a short prefix may cost more. BP's network"
    " predicts as a whole: its accuracy is a level. Where every error is below 10 %, errors are"
    " shown, on a logarithmic axis."
)

WHOLE = ", whole network"


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Below each number of components stand the multiply-adds that its prediction takes.

    Parameters
    ----------
    inputs
        metrics.json of runs on one data set whose components predict by themselves, and of the
        baseline's on the same networks, if there are any.
    """
    both = read.read_runs(inputs)
    method = read.only_prefix_method(both)
    runs, whole = both[both["method"] == method], both[both["method"] != method]
    archs = {arch: _cost(whole[whole["arch"] == arch]) for arch in runs["arch"].unique()}
    used = pd.concat([_by_prefix(runs), whole.assign(used=0, accuracy=whole["test_accuracy"])])
    error = style.small_errors(used.groupby(["arch", "method", "used"])["accuracy"].mean())
    used["percent"] = style.percent(used["accuracy"], error)
    figure, panels = style.accuracy_panels(list(archs), "", error=error, below=archs)
    figure.supxlabel("Components used, multiply-adds", size=rcParams["axes.labelsize"])
    for panel, arch in zip(panels, archs, strict=True):
        costs = runs[runs["arch"] == arch]["multiply_adds_by_prefix"].iloc[0]
        for name, of_method in used[used["arch"] == arch].groupby("method", sort=False):
            look, percent = style.look(name), of_method["percent"]
            if name == method:
                style.mean_and_range(panel, percent.groupby(of_method["used"]), **look)
            else:
                panel.axhspan(percent.min(), percent.max(), color=look["color"], alpha=0.2, lw=0)
                level = {"color": look["color"], "linestyle": look["linestyle"]}
                panel.axhline(percent.mean(), label=f"{look['label']}{WHOLE}", **level)
        labels = [f"{k}\n{_two_digits(cost)}" for k, cost in enumerate(costs, start=1)]
        panel.set_xticks(range(1, 1 + len(costs)), labels, fontsize=style.SMALL)
    if error:
        style.log_ticks(panels[0])  # chance would lie far off
    else:
        style.chance(panels, registry.classes(runs["dataset"].iloc[0]))
    order = [f"{style.look(name)['label']}{WHOLE}" for name in whole["method"].unique()]
    style.legend(figure, style.labelled(figure, order), style.averaged(both))
    return figure


def _by_prefix(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per run and number of components `used`, with the `accuracy` of that prefix."""
    rows = runs.explode("prefix_test_accuracy")
    used = 1 + rows.groupby(level=0).cumcount()
    return rows.assign(used=used, accuracy=rows["prefix_test_accuracy"].astype(float))


def _cost(whole: pd.DataFrame) -> list[str]:
    """Multiply-adds of the baseline's network, in a line."""
    return [
        f"{registry.method_label(method)}: {_two_digits(costs.iloc[0][-1])} multiply-adds"
        for method, costs in whole.groupby("method")["multiply_adds_by_prefix"]
    ]


def _two_digits(cost: float) -> str:
    return notes.short(float(f"{cost:.2g}"))
