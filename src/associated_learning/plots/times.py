"""Test accuracy by time of training, a panel an architecture (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. A place on the time axis
        is the median over seeds of what the steps up to one evaluation took; what is counted says
        `runs.read_histories`.
    """
    histories = runs.read_histories(inputs)
    archs = histories["arch"].unique()
    figure, panels = style.accuracy_panels(archs, "Training time (s)")
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch]
        for k, (method, curve) in enumerate(of_arch.groupby("method", sort=False)):
            style.mean_and_range(
                panel,
                (100 * curve["test_accuracy"]).groupby(
                    curve.groupby("step")["seconds"].transform("median")
                ),
                stagger=k / len(runs.METHODS),
                label=runs.METHODS[method],
                **style.METHODS[method],
            )
        panel.set_xlim(left=0)
    style.chance(panels, runs.CLASSES[histories["dataset"].iloc[0]])
    style.legend(figure, style.labelled(figure), style.averaged(histories))
    return figure
