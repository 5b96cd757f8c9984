"""Layers embedded in the plane by t-SNE, AL above BP (thesis 3.3)."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from associated_learning import runs
from associated_learning.plots.style import CM, PAGE

# Ten colours that colour-blind people tell apart (Petroff 2021); the next ten groups are crosses.
COLOURS = np.array(matplotlib.color_sequences["petroff10"])
MARKERS = ("o", "x")


def draw(inputs: list[Path]) -> Figure:
    """Draw a row a method, a column a layer, a point a test image, its colour that of its class.

    Parameters
    ----------
    inputs
        t-SNE maps of one run a method (see `runs.read_embeddings`).
    """
    maps = runs.read_embeddings(inputs)[::-1]  # AL first
    layers = [layer["layer"] for layer in max((found["layers"] for found in maps), key=len)]
    width = (PAGE - 0.5 * CM) / max(len(layers), 5)  # of a panel
    figure = Figure(layout="constrained")
    panels = figure.subplots(len(maps), len(layers), squeeze=False)
    for row, found in zip(panels, maps, strict=True):
        by_name = {layer["layer"]: layer for layer in found["layers"]}
        row[0].set_ylabel(runs.METHODS[found["method"]])
        for panel, name in zip(row, layers, strict=True):
            ...
    return figure
