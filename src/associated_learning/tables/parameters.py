"""Effective and affiliated parameters of every network (thesis 2.6)."""

from pathlib import Path

import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import NONE, Table

COLUMNS = ("total", "effective", "affiliated", "f", "b", "g", "h")


def make(inputs: list[Path]) -> Table:
    """Make the table of parameters, a row a network.

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
    counts = runs.read_table(inputs, ["dataset", "arch", "method", "total"])
    frame = counts.reindex(columns=["dataset", "arch", "method", *COLUMNS])
    frame = frame.astype(dict.fromkeys(COLUMNS, "Int64"))
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
