"""Layers embedded in the plane by t-SNE, BP above AL (thesis 3.3)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from associated_learning import registry
from associated_learning.errors import DataError
from associated_learning.figures import style
from associated_learning.results import notes, read

CAPTION = (
    "t-SNE of the activations of test images (their first 50 principal components), layer by"
    " layer. Each method has one row (thesis 3.3; van der Maaten 2014). The maps are those of the"
    " lowest-numbered seed; the table averages over all. Above each row stands this run's accuracy"
    " on the whole test set, and how many components have not started: those right at most twice as"
    " often as chance. Above each panel stand two accuracies for this seed, in the activations and"
    " in the embedding. They are the share of images whose nearest neighbours vote for their class."
    " Below them stands the Kullback-Leibler divergence at which t-SNE ended, in nats. Of a data"
    " set with superclasses the images of the first five are drawn. All were embedded, and"
    " neighbours still vote for one of its classes."
)
# Neither greys nor browns. For the usual eye any two differ by 30 or more (CIE94), without red or
# green cones by 14; further groups are crosses.
COLOURS = np.array(
    [
        *("#008BFF", "#FFB946", "#000000", "#E85D74", "#00D1A2"),
        *("#8B005D", "#74A200", "#FFA2FF", "#0000FF", "#005D00"),
    ]
)
MARKERS = {"o": {"s": 1.8, "lw": 0}, "x": {"s": 2, "lw": 0.4}}
SUPERCLASSES = 5  # that are drawn: of twenty none could be followed


def draw(inputs: list[Path]) -> Figure:
    """Draw one row per method, one column per layer, a point per test image, coloured by class.

    Parameters
    ----------
    inputs
        t-SNE maps of runs on one data set and network (see `read.read_embeddings`); those of
        the lowest-numbered seed are drawn. A run's metrics.json may lie beside each.

    Raises
    ------
    DataError
        One of that seed was measured without keeping its map.
    """
    maps = read.read_embeddings(inputs)
    runs = notes.beside(inputs)
    seeds = {found["seed"] for found in maps}
    maps = [found for found in maps if found["seed"] == min(seeds)]
    if any("groups" not in found for found in maps):
        raise DataError(f"seed {min(seeds)} has no t-SNE map: embed it without --no-map")
    names = [layer["layer"] for layer in max((found["layers"] for found in maps), key=len)]
    figure = Figure(figsize=(style.PAGE, style.PAGE), layout="constrained")
    rows = figure.subfigures(len(maps), 1, squeeze=False)[:, 0]
    for row, found in zip(rows, maps, strict=True):
        row.suptitle(_about(found, runs), x=0.01, ha="left", fontsize=8)
        layers = {layer["layer"]: layer for layer in found["layers"]}
        panels = row.subplots(1, len(names), squeeze=False)[0]
        for panel, name in zip(panels, names, strict=True):
            panel.set(box_aspect=1, xticks=[], yticks=[])
            panel.spines[:].set_visible(True)
            if name in layers:
                _scatter(panel, layers[name], found["groups"], len(_groups(found)))
            else:  # not every BP network has a layer that matches the bridge
                panel.set_axis_off()
    shown = maps[0]
    handles = {
        name.replace("_", " "): Line2D(
            [], [], color=COLOURS[k % len(COLOURS)], marker=list(MARKERS)[k // len(COLOURS)], ls=""
        )
        for k, name in enumerate(_groups(shown))
    }
    legend = style.legend(figure, handles, *_title(shown, seeds), handlelength=1, columnspacing=1.5)
    height = len(maps) * (style.PAGE / len(names) + 1.6 * style.CM)
    figure.set_figheight(height + legend.get_window_extent().height / figure.dpi)
    return figure


def _groups(found: dict[str, Any]) -> list[str]:
    """Names of the groups that are drawn: all classes, or the first few superclasses."""
    names = found["group_names"]
    return names[:SUPERCLASSES] if len(names) < registry.classes(found["dataset"]) else names


def _about(found: dict[str, Any], runs: pd.DataFrame) -> str:
    """The method of a map, and how well its run does where that is known."""
    words = registry.method_label(found["method"])
    if not runs.empty:
        run = runs[(runs["method"] == found["method"]) & (runs["seed"] == found["seed"])]
        for accuracy in run["test_accuracy"]:
            waiting = notes.not_started(run)
            words += f": test accuracy {100 * accuracy:.1f} %{waiting and ', ' + waiting}"
    return words


def _scatter(panel: Axes, layer: dict[str, Any], groups: np.ndarray, drawn: int) -> None:
    panel.set_title(
        f"{layer['layer']}\nkNN {layer['knn_activations']:.2f} / {layer['knn_embedding']:.2f}"
        f"\nKL {layer['kl_divergence']:z.2f}",
        fontsize=7,
    )
    for k, (marker, size) in enumerate(MARKERS.items()):
        marked = (groups // len(COLOURS) == k) & (groups < drawn)
        panel.scatter(
            *layer["coordinates"][marked].T,
            c=COLOURS[groups[marked] % len(COLOURS)],
            marker=marker,
            rasterized=True,
            **size,
        )


def _title(shown: dict[str, Any], seeds: set[int]) -> list[str]:
    dataset, classes = shown["dataset"], registry.classes(shown["dataset"])
    samples, names = shown["samples"], shown["group_names"]
    title = [
        f"{registry.dataset_label(dataset)}, {registry.network_label(shown['arch'])},"
        f" seed {shown['seed']}"
        f"{f' (the lowest-numbered of {len(seeds)})' if len(seeds) > 1 else ''}: t-SNE (perplexity"
        f" {shown['perplexity']:g}, seed {shown['tsne_seed']}) of n = {samples:,} test images",
        f"above the panels, for this run: kNN accuracy (k = {shown['neighbours']}) in the"
        " activations / in the embedding; KL divergence in nats",
    ]
    if len(drawn := _groups(shown)) < len(names):
        points = np.count_nonzero(shown["groups"] < len(drawn))
        title.append(
            f"drawn: the {points} images of the first {len(drawn)} of {len(names)} superclasses;"
            f" kNN: all {classes} classes, of about {samples / classes:.0f} images each"
        )
    return title
