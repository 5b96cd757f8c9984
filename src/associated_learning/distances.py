"""How far apart a layer puts the classes (thesis 3.3)."""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import check_consistent_length


class ClassDistances(NamedTuple):
    """Distances within and between classes, in the units of the activations, and their ratios."""

    intra: float
    """Euclidean distance between two samples of one class, mean over pairs, then over classes."""
    inter: float
    """Euclidean distance between the centroids of two classes, mean over pairs of classes."""
    ratio: float
    """inter / intra."""
    fisher: float
    """Trace of the between-class scatter over trace of the within-class scatter."""


def class_distances(
    activations: np.ndarray, labels: np.ndarray, *, block: int = 256
) -> ClassDistances:
    """Measure intra-class and inter-class distances, over all pairs of samples.

    Parameters
    ----------
    activations : (samples, features), float32
        One layer's outputs.
    labels : (samples,)
        The class of each sample.
    block : int
        Samples compared at a time; it bounds memory (a few ``8 * block * features`` bytes) and
        does not change the result.

    Returns
    -------
    ClassDistances
        A class of one sample has no pair and is left out of ``intra``. Where no class has any
        spread, both ratios are infinite, or NaN if the centroids coincide too.

    Raises
    ------
    ValueError
        If lengths differ, an activation is not finite, there are fewer than two classes, or no
        class has two samples.

    Notes
    -----
    Intra- and inter-class distances follow Michael and Lin (1973) and Luo et al. (2019); the
    ratio of traces is one of the separability criteria in Fukunaga (1990, chapter 10).
    """
    check_consistent_length(activations, labels)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"distances between classes need two classes, got {len(classes)}")
    if counts.max() < 2:
        raise ValueError("distances within a class need a class with two samples, got none")
    # Extremes carry NaN and infinity along, without a mask as long as the activations.
    if not np.isfinite([activations.min(), activations.max()]).all():
        raise ValueError("activations hold NaN or infinite values")

    centroids = np.zeros((len(classes), activations.shape[1]))
    intra, within = [], 0.0
    for label, count, centroid in zip(classes, counts, centroids, strict=True):
        members = np.flatnonzero(labels == label)
        blocks = [members[start : start + block] for start in range(0, count, block)]
        for rows in blocks:
            centroid += activations[rows].sum(axis=0, dtype=np.float64)
        centroid /= count
        total = 0.0
        for left, right in combinations_with_replacement(blocks, 2):
            # Centred and in float64: |a|^2 + |b|^2 - 2ab would cancel between saturated units.
            a = activations[left] - centroid
            if left is right:
                within += np.vdot(a, a)
                total += euclidean_distances(a).sum()
            else:
                total += 2 * euclidean_distances(a, activations[right] - centroid).sum()
        if count > 1:
            intra.append(total / (count * (count - 1)))

    mean = np.average(centroids, axis=0, weights=counts)
    between = counts @ np.square(centroids - mean).sum(axis=1)
    intra, inter = np.mean(intra), np.mean(pdist(centroids))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, fisher = inter / intra, between / np.float64(within)
    return ClassDistances(float(intra), float(inter), float(ratio), float(fisher))
