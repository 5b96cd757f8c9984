"""How true the t-SNE maps are, in numbers (thesis 3.3)."""

from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import Table

COLUMNS = ("layer", "features", "knn_activations", "knn_embedding", "kl_divergence")


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set and architecture, a row a method and layer.

    Parameters
    ----------
    inputs
        t-SNE maps of one run a method (see `runs.read_embeddings`).

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `layer`, `features`, `knn_activations` and
        `knn_embedding` (see `embedding.neighbour_accuracy`), as fractions, and `kl_divergence`, in
        nats.
    """
    maps = runs.read_embeddings(inputs)
    frame = pd.DataFrame(
        {key: found[key] for key in ("dataset", "arch", "method")}
        | {column: layer[column] for column in COLUMNS}
        for found in maps
        for layer in found["layers"]
    )
    shown = maps[0]
    caption = (
        f"t-SNE of the layers of the {runs.arch_name(shown['arch'])} of seed {shown['seed']} on"
        f" {runs.only_dataset(frame)}: n = {shown['samples']:,} test images, perplexity"
        f" {shown['perplexity']:g}. kNN: how many images' k = 10 nearest others vote for their"
        f" class of {len(shown['classes'])}, in percent, in the activations and in the embedding."
        " KL: Kullback-Leibler divergence of the embedding from the activations, in nats."
    )
    formatted = pd.DataFrame(
        {
            "Method": frame["method"].map(runs.METHODS),
            "Layer": frame["layer"],
            "Features": frame["features"].map("{:,}".format),
            "kNN, activations (%)": frame["knn_activations"].map(runs.percent),
            "kNN, embedding (%)": frame["knn_embedding"].map(runs.percent),
            "KL (nats)": frame["kl_divergence"].map("{:.3f}".format),
        }
    )
    return Table(frame, caption, formatted)
