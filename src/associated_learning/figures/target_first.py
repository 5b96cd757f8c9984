"""Test accuracy by step where the target path is trained before the first image (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy by training step of BP, of AL, and of AL whose target path was first trained"
    " alone on the one-hot vectors (ours). The steps of the target path alone see no image. They"
    " are not counted on the axis; the legend names how many they were. After early"
    " steps some test images are looked at, evenly spaced, else all."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each. The steps that train the
        target path alone see no image and are not counted.
    """
    labels = {}
    runs = read.read_runs(inputs).dropna(subset="target_first_steps")
    for method, steps in runs.groupby("method")["target_first_steps"]:
        counts = [f"{count:,.0f}" for count in sorted({steps.min(), steps.max()})]
        labels[method] = f"{registry.method_label(method)} ({' to '.join(counts)} steps before)"
    return style.accuracy_curves(
        inputs, "Step", lambda curve: curve["step"], log=True, labels=labels
    )
