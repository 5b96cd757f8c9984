"""Test accuracy by step where the target path is trained before the first image (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning import runs
from associated_learning.plots import style


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, a panel an architecture.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. The steps that train the
        target path alone see no image and are not counted.
    """
    histories = runs.read_histories(inputs)
    archs = histories["arch"].unique()
    figure, panels = style.accuracy_panels(archs, "Step", log=True)
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch]
        for k, (method, curve) in enumerate(of_arch.groupby("method", sort=False)):
            style.mean_and_range(
                panel,
                (100 * curve["test_accuracy"]).groupby(curve["step"]),
                stagger=k / len(runs.METHODS),
                label=runs.METHODS[method],
                **style.METHODS[method],
            )
    style.chance(panels, runs.CLASSES[histories["dataset"].iloc[0]])
    style.legend(figure, style.labelled(figure), style.averaged(histories))
    return figure
