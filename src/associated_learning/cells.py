"""Which runs there can be: what trains what, and what an archive holds."""

from collections.abc import Iterable, Mapping
from typing import Any

Config = Mapping[str, Any]


def methods(config: Config, experiment: Config, arch: str) -> list[str]:
    """Methods of an experiment that can train a network.

    A method may be for some families alone (`families` in methods.yaml), a network for some methods
    alone (`methods` in networks.yaml).
    """
    network = config["networks"][arch]
    return [
        method
        for method in experiment["methods"]
        if method in network.get("methods", [method])
        and network["family"] in config["methods"][method].get("families", [network["family"]])
    ]


def ratios(config: Config, scale: str, dataset: str, arch: str) -> Mapping[str, float]:
    """By what a scale divides the steps of methods, so that they take the baseline's time."""
    return config["scales"][scale].get("equal_time", {}).get(dataset, {}).get(arch, {})


def variant(
    config: Config, scale: str, experiment: Config, dataset: str, arch: str, method: str
) -> str | None:
    """What the folder of a run begins with: "" of an ordinary one; None where there is no run.

    In an experiment with a `variant` that is the baseline's ordinary run, and of other methods that
    of the variant, where the scale states a ratio.
    """
    if "variant" not in experiment or config["methods"][method].get("role") == "baseline":
        return ""
    stated = method in ratios(config, scale, dataset, arch)
    return f"{experiment['variant']}_" if stated else None


def held(config: Config, scale: str, paths: Iterable[str]) -> list[str]:
    """Those of some files that there can be: of a scale with an archive, those that it holds.

    An archive may be older than some experiments. What it does not hold is not asked for.
    """
    there = config.get("held", {}).get(scale)
    return [path for path in paths if there is None or path in there]
