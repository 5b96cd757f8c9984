"""Test accuracy by epoch, one panel per network (thesis 3.2)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style

CAPTION = (
    "Test accuracy by epoch (thesis 3.2). The accuracy of an AL network is that of all its"
    " components together. Before the end it may be that on some of the test images, evenly"
    " spaced: see above the panels. Where every method's error is below 10 % in the end, the test"
    " error is shown, on a logarithmic axis. Methods with equally many effective parameters are"
    " named by the first."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. In AL the accuracy is
        that of the whole network, its last prefix.
    """
    return style.accuracy_curves(inputs, "Epoch", lambda curve: curve["epoch"])
