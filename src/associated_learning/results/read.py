"""Results of finished jobs, read back without torch."""

import json
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from associated_learning import registry
from associated_learning.errors import DataError
from associated_learning.results.files import load_json, only_file, read_csv, reading
from associated_learning.results.files import open_data as open_data

CELL = ["dataset", "arch", "method", "seed"]  # what tells one run of a scale from another
DISTANCES = ["layer", "place", "features", "intra", "inter", "ratio", "silhouette"]
PROBES = ["layer", "place", "features", "images", "accuracy"]
TSNE = ["samples", "perplexity", "tsne_seed", "neighbours"]
PREFIX = "test_accuracy_prefix_"  # columns of history.csv, one per number of components


def read_runs(paths: Sequence[Path]) -> pd.DataFrame:
    """Read finished runs.

    Parameters
    ----------
    paths
        The runs' metrics.json.

    Returns
    -------
    One row per run, in display order: `path`, the config's fields (`dataset`, `arch`, `method`,
    `seed`, ...) and everything else in the file, nested names joined by dots
    (`times.training_seconds`). Lists stay lists.

    Raises
    ------
    DataError
        A file is missing or damaged, or two files are of the same run.
    """
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in paths:
        with reading(path):
            metrics = load_json(path)
            row = {"path": path, **metrics.pop("config"), **metrics}
            cell = tuple(row[key] for key in CELL)
            if not {"test_accuracy", "steps"} <= row.keys():
                raise ValueError("no test_accuracy or no steps")
        if cell in rows:
            raise DataError(
                f"{path} and {rows[cell]['path']} are runs of the same data set, network,"
                " method and seed: give one of them"
            )
        rows[cell] = row
    return pd.json_normalize(sorted(rows.values(), key=_display_order))


def read_depths(paths: Sequence[Path]) -> pd.DataFrame:
    """Read finished runs of one family's networks, which differ in depth.

    Returns
    -------
    What `read_runs` gives, and of config/networks.yaml `depth` and `initialisation` (default "he").

    Raises
    ------
    DataError
        As `read_runs` does, or the networks are of several families or have no depth.
    """
    sweep = read_runs(paths)
    known = {arch: registry.networks().get(arch, {}) for arch in sweep["arch"].unique()}
    families = {str(entry.get("family", arch)) for arch, entry in known.items()}
    if len(families) > 1:
        raise DataError(
            f"give runs of one family of networks, not of several: {', '.join(sorted(families))}"
        )
    if shallow := [arch for arch, entry in known.items() if "depth" not in entry]:
        raise DataError(f"no depth in config/networks.yaml: {', '.join(shallow)}")
    entries = [known[arch] for arch in sweep["arch"]]
    sweep["initialisation"] = [entry.get("initialisation", "he") for entry in entries]
    return sweep.assign(depth=[entry["depth"] for entry in entries])


def read_tunings(paths: Sequence[Path]) -> pd.DataFrame:
    """Read what was found of learning rates.

    Parameters
    ----------
    paths
        Files tuning.json (see `measure.tuning`).

    Returns
    -------
    One row per training, in display order: the config's fields, `held_out`, `steps`,
    `learning_rate`, `extension` (whether beyond the grid), `accuracy` and `least_prefix`, that of
    the prefix that has the least (NaN where the losses were not finite).

    Raises
    ------
    DataError
        A file is missing or damaged.
    """
    rows = []
    for path in paths:
        with reading(path):
            found = load_json(path)
            common = found["config"] | {key: found[key] for key in ("held_out", "steps")}
            rows += [
                common
                | {"extension": one.get("extension", False)}
                | {key: one[key] for key in ("learning_rate", "accuracy")}
                | {"least_prefix": min(one["prefixes"] or [None])}
                for one in found["trainings"]
            ]
    return pd.DataFrame(sorted(rows, key=_display_order)).astype(
        {"accuracy": float, "least_prefix": float}
    )


def read_histories(paths: Sequence[Path]) -> pd.DataFrame:
    """Read what finished runs noted whenever they were evaluated.

    Parameters
    ----------
    paths
        The runs' metrics.json; history.csv lies beside each.

    Returns
    -------
    One row per evaluation of a run, in display order: `dataset`, `arch`, `method` and `seed`, the
    columns of history.csv, of which older runs have no `test_images`, looked at then (NaN: all),
    and `seconds`, those of training so far: of all steps and, where the target path was trained
    first, of that.

    Raises
    ------
    DataError
        A file is missing, damaged or incomplete, or two files are of the same run.
    """
    histories = []
    for run in read_runs(paths).to_dict("records"):
        path = run["path"].with_name("history.csv")
        with reading(path):
            history = pd.read_csv(path)
            if history["step"].iloc[-1] != run["steps"]:
                raise ValueError(f"it does not end at step {run['steps']}")
            before = run.get("times.target_first_seconds")
            if "test_images" not in history:  # of older runs, which always looked at all
                history["test_images"] = math.nan
            history["seconds"] = history["training_seconds"] + (0 if pd.isna(before) else before)
        for place, key in enumerate(CELL):
            history.insert(place, key, run[key])
        histories.append(history)
    return pd.concat(histories, ignore_index=True)


def read_distances(paths: Sequence[Path]) -> pd.DataFrame:
    """Read how far apart runs put the classes.

    Parameters
    ----------
    paths
        The runs' distances.csv.

    Returns
    -------
    One row per layer of a run, runs in display order: `dataset`, `arch`, `method`, `seed`, `layer`
    (its name), `place` (from 0), `features`, and `intra`, `inter`, `ratio`, which may be infinite
    or NaN, and `silhouette` (see `measure.distances`).

    Raises
    ------
    DataError
        A file is missing or damaged, or two files are of the same run.
    """
    return _read_layers(paths, DISTANCES)


