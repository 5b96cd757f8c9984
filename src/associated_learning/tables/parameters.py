"""Effective and affiliated parameters of every cell (thesis 2.6), counted without training."""

from pathlib import Path

import pandas as pd
import torch

from associated_learning import architectures, runs
from associated_learning.network import AssociatedNetwork, BackpropNetwork
from associated_learning.tables.output import NONE, Table
from associated_learning.training import parameter_counts

SHAPES = {
    "digits": (1, 16, 16),
    "mnist": (1, 28, 28),
    "cifar10": (3, 32, 32),
    "cifar100": (3, 32, 32),
}
KINDS = {"bp": BackpropNetwork, "al": AssociatedNetwork}
COLUMNS = ("total", "effective", "affiliated", "f", "b", "g", "h")


def make(inputs: list[Path]) -> Table:
    """Count the parameters of networks.

    Parameters
    ----------
    inputs
        No files here but cells, `dataset:arch:method:width:target width`; an empty width stands for
        that of the thesis.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `total`, `effective` (used to predict),
        `affiliated` (used in training only) and, in AL, those of the maps f, b, g and h.
    """
    rows = []
    for cell in map(str, inputs):
        dataset, arch, method, width, target_width = cell.split(":")
        protocol = architectures.family(arch)[0].protocol(dataset, method)
        # Tensors on the meta device have shapes but no memory.
        with torch.device("meta"):
            network = architectures.build(
                arch,
                KINDS[method],
                SHAPES[dataset],
                runs.CLASSES[dataset],
                float(width or 1),
                int(target_width or protocol.target_width),
            )
        counts = parameter_counts(network)
        names = {"dataset": dataset, "arch": arch, "method": method}
        rows.append(names | {column: counts.get(column) for column in COLUMNS})
    frame = pd.DataFrame(rows).astype(dict.fromkeys(COLUMNS, "Int64"))
    caption = (
        "Trainable parameters. Effective ones are used to predict, affiliated ones in training "
        "only; f forward maps, b bridges, g encoders, h decoders."
    )
    return Table(frame, caption, _show(frame))


def _show(frame: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame(
        {
            "data set": frame["dataset"].map(runs.DATASETS),
            "network": frame["arch"].map(runs.arch_name),
            "method": frame["method"].map(runs.METHODS),
        }
    )
    for column in COLUMNS:
        shown[column] = frame[column].map(lambda n: NONE if pd.isna(n) else f"{n:,}")
    return shown
