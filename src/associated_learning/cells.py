"""Which runs there can be: what trains what, and what an archive holds."""

from collections.abc import Iterable, Mapping
from typing import Any

Config = Mapping[str, Any]
PRIORITIES = 3  # of each part of a scale's order: measuring comes first, then tuning, then training


def matches(wanted: Mapping[str, Any], cell: Mapping[str, str]) -> bool:
    """Whether a scale's entry, which names some of dataset, arch and method, is about a cell."""
    return all(
        cell.get(key) in (value if isinstance(value, list) else [value])
        for key, value in wanted.items()
    )


def left_out(config: Config, scale: str, **cell: str) -> bool:
    """Whether a scale leaves out a network on a data set, or a method on that."""
    return any(matches(wanted, cell) for wanted in config["scales"][scale]["leave_out"])


def experiments(config: Config, scale: str) -> dict[str, Config]:
    """Experiments of a scale by name: those that it names, or all."""
    named = config["scales"][scale].get("experiments", config["experiments"])
    return {name: one for name, one in config["experiments"].items() if name in named}


def networks(config: Config, scale: str, experiment: Config, dataset: str) -> list[str]:
    """Networks of an experiment on a data set, but for those that the scale leaves out.

    Of a variant only those that the scale states a ratio of.
    """
    return [
        arch
        for arch in experiment["archs"].get(dataset, [])
        if not left_out(config, scale, dataset=dataset, arch=arch)
        and ("variant" not in experiment or ratios(config, scale, dataset, arch))
    ]


def methods(config: Config, scale: str, experiment: Config, dataset: str, arch: str) -> list[str]:
    """Methods of an experiment that can train a network, but for those that the scale leaves out.

    A method may be for some families alone (`families` in methods.yaml), a network for some methods
    alone (`methods` in networks.yaml).
    """
    return [
        method
        for method in experiment["methods"]
        if trains(config, method, arch)
        and not left_out(config, scale, dataset=dataset, arch=arch, method=method)
    ]


def trains(config: Config, method: str, arch: str) -> bool:
    """Whether a method can train a network."""
    network = config["networks"][arch]
    families = config["methods"][method].get("families", [network["family"]])
    return method in network.get("methods", [method]) and network["family"] in families


def seeds(config: Config, scale: str, dataset: str, arch: str, method: str) -> int:
    """With how many seeds a cell is trained: later entries of the scale win."""
    found, cell = config["scales"][scale]["seeds"], {"dataset": dataset, "arch": arch}
    for part in config["scales"][scale]["runs"]:
        if matches(part.get("for", {}), cell | {"method": method}):
            found = part.get("seeds", found)
    return found


def compared(config: Config, scale: str, dataset: str, arch: str) -> tuple[str, str] | None:
    """Data set and network whose comparison of learning rates decides those of a network.

    Its own, or that of the one that the scale says it takes them over from; None if there is none.
    """
    tuning = config["scales"][scale].get("tuning", {"archs": {}})
    cell = {"dataset": dataset, "arch": arch}
    for entry in [{"for": {}, "from": {}}, *tuning.get("taken_over", [])]:
        if matches(entry["for"], cell):
            cell |= entry["from"]
        if cell["arch"] in tuning["archs"].get(cell["dataset"], []):
            return cell["dataset"], cell["arch"]
    return None


def part(config: Config, scale: str, dataset: str, arch: str) -> int:
    """Place of a network on a data set in the scale's `order`; beyond its end if it has none."""
    order, cell = config["scales"][scale].get("order", []), {"dataset": dataset, "arch": arch}
    places = [place for place, entry in enumerate(order) if matches(entry["of"], cell)]
    return min(places, default=len(order))


def priority(config: Config, scale: str, dataset: str, arch: str) -> int:
    """Priority of what is run of a network on a data set: the higher, the earlier in the order."""
    order = config["scales"][scale].get("order", [])
    return PRIORITIES * (len(order) - part(config, scale, dataset, arch))


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


def runs(
    config: Config, scale: str, experiment: Config, dataset: str, archs: Iterable[str]
) -> tuple[str, ...]:
    """The files of runs that an experiment reads; of a cell those of all seeds, or none.

    Of each cell the one that it is `from`; then, of what it is `about`, the one `also` read.
    """
    about, found = experiment.get("about", experiment["methods"]), []
    for arch in archs:
        for method in methods(config, scale, experiment, dataset, arch):
            of = variant(config, scale, experiment, dataset, arch, method)
            if of is None:
                continue
            names = [experiment["from"]]
            if "also" in experiment and method in about:
                names.append(experiment["also"])
            for name in names:
                cell = f"{folder(config)}/{scale}/{dataset}/{arch}/{method}/{of}seed"
                numbers = range(seeds(config, scale, dataset, arch, method))
                paths = [f"{cell}{number}/{name}" for number in numbers]
                if held(config, scale, paths) != paths:
                    break
                found += paths
    # Runs that are shown beside are nothing alone; of a variant, the baseline's ordinary ones.
    needed = [f"/{method}/{experiment.get('variant', '')}" for method in about]
    return tuple(found) if any(part in path for part in needed for path in found) else ()


def held(config: Config, scale: str, paths: Iterable[str]) -> list[str]:
    """Those of some files that there can be: where something is trained, all but what is `gone`.

    Else what is in the scale's archive, or finished. An archive may be older than some experiments;
    what it does not hold is not asked for.
    """
    there, gone = config.get("held", {}).get(scale), config.get("gone", ())
    return [path for path in paths if path not in gone and (there is None or path in there)]


def folder(config: Config) -> str:
    """Where figures and tables find what they read; an archive's never lies among own results."""
    return "results/archive" if config["source"] == "archive" else "results"
