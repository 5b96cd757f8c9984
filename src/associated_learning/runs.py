"""Results of finished jobs, read back without torch, and the names they are shown under."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# In the order in which tables and figures show them.
DATASETS = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "digits": "digits"}
ARCHS = {
    "mlp": "MLP",
    "cnn": "CNN",
    "resnet20": "ResNet-20",
    "resnet32": "ResNet-32",
    "vgg": "VGG",
}
METHODS = {
    "bp": "BP",
    "al": "AL",
    "al_target_first": "AL, target path first",
    "same_path": "same path, cross-entropy",
    "same_path_mse": "same path, MSE",
}
CLASSES = {"mnist": 10, "cifar10": 10, "cifar100": 100, "digits": 10}

CELL = ["dataset", "arch", "method", "seed"]  # what tells one run of a scale from another


def arch_name(arch: str) -> str:
    """Display name of an architecture; that of `sigmoid16` is "sigmoid 16"."""
    return ARCHS.get(arch) or re.sub(r"(\d+)$", r" \1", arch)


def rank(names: dict[str, str], name: str) -> tuple[int, str, int]:
    """Sort key: the place in `names`; behind them all others, by family and depth."""
    place = list(names).index(name) if name in names else len(names)
    family, depth = re.fullmatch(r"(.*?)(\d*)", name).groups()
    return place, family, int(depth or 0)


def seeds(counts: Collection[int]) -> str:
    """How many seeds were averaged, in words: "n = 3 seeds", or "n = 2 to 3 seeds"."""
    least, most = min(counts), max(counts)
    number = f"{most}" if least == most else f"{least} to {most}"
    return f"n = {number} seed{'s' if most > 1 else ''}"


def read_runs(paths: Sequence[Path]) -> pd.DataFrame:
    """Read finished runs.

    Parameters
    ----------
    paths
        The runs' metrics.json (see `training.Run.metrics`).

    Returns
    -------
    A row a run, in display order: `path`, the config's fields (`dataset`, `arch`, `method`, `seed`,
    ...) and everything else in the file, nested names joined by dots (`times.training_seconds`).
    Lists stay lists.

    Raises
    ------
    SystemExit
        A file is missing or damaged, or two files are of the same run.
    """
    import pandas as pd

    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in paths:
        try:
            metrics = json.loads(path.read_text())
            row = {"path": path, **metrics.pop("config"), **metrics}
            cell = tuple(row[key] for key in CELL)
            if not {"test_accuracy", "steps"} <= row.keys():
                raise ValueError("no test_accuracy or no steps")
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise SystemExit(_unreadable(path, error)) from error
        if cell in rows:
            raise SystemExit(
                f"error: {path} and {rows[cell]['path']} are runs of the same data set,"
                " architecture, method and seed: give one of them"
            )
        rows[cell] = row
    ordered = sorted(
        rows.values(),
        key=lambda row: (
            rank(DATASETS, row["dataset"]),
            rank(ARCHS, row["arch"]),
            rank(METHODS, row["method"]),
            row["seed"],
        ),
    )
    return pd.json_normalize(ordered)


def read_histories(paths: Sequence[Path]) -> pd.DataFrame:
    """Read what finished runs noted after every epoch.

    Parameters
    ----------
    paths
        The runs' metrics.json; history.csv lies beside each.

    Returns
    -------
    A row an epoch of a run, runs in display order: `dataset`, `arch`, `method` and `seed`, then the
    columns of history.csv (see `training.Run.evaluate`).

    Raises
    ------
    SystemExit
        A file is missing, damaged or incomplete, or two files are of the same run.
    """
    import pandas as pd

    histories = []
    for run in read_runs(paths).to_dict("records"):
        path = run["path"].with_name("history.csv")
        try:
            history = pd.read_csv(path)
            if history["step"].iloc[-1] != run["steps"]:
                raise ValueError(f"it does not end at step {run['steps']}")
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise SystemExit(_unreadable(path, error)) from error
        for place, key in enumerate(CELL):
            history.insert(place, key, run[key])
        histories.append(history)
    return pd.concat(histories, ignore_index=True)


def only_dataset(frame: pd.DataFrame) -> str:
    """Display name of the one data set of some runs.

    Raises
    ------
    SystemExit
        They are of several data sets.
    """
    found = list(frame["dataset"].unique())
    if len(found) > 1:
        raise SystemExit(f"error: runs of several data sets, give one's: {', '.join(found)}")
    return DATASETS.get(found[0], found[0])


@contextlib.contextmanager
def open_data(path: Path) -> Iterator[Any]:
    """Open a prepared data set (see `datasets.prepare`); its tensors come as NumPy arrays.

    Yields
    ------
    safetensors' handle: nothing but what is asked of it is read.

    Raises
    ------
    SystemExit
        The file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as data:
            yield data
    except (SafetensorError, OSError) as error:
        raise SystemExit(_unreadable(path, error)) from error


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"error: {path} is missing: run the job that makes it"
    reason = f"no {error}" if isinstance(error, KeyError) else error
    return f"error: {path} is damaged ({reason}): delete it and run its job again"
