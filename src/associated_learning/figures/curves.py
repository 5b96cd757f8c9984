"""Test accuracy by epoch, one panel per network (thesis 3.2)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy by epoch (thesis 3.2). The accuracy of an AL network is that of all its"
    " components together."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. In AL the accuracy is
        that of the whole network, its last prefix.
    """
    histories = read.read_histories(inputs)
    return style.accuracy_curves(histories, "Epoch", lambda curve: curve["epoch"])
