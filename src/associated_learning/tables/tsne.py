"""How true the t-SNE maps are, in numbers (thesis 3.3)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read, statistics
from associated_learning.tables import output
from associated_learning.tables.output import Table

CAPTION = (
    "The numbers behind the t-SNE maps of the layers (thesis 3.3). kNN is the share of the"
    " embedded images whose nearest others vote for their class, in percent, in the activations"
    " and in the embedding. The classes are the data set's own. KL is the Kullback-Leibler"
    " divergence of the embedding from the activations (their first 50 principal components) at"
    " which t-SNE ended, in nats."
)
MEASURES = ["knn_activations", "knn_embedding", "kl_divergence"]


def make(inputs: list[Path]) -> Table:
    """Make the table of one data set and network, one row per method and layer.

    Parameters
    ----------
    inputs
        t-SNE maps of the runs (see `read.read_embeddings`), of whatever seeds.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `layer`, `features`, `n` (seeds), and `x_mean` and
        `x_std` (with n - 1) for each x of MEASURES: `knn_activations` and `knn_embedding` (see
        `measure.embedding`), as fractions, of the data set's own classes, and `kl_divergence`, in
        nats.
    """
    maps = read.read_embeddings(inputs)
    layers = pd.DataFrame(
        {key: found[key] for key in ("dataset", "arch", "method")} | layer
        for found in maps
        for layer in found["layers"]
    )
    keys = ["dataset", "arch", "method", "layer", "features"]
    frame = statistics.by_cell(layers, keys, MEASURES)
    caption = output.caption(CAPTION, frame, *_facts(maps[0]))
    formatted = pd.DataFrame([_show(row) for row in frame.to_dict("records")])
    return Table(frame, caption, formatted)


def _show(row: dict) -> dict[str, str]:
    def shown(measure: str, *show) -> str:
        return output.plus_minus(row[f"{measure}_mean"], row[f"{measure}_std"], *show)

    return {
        "Method": registry.method_label(row["method"]),
        "Layer": row["layer"],
        "Features": f"{row['features']:,}",
        "n": str(row["n"]),
        "kNN, activations (%)": shown("knn_activations"),
        "kNN, embedding (%)": shown("knn_embedding"),
        "KL (nats)": shown("kl_divergence", "{:.3f}".format),
    }


def _facts(shared: dict) -> list[str]:
    samples, k = shared["samples"], shared["neighbours"]
    each = samples / registry.classes(shared["dataset"])
    facts = [
        f"Network: {registry.network_label(shared['arch'])}.",
        f"Embedded are the first {samples:,} test images, about {each:.0f} per class (perplexity"
        f" {shared['perplexity']:g}, t-SNE's own seed {shared['tsne_seed']}).",
        f"The {k} nearest vote.",
    ]
    if each <= k:
        facts.append(
            f"An image has fewer than {k} others of its class to vote for it, so the kNN accuracies"
            " compare with one another only, not with those on the whole test set."
        )
    return facts
