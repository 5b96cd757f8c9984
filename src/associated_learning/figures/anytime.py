"""Test accuracy and cost by the number of components used, and of early exits (ours)."""

from pathlib import Path

import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import exits, notes, read

CAPTION = (
    "Test accuracy by the number of components used to predict (ours). Every prefix of an AL"
    " network's components is a predictor. Below each number stand the multiply-adds of the"
    " prefix's dense and convolutional layers for one image, in each panel's title those of BP's"
    " network. A bridge reads a whole feature map, so a short prefix may cost more. BP's network"
    " predicts as a whole: its accuracy is a level. Where every error is below 10 %, errors are"
    " shown, on a logarithmic axis. Where early exits were measured, a lower row shows accuracy by"
    " the mean multiply-adds of an image. With early exit an image is answered by the first prefix"
    " whose largest score reaches a threshold. It then cost also what the prefixes before that one"
    " added to the blocks, in AL their bridges and decoders. Numbers are the prefixes of the upper"
    " row, used alone; BP's network is a point. The thresholds were stated before; none is chosen."
)

WHOLE, EXIT = ", whole network", ", early exit"
HOLLOW = {"linestyle": (0, (2, 1)), "marker": "o", "markerfacecolor": "white", "mew": 0.8}
HALO = withStroke(linewidth=2, foreground="white")  # a number can be read in front of a line


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Below each number of components stand the multiply-adds that its prediction takes. Early exits,
    if there are any, have panels of their own below.

    Parameters
    ----------
    inputs
        metrics.json of runs on one data set whose components predict by themselves, exits.csv of
        some of them, and metrics.json of the baseline's on the same networks, if there are any.
    """
    both, early = exits.read_with_runs(inputs)
    method = read.only_prefix_method(both)
    runs, whole = both[both["method"] == method], both[both["method"] != method]
    archs = {arch: _cost(whole[whole["arch"] == arch]) for arch in runs["arch"].unique()}
    used = pd.concat([_by_prefix(runs), whole.assign(used=0, accuracy=whole["test_accuracy"])])
    error = style.small_errors(used.groupby(["arch", "method", "used"])["accuracy"].mean())
    used["percent"] = style.percent(used["accuracy"], error)
    rows = 1 if early.empty else 2
    figure, panels = style.accuracy_panels(list(archs), "", error=error, below=archs, rows=rows)
    for panel, arch in zip(panels, archs, strict=False):
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
    title = [style.averaged(both)]
    if early.empty:
        figure.supxlabel("Components used, multiply-adds", size=rcParams["axes.labelsize"])
    else:
        early["percent"] = style.percent(early["accuracy"], error)
        for above, panel, arch in zip(panels, panels[len(archs) :], archs, strict=False):
            above.set_xlabel("Components used")
            panel.set_xlabel("Multiply-adds")
            _draw_by_cost(panel, used[used["arch"] == arch], early[early["arch"] == arch])
        scores = ", ".join(f"{score:g}" for score in sorted(early["threshold"].unique()))
        title.append(f"below: prefixes, numbered; early exit at a score of {scores}, left to right")
    if error:  # chance would lie far off
        for row in range(rows):
            style.log_ticks(panels[row * len(archs)])
    else:
        style.chance(panels[: len(archs)], registry.classes(runs["dataset"].iloc[0]))
    order = [f"{style.look(name)['label']}{WHOLE}" for name in whole["method"].unique()]
    order += [registry.method_label(method) + what for what in ("", EXIT)]
    style.legend(figure, style.labelled(figure, order), *title)
    return figure


def _draw_by_cost(panel: Axes, used: pd.DataFrame, early: pd.DataFrame) -> None:
    """Draw one network's accuracies by multiply-adds: of prefixes, the baseline, early exits."""
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.tick_params(axis="x", labelsize=style.SMALL)
    for (method, k), of in used.groupby(["method", "used"], sort=False):
        look = {key: style.look(method)[key] for key in ("color", "marker")}
        if k:  # 0: the whole of the baseline
            look |= {"marker": f"${k}$", "markersize": 5.5, "path_effects": [HALO]}
        cost = of["multiply_adds_by_prefix"].iloc[0][k - 1]
        panel.plot(cost, of["percent"].mean(), linestyle="", mew=0.2, zorder=4, **look)
    for method, of in early.groupby("method"):
        look = style.look(method)
        costs = of.groupby("threshold")["multiply_adds"].transform("mean")
        label = {"label": f"{look['label']}{EXIT}"}
        style.mean_and_range(panel, of["percent"].groupby(costs), **look | HOLLOW | label)


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
