"""Where images leave a network whose first sure component answers, and what that costs (ours)."""

from pathlib import Path
from typing import Any

import numpy as np

from associated_learning import trained
from associated_learning.data import load
from associated_learning.files import write_rows
from associated_learning.measure import hidden, parameters

# Least scores at which a component is sure: a grid, stated before any was tried. None is chosen.
THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def write(run: Path, data: Path, out: Path) -> None:
    """Measure early exits of a trained network on the whole test set, into a CSV file.

    Parameters
    ----------
    run
        Folder of a finished training.
    data
        The prepared data set.
    out
        The file, with one row per threshold and component: `dataset`, `arch`, `method`, `seed` and
        what `exits` gives.

    Raises
    ------
    SystemExit
        The run cannot be loaded, or nothing but its whole network predicts.
    """
    dataset = load.load_file(data)
    network = hidden.load(run, dataset)
    identity = {
        key: network.metrics["config"][key] for key in ("dataset", "arch", "method", "seed")
    }
    images = dataset.test_images.movedim(1, -1)  # as a user has them
    try:
        found = exits(network, images, dataset.test_labels.numpy())
    except ValueError as error:
        raise SystemExit(f"error: {run}: {error}") from error
    write_rows(out, [identity | row for row in found])


def exits(network: trained.Trained, images: Any, labels: np.ndarray) -> list[dict[str, float]]:
    """Where images leave at each threshold, as `trained.Trained.predict` has them leave.

    Every prefix is asked once, of all images: the lower thresholds then cost nothing.

    Parameters
    ----------
    network
        A network of several components.
    images
        uint8 (n, height, width, channels).
    labels
        Of their classes, integers (n,).

    Returns
    -------
    list of dict
        By threshold and component: `threshold`, `component` (from 1), `multiply_adds` of one image
        that leaves there (see `parameters.multiply_adds_until`), the number of `images` that do,
        and how many of these are classified `correct`ly.

    Raises
    ------
    ValueError
        Nothing but the whole network predicts.
    """
    costs = parameters.multiply_adds_until(network.network, network.mean_image.shape)
    if len(costs) == 1:
        raise ValueError("no early exits: nothing but the whole network predicts")
    scores = network.predict(images).scores
    right, rows = scores.argmax(2) == labels[:, None], []
    for threshold in THRESHOLDS:
        sure = scores.max(2) >= threshold
        sure[:, -1] = True  # else the last one answers
        component = sure.argmax(1)
        for k, cost in enumerate(costs):
            here = right[component == k, k]
            row = {"threshold": threshold, "component": k + 1, "multiply_adds": cost}
            rows.append(row | {"images": len(here), "correct": int(here.sum())})
    return rows
