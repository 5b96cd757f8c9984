"""Test accuracy by epoch, a panel an architecture (thesis 3.2)."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. In AL the accuracy is
        that of the whole network, its last prefix.
    """
    histories = runs.read_histories(inputs)
    dataset = runs.only_dataset(histories)
    archs = histories["arch"].unique()
    figure = Figure(
        figsize=(min(style.PAGE, len(archs) * style.COLUMN), 5.5 * style.CM), layout="constrained"
    )
    panels = figure.subplots(1, len(archs), sharey=True, squeeze=False)[0]
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch]
        for k, (method, curve) in enumerate(of_arch.groupby("method", sort=False)):
            percent = (100 * curve["test_accuracy"]).groupby(curve["epoch"])
            mean, look = percent.mean(), style.METHODS[method]
            every = -(-len(mean) // 10)  # of 200 markers none could be seen
            marked = (k * every // len(runs.METHODS), every)
            panel.plot(mean, label=runs.METHODS[method], markevery=marked, **look)
            panel.fill_between(
                mean.index, percent.min(), percent.max(), color=look["color"], alpha=0.2, lw=0
            )
        panel.set(title=runs.arch_name(arch), xlabel="Epoch")
        panel.set_xlim(left=0)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    panels[0].set_ylabel("Test accuracy (%)")

    counts = histories.groupby(["arch", "method"])["seed"].nunique()
    spread = "mean and range of " if counts.max() > 1 else ""
    lines = {line.get_label(): line for panel in panels for line in panel.lines}
    names = [name for name in runs.METHODS.values() if name in lines]
    figure.legend(
        [lines[name] for name in names],
        names,
        title=f"{dataset}, {spread}{runs.seeds(counts)}",
        loc="outside upper center",
        ncols=len(names),
    )
    return figure
