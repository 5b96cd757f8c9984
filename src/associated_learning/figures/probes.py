"""How well a linear classifier reads the classes off every layer (ours)."""

from pathlib import Path

from matplotlib.figure import Figure

from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "Test accuracy of a linear classifier of the activations at every layer (ours): standardised,"
    " reduced by PCA to 256 dimensions at most, classified by logistic regression. BP has ReLU and"
    " a softmax. AL and same path (ours) have the same layers, ELU and then sigmoids, and differ in"
    " training alone."
)


def draw(inputs: list[Path]) -> Figure:
    """Draw the mean over seeds as a line and their range as a band, one panel per network.

    Parameters
    ----------
    inputs
        CSV files of the probes of the runs of one data set (see `read.read_probes`).
    """
    layers = read.read_probes(inputs)
    archs = layers["arch"].unique()
    figure, panels = style.accuracy_panels(archs, "")
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = layers[layers["arch"] == arch]
        # By name: where BP has no layer that matches the bridge, its places are others.
        names = list(of_arch.groupby("layer")["place"].max().sort_values().index)
        for method, of_method in of_arch.groupby("method", sort=False):
            places = of_method["layer"].map(names.index)
            values = (100 * of_method["accuracy"]).groupby(places)
            style.mean_and_range(panel, values, **style.look(method))
        panel.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    panels[0].set_ylabel("Accuracy of a probe (%)")
    images = ", ".join(f"{count:,}" for count in sorted(layers["images"].unique()))
    title = style.averaged(layers), f"fitted to {images} training images"
    style.legend(figure, style.labelled(figure), *title)
    return figure
