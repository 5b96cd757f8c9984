"""Test accuracy by time of training, one panel per network (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import notes

CAPTION = (
    "Test accuracy by time of training in one process, without evaluations (ours). A step of AL"
    " also trains bridges, encoders and decoders, so equal epochs are not equal time. After early"
    " steps some test images are looked at, evenly spaced, else all. Where every method's error is"
    " below 10 % in the end, the test error is shown, on a logarithmic axis. Methods with equally"
    " many effective parameters are named by the first."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. A place on the time axis
        is the median over seeds of what the steps up to one evaluation took; what is counted says
        `read.read_histories`.
    """
    return style.accuracy_curves(
        inputs,
        "Training time (s)",
        lambda curve: curve.groupby("step")["seconds"].transform("median"),
        below=lambda runs: notes.trained(runs) + notes.processors(runs),
    )
