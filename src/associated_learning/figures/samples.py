"""Training images of one data set, class by class (thesis 3.1)."""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from associated_learning.errors import DataError
from associated_learning.figures.style import CM, PAGE
from associated_learning.results import read

CAPTION = "Training images, the first of each class (thesis 3.1). Nothing was chosen by eye."
GAP = 2  # white pixels between two images


def draw(inputs: list[Path]) -> Figure:
    """Draw the first ten images of every class; of a hundred classes, the first of each.

    A row is a class or, where the data set has them, a superclass with an image of each of its
    classes, in the classes' order. Nothing is chosen by eye.

    Parameters
    ----------
    inputs
        The overview of one data set (see `data.overview`).
    """
    if len(inputs) > 1:
        raise DataError(f"samples are drawn of one data set, {len(inputs)} are given")
    with read.open_data(inputs[0]) as data:
        metadata = data.metadata()
        images, labels = data.get_tensor("images"), data.get_tensor("labels")
    names = json.loads(metadata.get("superclasses", metadata["classes"]))
    if "superclasses" in metadata:
        labels = np.array(json.loads(metadata["coarse_labels"]))[labels]
    rows = [list(images[labels == label]) for label in range(len(names))]

    half = (len(names) + 1) // 2
    names_width = (0.4 + 0.125 * max(map(len, names))) * CM  # about, at the style's 7 pt
    height = (PAGE / 2 - names_width) * half / len(rows[0])
    figure = Figure(figsize=(PAGE, height + 0.2 * CM), layout="constrained")
    for panel, start in zip(figure.subplots(1, 2), (0, half), strict=True):
        block = rows[start : start + half]
        panel.imshow(mosaic(block), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        pitch = block[0][0].shape[1] + GAP
        ticks = pitch * np.arange(len(block)) + (pitch - GAP - 1) / 2
        panel.set_yticks(ticks, [name.replace("_", " ") for name in names[start : start + half]])
        panel.set_xticks([])
        panel.tick_params(length=0)
        panel.grid(False)
        panel.spines[:].set_visible(False)
    return figure


def mosaic(rows: list[list[np.ndarray]]) -> np.ndarray:
    """Join rows of images (channels, height, width) into one (height, width, channels), uint8."""
    gap = ((0, 0), (0, GAP), (0, GAP))
    padded = [[np.pad(image, gap, constant_values=255) for image in row] for row in rows]
    return np.block(padded)[:, :-GAP, :-GAP].transpose(1, 2, 0)
