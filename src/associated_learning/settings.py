"""What the commands of the workflow are told: their flags, from the config alone."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from associated_learning.cells import Config, matches, ratios

PROBE_IMAGES = 5000  # training images that probes are fitted to, unless the scale says otherwise


def run_settings(
    config: Config, scale: str, dataset: str, arch: str, method: str, variant: str = ""
) -> dict[str, Any]:
    """Flags of the train command for one run: what data set and method fix, then what scales set.

    Of the scale's entries later ones win. A run in equal time has its steps divided by the ratio
    that the scale states. A rate that was chosen by a comparison is no flag: see `plan.rate`.
    """
    entry, family = config["datasets"][dataset], config["networks"][arch]["family"]
    settings: dict[str, Any] = {"augment": entry["preprocessing"]["augment"]}
    settings |= config["methods"][method].get("set", {})
    if family in entry["target_width"]:
        settings["target_width"] = entry["target_width"][family]
    cell = {"dataset": dataset, "arch": arch, "method": method}
    for part in config["scales"][scale]["runs"]:
        if matches(part.get("for", {}), cell):
            settings |= part.get("set", {})
    if variant:
        settings["shorten"] = ratios(config, scale, dataset, arch)[method]
    return settings


def tune_settings(
    config: Config, scale: str, dataset: str, arch: str, method: str
) -> dict[str, Any]:
    """Flags of the tune command: as for the run, but for what the scale's tuning sets."""
    settings = run_settings(config, scale, dataset, arch, method)
    settings.pop("learning_rate", None)  # it is what is looked for
    tuning = config["scales"][scale]["tuning"]
    return settings | {k: v for k, v in tuning.items() if k not in ("archs", "taken_over")}


def probe_images(config: Config, scale: str) -> int:
    """Number of training images that linear probes are fitted to."""
    return config["scales"][scale].get("probe_images", PROBE_IMAGES)


def prepared_facts(config: Config, dataset: str) -> dict[str, Any]:
    """What config/datasets/ says of a data set but for its names: shape, bytes, preprocessing."""
    entry = config["datasets"][dataset]
    keys = ("classes", "shape", "reader", "preprocessing")
    return {key: entry[key] for key in keys} | {
        "files": {file["path"]: file["sha256"] for file in entry["files"]},
    }


def counted_entries(config: Config, cells: Iterable[str]) -> dict[str, Any]:
    """What the registries say of networks and data sets whose parameters are counted.

    The cells are those of `plan.parameter_cells`.
    """
    named = [cell.split(":")[:2] for cell in cells]
    keys = ("classes", "shape")
    return {
        "networks": {
            arch: {key: v for key, v in config["networks"][arch].items() if key != "label"}
            for _, arch in named
        },
        "datasets": {name: [config["datasets"][name][key] for key in keys] for name, _ in named},
    }


def flags(settings: Mapping[str, Any]) -> str:
    """Settings as flags of a command line: {"batch_size": 32, "augment": False} and so on."""
    words = []
    for key, value in settings.items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list):
            words.append(f"--{flag} {shlex.join(map(str, value))}")
        else:
            words.append(f"--{flag} {shlex.quote(str(value))}")
    return " ".join(words)


def mark(config: Config, scale: str) -> str:
    """What stands on the figures and tables of a scale that shows no result."""
    return "" if config["scales"][scale].get("result", True) else f"{scale} scale: no result"


def output_flags(config: Config, scale: str) -> str:
    """Flags of the figure command, and of the table command."""
    said = mark(config, scale)
    return flags({"mark": said} if said else {})


def table_flags(config: Config, scale: str) -> str:
    """Flags of the table command, which also decides nothing where a scale shows no result."""
    return " ".join([output_flags(config, scale), *["--undecided"] * bool(mark(config, scale))])
