"""Final test accuracy of every run. A template to copy."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = "Test accuracy after the last epoch, one point per run."


def draw(inputs: list[Path]) -> Figure:
    """Draw one point per run.

    Parameters
    ----------
    inputs
        metrics.json of the runs on one data set.
    """
    runs = read.read_runs(inputs)
    figure = Figure(figsize=(style.COLUMN, 6 * style.CM), layout="constrained")
    panel = figure.subplots()
    for method, cell in runs.groupby("method", sort=False):
        look = style.look(method) | {"linestyle": ""}
        panel.plot(cell["arch"].map(registry.network_label), 100 * cell["test_accuracy"], **look)
    panel.set_ylabel("Test accuracy (%)")
    style.legend(figure, style.labelled(figure), style.averaged(runs))
    return figure
