"""Results of finished jobs, read back without torch, and the names they are shown under."""

from __future__ import annotations

import contextlib
import json
import math
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
DISTANCES = ["layer", "place", "features", "intra", "inter", "ratio", "silhouette"]
TSNE = ["samples", "perplexity", "tsne_seed", "neighbours"]


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
    return pd.json_normalize(sorted(rows.values(), key=_display_order))


def read_sigmoid(paths: Sequence[Path]) -> pd.DataFrame:
    """Read finished runs of sigmoid networks.

    Returns
    -------
    What `read_runs` gives, and `depth`, the number of hidden forward layers.

    Raises
    ------
    SystemExit
        As `read_runs` does, or a run is of another network.
    """
    sweep = read_runs(paths)
    depth = sweep["arch"].str.extract(r"^sigmoid(\d+)$", expand=False)
    if depth.isna().any():
        others = ", ".join(sweep["arch"][depth.isna()].unique())
        raise SystemExit(f"error: give runs of sigmoid networks, not of {others}")
    return sweep.assign(depth=depth.astype(int))


def read_tunings(paths: Sequence[Path]) -> pd.DataFrame:
    """Read what was found of learning rates.

    Parameters
    ----------
    paths
        Files tuning.json (see `tuning.measure`).

    Returns
    -------
    A row a training, in display order: the config's fields, `held_out`, `steps`, `learning_rate`,
    `accuracy` (NaN where the losses were not finite).

    Raises
    ------
    SystemExit
        A file is missing or damaged.
    """
    import pandas as pd

    rows = []
    for path in paths:
        try:
            found = json.loads(path.read_text())
            common = found["config"] | {key: found[key] for key in ("held_out", "steps")}
            rows += [
                common | {key: one[key] for key in ("learning_rate", "accuracy")}
                for one in found["trainings"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SystemExit(_unreadable(path, error)) from error
    return pd.DataFrame(sorted(rows, key=_display_order)).astype({"accuracy": float})


def read_histories(paths: Sequence[Path]) -> pd.DataFrame:
    """Read what finished runs noted whenever they were evaluated.

    Parameters
    ----------
    paths
        The runs' metrics.json; history.csv lies beside each.

    Returns
    -------
    A row an evaluation of a run, in display order: `dataset`, `arch`, `method` and `seed`, the
    columns of history.csv (see `training.Run.evaluate`), and `seconds`, those of training so far:
    of all steps and, where the target path was trained first, of that.

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
            before = run.get("times.target_first_seconds")
            history["seconds"] = history["training_seconds"] + (0 if pd.isna(before) else before)
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise SystemExit(_unreadable(path, error)) from error
        for place, key in enumerate(CELL):
            history.insert(place, key, run[key])
        histories.append(history)
    return pd.concat(histories, ignore_index=True)


def read_distances(paths: Sequence[Path]) -> pd.DataFrame:
    """Read how far apart runs put the classes.

    Parameters
    ----------
    paths
        The runs' CSV files (see `commands.distances`).

    Returns
    -------
    A row a layer of a run, runs in display order: `dataset`, `arch`, `method`, `seed`, `layer` (its
    name), `place` (from 0), `features`, and `intra`, `inter`, `ratio`, which may be infinite or
    NaN, and `silhouette` (see `distances.ClassDistances`).

    Raises
    ------
    SystemExit
        A file is missing or damaged, or two files are of the same run.
    """
    import pandas as pd

    rows = []
    for path in paths:
        try:
            layers = pd.read_csv(path)
            if layers.empty or not {*CELL, *DISTANCES} <= set(layers):
                raise ValueError("columns or rows are missing")
        except (OSError, ValueError) as error:
            raise SystemExit(_unreadable(path, error)) from error
        rows += layers.to_dict("records")
    frame = pd.DataFrame(sorted(rows, key=lambda row: (*_display_order(row), row["place"])))
    if frame.duplicated([*CELL, "layer"]).any():
        raise SystemExit("error: two files are of the same run: give one of them")
    return frame


def read_embeddings(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read t-SNE maps of runs on one data set and architecture.

    Parameters
    ----------
    paths
        The runs' safetensors files (see `commands.embed`).

    Returns
    -------
    A dict a run, in display order: `dataset`, `arch`, `method`, `seed`, `samples`, `perplexity`,
    `tsne_seed`, `neighbours` (that vote), `group_names` (classes or superclasses, which have a
    colour), `groups`, shape (samples,), which index them, and `layers`, in order, a dict each:
    `layer` (its name), `features`, `kl_divergence`, `knn_activations`, `knn_embedding` (of the
    classes, always) and `coordinates`, shape (samples, 2).

    Raises
    ------
    SystemExit
        A file is missing or damaged, or the maps do not belong together.
    """
    maps = []
    for path in paths:
        try:
            with open_data(path) as data:
                found = dict(data.metadata())
                for key in ("seed", *TSNE, "group_names", "layers"):
                    found[key] = json.loads(found[key])
                found["groups"] = data.get_tensor("groups")
                for layer in found["layers"]:
                    layer["coordinates"] = data.get_tensor(f"coordinates.{layer['layer']}")
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(_unreadable(path, error)) from error
        maps.append(found)
    for key in ("dataset", "arch", *TSNE):
        if len(values := {str(found[key]) for found in maps}) > 1:
            values = ", ".join(sorted(values))
            raise SystemExit(
                f"error: t-SNE maps that differ in {key} ({values}): give those of one"
            )
    if len({(found["method"], found["seed"]) for found in maps}) < len(maps):
        raise SystemExit("error: two t-SNE maps are of the same run: give one of them")
    return sorted(maps, key=_display_order)


def read_throughput(paths: Sequence[Path]) -> dict[str, Any]:
    """Read what was measured of the throughput.

    Returns
    -------
    What `throughput.measure` gave; `measured` and `model` are data frames.

    Raises
    ------
    SystemExit
        It is missing or damaged, or several are given.
    """
    import pandas as pd

    path = _only_file(paths)
    try:
        found = json.loads(path.read_text())
        if not {"config", "batches", "hardware", "versions"} <= found.keys():
            raise ValueError("keys are missing")
        for key, column in (("measured", "samples_per_second"), ("model", "speedup")):
            found[key] = pd.DataFrame(found[key])
            if found[key].empty or not {"components", "workers", column} <= set(found[key]):
                raise ValueError(f"columns or rows of {key} are missing")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(_unreadable(path, error)) from error
    return found


def read_table(paths: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read one CSV file, which has to have some columns and a row.

    Raises
    ------
    SystemExit
        It is missing or damaged, or several are given.
    """
    import pandas as pd

    path = _only_file(paths)
    try:
        table = pd.read_csv(path)
        if table.empty or not {*columns} <= set(table):
            raise ValueError("columns or rows are missing")
    except (OSError, ValueError) as error:
        raise SystemExit(_unreadable(path, error)) from error
    return table


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


def only_al(frame: pd.DataFrame) -> str:
    """Display name of the one method of some runs, which has to train by Associated Learning.

    Raises
    ------
    SystemExit
        They are of several methods, or of one whose components do not predict by themselves.
    """
    found = list(frame["method"].unique())
    if len(found) > 1 or found[0] not in ("al", "al_target_first"):
        raise SystemExit(f"error: give runs of al alone, not of {', '.join(found)}")
    return METHODS[found[0]]


def percent(fraction: float, sign: str = "") -> str:
    """A fraction in percent: "97.70"; with "+" as `sign`, "+0.60" and "−0.60"."""
    return f"{100 * fraction:{sign}z.2f}".replace("-", "−")


def mean_percent(mean: float, deviation: float) -> str:
    """Mean and deviation in percent: "97.70 ± 0.82", or the mean alone where there is no other."""
    return percent(mean) if math.isnan(deviation) else f"{percent(mean)} ± {percent(deviation)}"


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


def _display_order(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        rank(DATASETS, row["dataset"]),
        rank(ARCHS, row["arch"]),
        rank(METHODS, row["method"]),
        row["seed"],
    )


def _only_file(paths: Sequence[Path]) -> Path:
    if len(paths) > 1:
        raise SystemExit(f"error: one file is wanted, {len(paths)} are given")
    return paths[0]


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"error: {path} is missing: run the job that makes it"
    reason = f"no {error}" if isinstance(error, KeyError) else error
    return f"error: {path} is damaged ({reason}): delete it and run its job again"
