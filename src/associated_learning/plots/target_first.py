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
    return style.accuracy_curves(histories, "Step", lambda curve: curve["step"], log=True)
