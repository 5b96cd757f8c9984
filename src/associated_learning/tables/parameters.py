"""Effective and affiliated parameters of every network (thesis 2.6)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Parameters of the networks of the accuracy tables, by every method that can train them"
    " (thesis 2.6). Effective parameters are used to predict, affiliated ones in training only."
    " AL's parameters are those of the forward maps f, the bridges b, the target encoders g and the"
    " target decoders h. A dash: the method has no such maps. All are trained but f, where the"
    " forward path keeps its initial weights."
)
COLUMNS = ("total", "effective", "affiliated", "f", "b", "g", "h")


def make(inputs: list[Path]) -> Table:
    """Make the table of parameters, one row per network.

    Parameters
    ----------
    inputs
        The counts (see `commands.count`), one file.

    Returns
    -------
    Table
        Its columns: `dataset`, `arch`, `method`, `total`, `effective` (used to predict),
        `affiliated` (used in training only) and, in AL, those of the maps f, b, g and h.
    """
    counts = read.read_table(inputs, ["dataset", "arch", "method", "total"])
    frame = counts.reindex(columns=["dataset", "arch", "method", *COLUMNS])
    frame = frame.astype(dict.fromkeys(COLUMNS, "Int64"))
    return Table(frame, CAPTION, _show(frame))


def _show(frame: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame(
        {
            "data set": frame["dataset"].map(registry.dataset_label),
            "network": frame["arch"].map(registry.network_label),
            "method": frame["method"].map(registry.method_label),
        }
    )
    for column in COLUMNS:
        shown[column] = frame[column].map(lambda n: NONE if pd.isna(n) else f"{n:,}")
    return shown
