"""How true the t-SNE maps are, in numbers (thesis 3.3)."""

from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import Table

MEASURES = ["knn_activations", "knn_embedding", "kl_divergence"]


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set and architecture, a row a method and layer.

    Parameters
    ----------
    inputs
        t-SNE maps of the runs (see `runs.read_embeddings`), of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `layer`, `features`, `n` (seeds), and `x_mean` and
        `x_std` (with n - 1) for each x of MEASURES: `knn_activations` and `knn_embedding` (see
        `embedding.neighbour_accuracy`), as fractions, of the data set's own classes, and
        `kl_divergence`, in nats.
    """
    maps = runs.read_embeddings(inputs)
    layers = pd.DataFrame(
        {key: found[key] for key in ("dataset", "arch", "method")} | layer
        for found in maps
        for layer in found["layers"]
    )
    cells = layers.groupby(["dataset", "arch", "method", "layer", "features"], sort=False)
    frame = cells[MEASURES].agg(["mean", "std"])
    frame.columns = [f"{measure}_{statistic}" for measure, statistic in frame.columns]
    frame.insert(0, "n", cells.size())
    frame = frame.reset_index()
    formatted = pd.DataFrame(_show(row) for row in frame.to_dict("records"))
    return Table(frame, _caption(frame, maps[0]), formatted)


def _show(row: dict) -> dict[str, str]:
    kl, spread = row["kl_divergence_mean"], row["kl_divergence_std"]
    return {
        "Method": runs.METHODS[row["method"]],
        "Layer": row["layer"],
        "Features": f"{row['features']:,}",
        "n": str(row["n"]),
        "kNN, activations (%)": runs.mean_percent(
            row["knn_activations_mean"], row["knn_activations_std"]
        ),
        "kNN, embedding (%)": runs.mean_percent(
            row["knn_embedding_mean"], row["knn_embedding_std"]
        ),
        "KL (nats)": f"{kl:.3f}" if pd.isna(spread) else f"{kl:.3f} ± {spread:.3f}",
    }


def _caption(frame: pd.DataFrame, shared: dict) -> str:
    spread = "mean ± standard deviation over " if frame["n"].max() > 1 else ""
    samples, classes, k = shared["samples"], runs.CLASSES[shared["dataset"]], shared["neighbours"]
    caption = (
        f"t-SNE of the layers of the {runs.arch_name(shared['arch'])} on"
        f" {runs.only_dataset(frame)}: {spread}{runs.seeds(frame['n'])}. Embedded are the first"
        f" {samples:,} test images, about {samples / classes:.0f} a class (perplexity"
        f" {shared['perplexity']:g}, t-SNE's own seed {shared['tsne_seed']}). kNN: how many of"
        f" them their {k} nearest others vote into the right one of {classes} classes, in percent,"
        " in the activations and in the embedding. KL: Kullback-Leibler divergence of the embedding"
        " from the activations (their first 50 principal components), in nats."
    )
    if samples / classes <= k:
        caption += (
            f" An image has fewer than {k} others of its class to vote for it, so compare the kNN"
            " accuracies with one another only, not with those on the whole test set."
        )
    return caption
