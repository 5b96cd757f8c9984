"""How far apart the layers of a network put the classes (thesis 3.3)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from associated_learning.data import load
from associated_learning.files import write_rows
from associated_learning.measure import hidden

FEATURES = 1024  # looked at together; bounds memory, decides nothing


class ClassDistances(NamedTuple):
    """Distances within and between classes, in the units of the activations, and their relation."""

    features: int
    """Activations that a sample has."""
    intra: float
    """Euclidean distance between two samples of one class, mean over pairs, then over classes."""
    inter: float
    """Euclidean distance between the centroids of two classes, mean over pairs of classes."""
    ratio: float
    """inter / intra."""
    silhouette: float
    """Silhouette coefficient by squared Euclidean distance, from -1 to 1, mean over samples."""


def write(run: Path, data: Path, out: Path) -> None:
    """Measure every layer of a trained network on the whole test set, into a CSV file.

    Parameters
    ----------
    run
        Folder of a finished training.
    data
        The prepared data set.
    out
        The file, with one row per layer: `dataset`, `arch`, `method`, `seed`, `layer`, `place` and
        the fields of `ClassDistances`.
    """
    dataset = load.load_file(data)
    of = hidden.load(run, dataset)
    network, config = of.network, of.metrics["config"]
    identity = {key: config[key] for key in ("dataset", "arch", "method", "seed")}
    found = class_distances(
        lambda label: hidden.layers(network, dataset, label=label),
        dataset.test_labels.unique().tolist(),
    )
    rows = [
        identity | {"layer": layer, "place": place} | distances._asdict()
        for place, (layer, distances) in enumerate(found.items())
    ]
    write_rows(out, rows)


def class_distances(
    of_class: Callable[[int], Iterable[tuple[str, np.ndarray]]], labels: Sequence[int]
) -> dict[str, ClassDistances]:
    """Measure all layers exactly, with the samples of a single class in memory at a time.

    Parameters
    ----------
    of_class
        Gives, for a label, name and activations of each layer in turn: float32, (samples of the
        class, features). Called twice for each label.
    labels
        The classes.

    Returns
    -------
    dict
        By layer. A class of one sample has no pair and is left out of ``intra``; its silhouette is
        0. Where no class has any spread, ``ratio`` is infinite, or NaN if the centroids coincide
        too (``silhouette``: 1 and 0).

    Raises
    ------
    ValueError
        If an activation is not finite, there are fewer than two classes, or no class has two
        samples.

    Notes
    -----
    Intra- and inter-class distances follow Michael and Lin (1973) and Luo et al. (2019); the
    silhouette is that of Rousseeuw (1987). Taken by squared distance it needs no pair of samples
    from two classes, 10^8 for a test set of 10,000: the mean squared distance between a sample and
    a class is that to the centroid plus the class's mean squared deviation from it. It equals
    scikit-learn's ``silhouette_score(..., metric="sqeuclidean")``.

    Beside the samples of a class it takes memory for their distances to each other (8 n^2 bytes, a
    few times) and for the centroids of all layers (8 bytes a feature and class).
    """
    if len(labels) < 2:
        raise ValueError(f"distances between classes need two classes, got {len(labels)}")
    means = defaultdict(list)
    for label in labels:
        for layer, samples in of_class(label):
            means[layer].append(samples.mean(axis=0, dtype=np.float64))
            if not np.isfinite(means[layer][-1]).all():
                raise ValueError(f"{layer}: activations hold NaN or infinite values")
    centroids = {layer: np.stack(mean) for layer, mean in means.items()}
    found = defaultdict(list)
    for own, label in enumerate(labels):
        for layer, samples in of_class(label):
            found[layer].append(_class_spread(samples, centroids[layer], own))
    return {layer: _summary(spreads, centroids[layer]) for layer, spreads in found.items()}


class _Spread(NamedTuple):
    """What one class contributes to a layer's distances."""

    intra: float  # mean distance between two samples, NaN if there is one only
    inter: np.ndarray  # (classes,), distances of the centroid to those of all classes
    squares: np.ndarray  # (samples, classes), squared distances of the samples to all centroids


def _class_spread(samples: np.ndarray, centroids: np.ndarray, own: int) -> _Spread:
    n, features = samples.shape
    gram, cross, between = np.zeros((n, n)), np.zeros((n, len(centroids))), 0.0
    for start in range(0, features, FEATURES):
        some = slice(start, start + FEATURES)
        # Centred and in float64: |a|^2 + |b|^2 - 2ab would cancel between saturated units.
        a = samples[:, some] - centroids[own, some]
        b = centroids[:, some] - centroids[own, some]
        gram += a @ a.T
        cross += a @ b.T
        between += np.square(b).sum(axis=1)
    squares = gram.diagonal()[:, None]
    pairs = np.sqrt(np.maximum(squares + squares.T - 2 * gram, 0))
    return _Spread(
        intra=pairs.sum() / (n * (n - 1)) if n > 1 else np.nan,
        inter=np.sqrt(between),
        squares=np.maximum(squares + between - 2 * cross, 0),
    )


def _summary(spreads: list[_Spread], centroids: np.ndarray) -> ClassDistances:
    classes, features = centroids.shape
    intra = [spread.intra for spread in spreads]
    if np.isnan(intra).all():
        raise ValueError("distances within a class need a class with two samples, got none")
    intra = np.nanmean(intra)
    inter = sum(spread.inter.sum() for spread in spreads) / (classes * (classes - 1))
    deviations = np.array([spread.squares[:, own].mean() for own, spread in enumerate(spreads)])
    silhouettes = []
    for own, (_, _, squares) in enumerate(spreads):
        to_classes, n = squares + deviations, len(squares)
        within = to_classes[:, own] * n / max(n - 1, 1)  # a sample is no neighbour of itself
        nearest = np.delete(to_classes, own, axis=1).min(axis=1)
        widest = np.maximum(within, nearest)
        defined = (widest > 0) & (n > 1)
        silhouettes.append(np.divide(nearest - within, widest, np.zeros(n), where=defined))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = inter / intra
    silhouette = np.concatenate(silhouettes).mean()
    return ClassDistances(features, *map(float, (intra, inter, ratio, silhouette)))
