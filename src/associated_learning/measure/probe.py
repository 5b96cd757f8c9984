"""How well a linear classifier reads the classes off each layer of a network (ours)."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from associated_learning.data import load
from associated_learning.files import atomic_write
from associated_learning.measure import hidden

COMPONENTS = 256  # of the PCA, at most
POWER = 2  # iterations where PCA is randomised, which of many features it is (Halko et al. 2011)
ITERATIONS = 1000  # of the logistic regression, at most
TEST_BATCH = 1000  # test images in memory at a time
Layers = Iterable[tuple[str, np.ndarray]]


class Probe(NamedTuple):
    """What a layer's probe does."""

    features: int
    """Activations that a sample has."""
    images: int
    """Training images that it was fitted to."""
    accuracy: float
    """On the test set, a fraction."""


def write(run: Path, data: Path, out: Path, images: int) -> None:
    """Probe every layer of a trained network, into a CSV file.

    Parameters
    ----------
    run
        Folder of a finished training.
    data
        The prepared data set.
    out
        The file, with one row per layer: `dataset`, `arch`, `method`, `seed`, `layer`, `place` and
        the fields of `Probe`.
    images
        The first so many training images, or all where there are fewer, are fitted to.
    """
    dataset = load.load_file(data)
    of = hidden.load(run, dataset)
    network, config = of.network, of.metrics["config"]
    identity = {key: config[key] for key in ("dataset", "arch", "method", "seed")}
    batches = (
        slice(start, start + TEST_BATCH) for start in range(0, len(dataset.test_images), TEST_BATCH)
    )
    found = probe(
        lambda: hidden.layers(network, dataset, images, training=True),
        dataset.train_labels[:images].numpy(),
        (
            (hidden.layers(network, dataset, some), dataset.test_labels[some].numpy())
            for some in batches
        ),
    )
    rows = [
        identity | {"layer": layer, "place": place} | result._asdict()
        for place, (layer, result) in enumerate(found.items())
    ]
    with (
        atomic_write(out) as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def probe(
    train: Callable[[], Layers], labels: np.ndarray, test: Iterable[tuple[Layers, np.ndarray]]
) -> dict[str, Probe]:
    """Fit a classifier to each layer and look at it on other images.

    Parameters
    ----------
    train
        Gives name and activations of each layer in turn: float32, (samples, features).
    labels
        Of its samples.
    test
        Batches of other samples: their layers, in the same order, and their labels.

    Returns
    -------
    dict
        By layer.

    Raises
    ------
    ValueError
        If an activation is not finite, or there are fewer than two classes.

    Notes
    -----
    One thread and a fixed seed: the same activations give the same numbers on the same machine.
    In memory are at a time the training samples of two layers and a copy of one, a batch of test
    samples, and of each layer 256 directions.
    """
    fitted, features, right, seen = {}, {}, {}, 0
    with threadpool_limits(1):
        for layer, values in train():
            fitted[layer], features[layer] = fit(values, labels), values.shape[1]
            right[layer] = 0
        for layers, wanted in test:
            seen += len(wanted)
            for layer, values in layers:
                right[layer] += int((fitted[layer].predict(values) == wanted).sum())
    return {layer: Probe(features[layer], len(labels), right[layer] / seen) for layer in fitted}


def fit(values: np.ndarray, labels: np.ndarray) -> Pipeline:
    """Linear classifier of activations: standardised, reduced by PCA, logistic regression.

    Parameters
    ----------
    values : (samples, features), float32
        They stay as they are.
    labels : (samples,)
        Integers.

    Returns
    -------
    Pipeline
        Fitted. A feature that never varies counts as 0. Of a layer where none does it predicts one
        class alone.
    """
    components = min(COMPONENTS, *values.shape)
    model = make_pipeline(
        StandardScaler(),
        PCA(components, copy=False, iterated_power=POWER, random_state=0),
        LogisticRegression(max_iter=ITERATIONS),
    )
    # Of a layer that is the same for all images PCA's shares of the variance are 0 / 0.
    with np.errstate(invalid="ignore"):
        return model.fit(values, labels)
