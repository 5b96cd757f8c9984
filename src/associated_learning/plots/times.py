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
    return style.accuracy_curves(
        histories,
        "Training time (s)",
        lambda curve: curve.groupby("step")["seconds"].transform("median"),
    )
