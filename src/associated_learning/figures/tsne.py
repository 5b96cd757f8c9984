"""Layers embedded in the plane by t-SNE, AL above BP (thesis 3.3)."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from associated_learning import registry
from associated_learning.figures import style
from associated_learning.results import read

CAPTION = (
    "t-SNE of the activations of test images (their first 50 principal components), layer by"
    " layer. Each method has one row (thesis 3.3; van der Maaten 2014). The maps are those of the"
    " least seed; the table averages over all. Above each panel stand two accuracies for this"
    " seed, in the activations and in the embedding. They are the share of images whose nearest"
    " neighbours vote for their class. Below them stands the Kullback-Leibler divergence at which"
    " t-SNE ended, in nats. A data set of many classes is coloured by superclasses; neighbours"
    " still vote for one of its classes."
)
# Ten colours that colour-blind people tell apart (Petroff 2021), first as dots, then as crosses.
COLOURS = np.array(matplotlib.color_sequences["petroff10"])
MARKERS = {"o": {"s": 1.5, "lw": 0}, "x": {"s": 2, "lw": 0.4}}


def draw(inputs: list[Path]) -> Figure:
    """Draw one row per method, one column per layer, a point per test image, coloured by class.

    Parameters
    ----------
    inputs
        t-SNE maps of runs on one data set and network (see `read.read_embeddings`); those of
        the least seed are drawn.
    """
    maps = read.read_embeddings(inputs)[::-1]  # the baseline last
    seeds = {found["seed"] for found in maps}
    maps = [found for found in maps if found["seed"] == min(seeds)]
    names = [layer["layer"] for layer in max((found["layers"] for found in maps), key=len)]
    figure = Figure(figsize=(style.PAGE, style.PAGE), layout="constrained")
    panels = figure.subplots(len(maps), len(names), squeeze=False)
    for row, found in zip(panels, maps, strict=True):
        layers = {layer["layer"]: layer for layer in found["layers"]}
        row[0].set_ylabel(registry.method_label(found["method"]))
        for panel, name in zip(row, names, strict=True):
            panel.set(box_aspect=1, xticks=[], yticks=[])
            panel.spines[:].set_visible(True)
            if name not in layers:  # not every BP network has a layer that matches the bridge
                panel.set_axis_off()
                continue
            layer = layers[name]
            panel.set_title(
                f"{name}\nkNN {layer['knn_activations']:.2f} / {layer['knn_embedding']:.2f}"
                f"\nKL {layer['kl_divergence']:z.2f}",
                fontsize=7,
            )
            for k, (marker, size) in enumerate(MARKERS.items()):
                marked = found["groups"] // len(COLOURS) == k
                panel.scatter(
                    *layer["coordinates"][marked].T,
                    c=COLOURS[found["groups"][marked] % len(COLOURS)],
                    marker=marker,
                    rasterized=True,
                    **size,
                )
    shown = maps[0]
    handles = {
        name.replace("_", " "): Line2D(
            [], [], color=COLOURS[k % len(COLOURS)], marker=list(MARKERS)[k // len(COLOURS)], ls=""
        )
        for k, name in enumerate(shown["group_names"])
    }
    dataset, classes = shown["dataset"], registry.classes(shown["dataset"])
    title = [
        f"{registry.dataset_label(dataset)}, {registry.network_label(shown['arch'])},"
        f" seed {shown['seed']}"
        f"{f' (the least of {len(seeds)})' if len(seeds) > 1 else ''}: t-SNE (perplexity"
        f" {shown['perplexity']:g}, seed {shown['tsne_seed']}) of n = {shown['samples']:,} test"
        " images",
        f"above the panels, for this run: kNN accuracy (k = {shown['neighbours']}) in the"
        " activations / in the embedding; KL divergence in nats",
    ]
    if len(shown["group_names"]) < classes:
        title.append(
            f"colours: superclasses; kNN: all {classes} classes, of about"
            f" {shown['samples'] / classes:.0f} images each"
        )
    legend = style.legend(figure, handles, *title, handlelength=1, columnspacing=1.5)
    height = len(maps) * (style.PAGE / len(names) + 1.1 * style.CM)
    figure.set_figheight(height + legend.get_window_extent().height / figure.dpi)
    return figure
