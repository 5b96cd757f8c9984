"""The methods, networks and data sets that config/ lists. No name stands in the code.

`methods.yaml` and `networks.yaml` hold a line each, `datasets/` a file each. A file of `scales/`
(see `config`) makes a scale. Reading all this takes neither torch nor pandas.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CONFIG = Path(__file__).parents[2] / "config"
SHOWN = ("family", "label", "methods", "beside")  # of a network's line, what its blocks do not get


@functools.cache
def methods() -> dict[str, dict[str, Any]]:
    """Entries of config/methods.yaml by name, in order."""
    return _read(CONFIG / "methods.yaml")


@functools.cache
def networks() -> dict[str, dict[str, Any]]:
    """Entries of config/networks.yaml by name, in order."""
    return _read(CONFIG / "networks.yaml")


@functools.cache
def datasets() -> dict[str, dict[str, Any]]:
    """Files of config/datasets/ by name, in the order that they name."""
    found = {path.stem: _read(path) for path in (CONFIG / "datasets").glob("*.yaml")}
    return dict(sorted(found.items(), key=lambda item: (item[1]["order"], item[0])))


def downloaded() -> list[str]:
    """Names of the data sets that have files to fetch."""
    return [name for name, entry in datasets().items() if entry["files"]]


def method_module(method: str) -> str:
    """Name of the module that holds a method's class."""
    return f"associated_learning.methods.{methods()[method].get('file', method)}"


def network_module(arch: str) -> str:
    """Name of the module that holds a network's blocks."""
    return f"associated_learning.networks.{networks()[arch]['family']}"


def network_options(arch: str) -> dict[str, Any]:
    """What a network's line passes on to its blocks: depth and the like."""
    return {k: v for k, v in networks()[arch].items() if k not in SHOWN}


def shown_beside(arch: str) -> str:
    """The network in whose place a variant is shown; of all others, itself."""
    return networks().get(arch, {}).get("beside", arch)


def baseline() -> str:
    """Name of the method that the thesis compares its own with (BP)."""
    return _role("baseline")


def control() -> str | None:
    """Name of the method that any other must be better than to have learnt, if there is one."""
    named = [name for name, entry in methods().items() if entry.get("role") == "control"]
    return named[0] if named else None


def thesis_method() -> str:
    """Name of the thesis' own method (AL)."""
    return _role("method")


def method_label(method: str) -> str:
    """Display name of a method; of one that is not listed, its name."""
    return methods().get(method, {}).get("label", method)


def network_label(arch: str) -> str:
    """Display name of a network; of one that is not listed, its name."""
    return networks().get(arch, {}).get("label", arch)


def dataset_label(dataset: str) -> str:
    """Display name of a data set; of one that is not listed, its name."""
    return datasets().get(dataset, {}).get("label", dataset)


def classes(dataset: str) -> int:
    """C, the number of classes of a data set."""
    return datasets()[dataset]["classes"]


def rank(entries: Mapping[str, Any], name: str) -> tuple[int, str]:
    """Sort key: the place among `entries`; behind them all others, by name."""
    return (list(entries).index(name) if name in entries else len(entries)), name


def _role(role: str) -> str:
    (name,) = (name for name, entry in methods().items() if entry.get("role") == role)
    return name


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
