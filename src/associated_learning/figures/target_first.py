"""Test accuracy by step where the target path is trained before the first image (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy by training step of BP, of AL, and of AL whose target path was first trained"
    " alone on the one-hot vectors (ours). The steps of the target path alone see no image and are"
    " not counted."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. The steps that train the
        target path alone see no image and are not counted.
    """
    histories = read.read_histories(inputs)
    return style.accuracy_curves(histories, "Step", lambda curve: curve["step"], log=True)
