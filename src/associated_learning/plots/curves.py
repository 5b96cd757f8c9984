"""Test accuracy by epoch, a panel an architecture (thesis 3.2)."""

from pathlib import Path

from matplotlib.figure import Figure

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
    return style.accuracy_curves(histories, "Epoch", lambda curve: curve["epoch"])
