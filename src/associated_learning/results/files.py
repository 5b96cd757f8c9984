"""Files of finished jobs, read with what to do about a missing or damaged one."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError, safe_open

from associated_learning.errors import DataError

UNREADABLE = (OSError, ValueError, LookupError, AttributeError, TypeError)  # a damaged file


@contextlib.contextmanager
def open_data(path: Path) -> Iterator[Any]:
    """Open a file of tensors, such as a prepared data set; they come as NumPy arrays.

    Yields
    ------
    safetensors' handle: nothing but what is asked of it is read.

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file in it")
    with reading(path, (SafetensorError, OSError)), safe_open(path, framework="numpy") as data:
        yield data


@contextlib.contextmanager
def reading(path: Path, errors: tuple[type[Exception], ...] = UNREADABLE) -> Iterator[None]:
    """Turn the errors of reading a file into what to do about it."""
    try:
        yield
    except errors as error:
        if isinstance(error, FileNotFoundError):
            raise DataError(f"{path} is missing: run the job that makes it") from error
        reason = f"no {error}" if isinstance(error, KeyError) else error
        raise DataError(f"{path} is damaged ({reason}): delete it and run its job again") from error


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object."""
    return json.loads(path.read_text(encoding="utf-8"))


def best_rate(path: Path) -> float:
    """The learning rate that was best in a comparison (see `measure.tuning`); of equals the lowest.

    Raises
    ------
    DataError
        The file is missing or damaged, or no rate gave finite losses.
    """
    with reading(path):
        best = best_of(load_json(path)["trainings"])
    if best is None:
        raise DataError(f"{path}: no rate gave finite losses: state one as learning_rate")
    return best


def best_of(trainings: Sequence[dict[str, Any]]) -> float | None:
    """The same of the `trainings` in such a file; None where no rate gave finite losses."""
    found = {one["learning_rate"]: one["accuracy"] for one in trainings}
    finite = sorted(rate for rate in found if found[rate] is not None)
    return max(finite, key=found.__getitem__, default=None)


def read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file, which has to have some columns and a row."""
    with reading(path):
        table = pd.read_csv(path)
        if table.empty or not {*columns} <= set(table):
            raise ValueError("columns or rows are missing")
    return table


def only_file(paths: Sequence[Path]) -> Path:
    """The one file that is given."""
    if len(paths) > 1:
        raise DataError(f"one file is wanted, {len(paths)} are given")
    return paths[0]
