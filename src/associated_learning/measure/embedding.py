"""Layers seen in two dimensions (t-SNE), and whether the eye may be trusted (thesis 3.3)."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
from scipy.stats import mode
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_consistent_length
from threadpoolctl import threadpool_limits

from associated_learning.data import load
from associated_learning.files import atomic_write
from associated_learning.measure import hidden

NEIGHBOURS = 10


class Embedding(NamedTuple):
    """A t-SNE map, and its Kullback-Leibler divergence from the layer."""

    coordinates: np.ndarray
    """(samples, 2), float32."""
    kl_divergence: float
    """In nats, as estimated by Barnes-Hut: it may end just below 0 where samples coincide."""


def write(
    run: Path,
    data: Path,
    out: Path,
    samples: int,
    perplexity: float,
    seed: int,
    keep_map: bool = True,
) -> None:
    """Embed a trained network's activations of test images, layer by layer.

    Parameters
    ----------
    run
        Folder of a finished training.
    data
        The prepared data set.
    out
        Safetensors file: `groups`, (samples,), uint8, classes or superclasses, and
        `coordinates.LAYER`, (samples, 2), float16, so that archives stay small; metadata as
        `results.read.read_embeddings` gives them. Where the map is not kept, the metadata alone.
    samples
        The first of the test images.
    perplexity, seed
        Of t-SNE.
    keep_map
        Whether the map can be drawn from the file. What was measured of it is there in any case.
    """
    dataset = load.load_file(data)
    of = hidden.load(run, dataset)
    network, config = of.network, of.metrics["config"]
    labels = dataset.test_labels.numpy()[:samples]
    groups, group_names = labels, dataset.classes
    if dataset.superclasses:  # a hundred colours cannot be told apart
        groups, group_names = np.asarray(dataset.coarse_labels)[labels], dataset.superclasses
    tensors, found = {"groups": groups.astype(np.uint8)}, []
    for layer, values in hidden.layers(network, dataset, samples):
        coordinates, kl_divergence = embed(values, seed, perplexity)
        # What the eye sees, and its vote is of: float16 moves a point by a thousandth of the map.
        tensors[f"coordinates.{layer}"] = coordinates = coordinates.astype(np.float16)
        found.append(
            {
                "layer": layer,
                "features": values.shape[1],
                "kl_divergence": kl_divergence,
                "knn_activations": neighbour_accuracy(values, labels, NEIGHBOURS),
                "knn_embedding": neighbour_accuracy(coordinates, labels, NEIGHBOURS),
            }
        )
        print(found[-1], flush=True)
    metadata = {key: str(config[key]) for key in ("dataset", "arch", "method", "seed")}
    metadata |= {
        "samples": str(len(labels)),
        "perplexity": str(perplexity),
        "tsne_seed": str(seed),
        "neighbours": str(NEIGHBOURS),
        "group_names": json.dumps(group_names),
        "layers": json.dumps(found),
    }
    with atomic_write(out) as partial:
        partial.write_bytes(safetensors.numpy.save(tensors if keep_map else {}, metadata))


def embed(
    activations: np.ndarray, seed: int, perplexity: float = 30.0, n_jobs: int = 1
) -> Embedding:
    """Embed a layer in the plane by t-SNE (van der Maaten and Hinton 2008), initialised by PCA.

    PCA first reduces more than 50 features to 50, as in van der Maaten (2014).

    Parameters
    ----------
    activations : (samples, features >= 2), float32
    seed : int
    perplexity : float
        About the number of neighbours that a sample has; less than the number of samples.
    n_jobs : int
        Threads. With one, the same seed gives the same bits on the same machine.

    Returns
    -------
    Embedding
        Where all samples coincide (a dead layer), they do so in the map: zeros, divergence zero.

    Raises
    ------
    ValueError
        If ``perplexity`` is not less than the number of samples, or an activation is not finite.
    """
    samples, features = activations.shape
    if perplexity >= samples:
        raise ValueError(f"perplexity {perplexity:g} must be less than the {samples} samples")
    points = _normalise(activations)
    if not points.any():
        # All similarities are equal, and a single point reproduces them: the exact optimum.
        return Embedding(np.zeros((samples, 2), np.float32), 0.0)
    # TSNE's own n_jobs bounds the threads of its neighbour search, not those of its gradient.
    with threadpool_limits(n_jobs):
        points = PCA(min(50, samples, features), random_state=seed).fit_transform(points)
        start = points[:, :2] * (1e-4 / points[:, 0].std())
        # Barnes-Hut goes astray where samples start on one spot, as saturated predictions do.
        start += np.random.default_rng(seed).normal(scale=1e-6, size=start.shape)
        tsne = TSNE(perplexity=perplexity, init=start, random_state=seed, n_jobs=n_jobs)
        coordinates = tsne.fit_transform(points)
    return Embedding(coordinates, float(tsne.kl_divergence_))


def neighbour_accuracy(points: np.ndarray, labels: np.ndarray, k: int = 10) -> float:
    """Leave-one-out accuracy of the k-nearest-neighbour classifier.

    Of the original activations and of their map alike, so that nobody has to trust an eye.

    Parameters
    ----------
    points : (samples, features)
    labels : (samples,)
        Integers; the smallest wins a tied vote.
    k : int
        Neighbours that vote; a sample is never its own neighbour.

    Returns
    -------
    float
        The fraction of samples whose neighbours vote for their class.

    Raises
    ------
    ValueError
        If lengths differ, ``k`` is not less than the number of samples, or a point is not finite.
    """
    check_consistent_length(points, labels)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(_normalise(points))
    nearest = search.kneighbors(return_distance=False)
    return float(np.mean(mode(labels[nearest], axis=1).mode == labels))


def _normalise(points: np.ndarray) -> np.ndarray:
    """Shift and scale all points alike, so that float32 resolves a saturated layer's distances.

    Neither neighbours nor t-SNE depend on shift and scale.
    """
    centred = (points - points.mean(axis=0, dtype=np.float64)).astype(np.float32)
    scale = np.abs(centred).max()
    return centred / scale if scale else centred
