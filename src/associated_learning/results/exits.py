"""What early exits of runs gave: accuracy against multiply-adds, by threshold."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from associated_learning.errors import DataError
from associated_learning.results import read
from associated_learning.results.files import read_csv

KEYS = [*read.CELL, "threshold"]
FOUND = ["component", "multiply_adds", "images", "correct"]


def read_with_runs(inputs: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read finished runs and their early exits, where those were measured.

    Parameters
    ----------
    inputs
        metrics.json of runs, and exits.csv of all, some or none of them.

    Returns
    -------
    What `read.read_runs` gives; and one row per exits.csv and threshold: `dataset`, `arch`,
    `method`, `seed`, `threshold`, `accuracy` on the test set, a fraction, `multiply_adds` for one
    image, a mean, and `leaving`, a tuple: the fraction of images that leave at each component (see
    `measure.exits`).

    Raises
    ------
    DataError
        A file is missing or damaged, or two files are of the same run.
    """
    paths = [path for path in inputs if path.suffix == ".csv"]
    rows = [row for path in paths for row in _by_threshold(path)]
    exits = pd.DataFrame(rows, columns=[*KEYS, "accuracy", "multiply_adds", "leaving"])
    if exits.duplicated(KEYS).any():
        raise DataError("two files of early exits are of the same run: give one of them")
    return read.read_runs([path for path in inputs if path not in paths]), exits


def _by_threshold(path: Path) -> Iterator[dict[str, Any]]:
    found = read_csv(path, [*KEYS, *FOUND])
    for keys, rows in found.groupby(KEYS):
        shares = rows["images"] / rows["images"].sum()
        yield dict(zip(KEYS, keys, strict=True)) | {
            "accuracy": rows["correct"].sum() / rows["images"].sum(),
            "multiply_adds": (shares * rows["multiply_adds"]).sum(),
            "leaving": tuple(shares),
        }