def read_probes(paths: Sequence[Path]) -> pd.DataFrame:
    """Read how well linear probes of the layers of runs do.

    Parameters
    ----------
    paths
        The runs' probe.csv.

    Returns
    -------
    One row per layer of a run, runs in display order: `dataset`, `arch`, `method`, `seed`, `layer`
    (its name), `place` (from 0), `features`, `images` (training images that the probe was fitted
    to) and `accuracy` on the test set, a fraction (see `measure.probe`).

    Raises
    ------
    DataError
        A file is missing or damaged, or two files are of the same run.
    """
    return _read_layers(paths, PROBES)


def read_embeddings(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read t-SNE maps of runs on one data set and network.

    Parameters
    ----------
    paths
        The runs' tsne.safetensors.

    Returns
    -------
    One dict per run, in display order: `dataset`, `arch`, `method`, `seed`, `samples`,
    `perplexity`, `tsne_seed`, `neighbours` (that vote), `group_names` (classes or superclasses,
    which have a colour) and `layers`, in order, one dict each: `layer` (its name), `features`,
    `kl_divergence`, `knn_activations` and `knn_embedding` (of the classes, always). Where the map
    was kept, also `groups`, shape (samples,), which index `group_names`, and each layer's
    `coordinates`, shape (samples, 2).

    Raises
    ------
    DataError
        A file is missing or damaged, or the maps do not belong together.
    """
    maps = []
    for path in paths:
        with reading(path), open_data(path) as data:
            found = dict(data.metadata())
            for key in ("seed", *TSNE, "group_names", "layers"):
                found[key] = json.loads(found[key])
            if data.keys():
                found["groups"] = data.get_tensor("groups").astype(int)
                for layer in found["layers"]:
                    kept = data.get_tensor(f"coordinates.{layer['layer']}")
                    layer["coordinates"] = kept.astype(float)
        maps.append(found)
    for key in ("dataset", "arch", *TSNE):
        if len(values := {str(found[key]) for found in maps}) > 1:
            values = ", ".join(sorted(values))
            raise DataError(f"t-SNE maps that differ in {key} ({values}): give those of one")
    if len({(found["method"], found["seed"]) for found in maps}) < len(maps):
        raise DataError("two t-SNE maps are of the same run: give one of them")
    return sorted(maps, key=_display_order)


def read_throughput(paths: Sequence[Path]) -> dict[str, Any]:
    """Read what was measured of the throughput.

    Returns
    -------
    What `measure.throughput` gave; `measured` and `model` are data frames.

    Raises
    ------
    DataError
        It is missing or damaged, or several are given.
    """
    path = only_file(paths)
    with reading(path):
        found = load_json(path)
        if not {"config", "batches", "hardware", "versions"} <= found.keys():
            raise ValueError("keys are missing")
        for key, column in (("measured", "samples_per_second"), ("model", "speedup")):
            found[key] = pd.DataFrame(found[key])
            if found[key].empty or not {"components", "workers", column} <= set(found[key]):
                raise ValueError(f"columns or rows of {key} are missing")
    return found


def read_table(paths: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read one CSV file, which has to have some columns and a row.

    Raises
    ------
    DataError
        It is missing or damaged, or several are given.
    """
    return read_csv(only_file(paths), columns)


def only_dataset(frame: pd.DataFrame) -> str:
    """Display name of the one data set of some runs.

    Raises
    ------
    DataError
        They are of several data sets.
    """
    found = list(frame["dataset"].unique())
    if len(found) > 1:
        raise DataError(f"runs of several data sets, give one's: {', '.join(found)}")
    return registry.dataset_label(found[0])


def only_prefix_method(frame: pd.DataFrame) -> str:
    """Name of the one method, beside the baseline, whose components predict by themselves.

    Parameters
    ----------
    frame
        What `read_runs` or `read_histories` gave.

    Raises
    ------
    DataError
        There are several or none, or no run has more than one prefix.
    """
    found = list(frame["method"].unique())
    own = [method for method in found if method != registry.baseline()]
    if "prefix_test_accuracy" in frame:
        prefixes = frame["prefix_test_accuracy"].map(len).max()
    else:
        prefixes = frame.filter(like=PREFIX).shape[1]
    if len(own) != 1 or prefixes < 2:
        raise DataError(
            "give runs of one method whose components predict by themselves, not of"
            f" {', '.join(found)}"
        )
    return own[0]


def seeds(counts: Collection[int]) -> str:
    """How many seeds were averaged, in words: "n = 3 seeds", or "n = 2 to 3 seeds"."""
    least, most = min(counts), max(counts)
    number = f"{most}" if least == most else f"{least} to {most}"
    return f"n = {number} seed{'s' if most > 1 else ''}"


def _read_layers(paths: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """One row per layer of a run, runs in display order."""
    rows = []
    for path in paths:
        rows += read_csv(path, [*CELL, *columns]).to_dict("records")
    frame = pd.DataFrame(sorted(rows, key=lambda row: (*_display_order(row), row["place"])))
    if frame.duplicated([*CELL, "layer"]).any():
        raise DataError("two files are of the same run: give one of them")
    return frame


def _display_order(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        registry.rank(registry.datasets(), row["dataset"]),
        registry.rank(registry.networks(), row["arch"]),
        registry.rank(registry.methods(), row["method"]),
        row["seed"],
    )
