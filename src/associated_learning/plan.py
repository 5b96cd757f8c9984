"""What the workflow makes: a pure function of the config, from experiments to files.

An output is a figure or table of one scale, with all that it is made of. An experiment of
config/experiments.yaml names its kinds (the module that makes it), the runs or other files that it
reads (`from`), and what there is one of (`per`): each data set, each network on it, or the scale.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import Any

Config = Mapping[str, Any]

FORMATS = {"figures": ("pdf", "png"), "tables": ("csv", "md", "tex", "html")}
# Files of a run that experiments read, and the rule that makes each.
RUN_FILES = {"metrics.json": "train", "distances.csv": "distances", "tsne.safetensors": "embed"}
# Files that a scale has one of. What reads JOBS comes after everything else.
JOBS = "jobs.csv"
SCALE_FILES = ("parameters.csv", "throughput.json", JOBS)


@dataclass(frozen=True)
class Output:
    """A figure or table of one scale.

    Attributes
    ----------
    what
        "figures" or "tables".
    name
        Of its files, without scale and suffix.
    kind
        The module that makes it.
    inputs
        Files that it is made of.
    category, labels
        Where the report shows it.
    entries
        Registry entries of all that it shows: their labels and looks are drawn, too.
    seeds
        Of each cell; 0 where it shows no runs.
    """

    what: str
    name: str
    kind: str
    inputs: tuple[str, ...]
    category: str
    labels: Mapping[str, str]
    entries: Mapping[str, Any]
    seeds: int

    @property
    def module(self) -> str:
        """Dotted name of the module that makes it."""
        return f"associated_learning.{self.what}.{self.kind}"

    def files(self, scale: str) -> list[str]:
        """Its files in all formats."""
        return [f"{self.what}/{scale}/{self.name}.{form}" for form in FORMATS[self.what]]


def outputs(config: Config, scale: str) -> list[Output]:
    """All figures and tables of a scale."""
    found = [
        output
        for name, experiment in config["experiments"].items()
        if experiment["from"] != "tables"
        for output in _of_experiment(config, scale, name, ())
    ]
    # Claims are about the thesis' own experiments, whose tables have no suffix.
    tables = tuple(
        f"tables/{scale}/{output.name}.csv"
        for output in found
        if output.what == "tables"
        and not _reads_jobs(output)
        and output.labels["output"] == output.kind
    )
    return found + [
        output
        for name, experiment in config["experiments"].items()
        if experiment["from"] == "tables"
        for output in _of_experiment(config, scale, name, tables)
    ]


def repeated(config: Config, scale: str) -> list[str]:
    """Names of outputs that two experiments would write."""
    names = [f"{output.what}/{output.name}" for output in outputs(config, scale)]
    return sorted({name for name in names if names.count(name) > 1})


def files(config: Config, scale: str, with_costs: bool = True) -> list[str]:
    """Files of all outputs of a scale, or of those that do not show what the others cost."""
    wanted = (o for o in outputs(config, scale) if with_costs or not _reads_jobs(o))
    return [path for output in wanted for path in output.files(scale)]


def networks(config: Config, scale: str, experiment: Config, dataset: str) -> list[str]:
    """Networks of an experiment on a data set, but for those that the scale leaves out."""
    left_out = config["scales"][scale]["leave_out"]
    return [arch for arch in experiment["archs"].get(dataset, []) if arch not in left_out]


def run_files(config: Config, scale: str) -> list[str]:
    """Files that the experiments of a scale read of their runs."""
    found = (
        path
        for experiment in config["experiments"].values()
        if experiment["from"] in RUN_FILES
        for dataset in config["scales"][scale]["datasets"]
        for path in _runs(
            config, scale, experiment, dataset, networks(config, scale, experiment, dataset)
        )
    )
    return sorted(set(found))


def tunings(config: Config, scale: str) -> list[str]:
    """What is found of learning rates: for each network named there, for every method it has."""
    tuning = config["scales"][scale].get("tuning", {"archs": {}})
    return [
        f"{folder(config)}/{scale}/{dataset}/{arch}/{method}/tuning.json"
        for dataset, archs in tuning["archs"].items()
        for arch in archs
        for method in dict.fromkeys(
            method
            for experiment in config["experiments"].values()
            if experiment["from"] in RUN_FILES
            and arch in networks(config, scale, experiment, dataset)
            for method in experiment["methods"]
        )
    ]


def archived(config: Config, scale: str) -> list[str]:
    """All that the figures and tables of a scale read."""
    runs = set(run_files(config, scale))
    folders = {str(PurePosixPath(path).parent) for path in runs}
    runs |= {f"{run}/{file}" for run in folders for file in ("metrics.json", "history.csv")}
    data = [f"data/{dataset}.safetensors" for dataset in config["scales"][scale]["datasets"]]
    common = [f"{folder(config)}/{scale}/{file}" for file in (*SCALE_FILES, *data)]
    return sorted(runs) + tunings(config, scale) + common


def benchmarks(config: Config, scale: str) -> list[str]:
    """Benchmarks of all jobs of a scale whose costs are gathered."""
    jobs = set()
    for path in run_files(config, scale):
        *_, dataset, arch, method, seed, file = PurePosixPath(path).parts
        run = "_".join((dataset, arch, method, seed))
        jobs |= {("train", run), (RUN_FILES[file], run)}
    for path in tunings(config, scale):
        jobs.add(("tune", "_".join(PurePosixPath(path).parts[-4:-1])))
    datasets = config["scales"][scale]["datasets"]
    jobs |= {("overview", dataset) for dataset in datasets}
    jobs |= {("count", "parameters"), ("throughput", "measured")}
    jobs |= {(o.what.rstrip("s"), o.name) for o in outputs(config, scale) if not _reads_jobs(o)}
    shared = [
        f"results/all/benchmarks/{job}/{dataset}.tsv"
        for job, dataset in product(("fetch", "prepare"), datasets)
    ]
    return shared + [f"results/{scale}/benchmarks/{job}/{name}.tsv" for job, name in sorted(jobs)]


def parameter_cells(config: Config, scale: str) -> list[str]:
    """dataset:arch:method:width:target-width of every network whose parameters are counted."""
    cells = []
    for experiment in config["experiments"].values():
        if experiment["from"] != "parameters.csv":
            continue
        for dataset in config["scales"][scale]["datasets"]:
            for arch in networks(config, scale, experiment, dataset):
                for method in experiment["methods"]:
                    settings = run_settings(config, scale, dataset, arch, method)
                    widths = settings.get("width", 1), settings.get("target_width", "")
                    cells.append(":".join(map(str, (dataset, arch, method, *widths))))
    return cells


def counted_entries(config: Config, scale: str) -> dict[str, Any]:
    """What the registries say of the networks and data sets whose parameters are counted."""
    named = [cell.split(":")[:2] for cell in parameter_cells(config, scale)]
    keys = ("classes", "shape")
    return {
        "networks": {
            arch: {key: v for key, v in config["networks"][arch].items() if key != "label"}
            for _, arch in named
        },
        "datasets": {name: [config["datasets"][name][key] for key in keys] for name, _ in named},
    }


def run_settings(
    config: Config, scale: str, dataset: str, arch: str, method: str
) -> dict[str, Any]:
    """Flags of the train command for one run: what its data set fixes, then what the scale sets.

    Of the scale's entries later ones win.
    """
    entry, family = config["datasets"][dataset], config["networks"][arch]["family"]
    settings: dict[str, Any] = {"augment": entry["preprocessing"]["augment"]}
    if family in entry["target_width"]:
        settings["target_width"] = entry["target_width"][family]
    cell = {"dataset": dataset, "arch": arch, "method": method}
    for part in config["scales"][scale]["runs"]:
        wanted = part.get("for", {})
        if all(
            cell[key] in (value if isinstance(value, list) else [value])
            for key, value in wanted.items()
        ):
            settings |= part["set"]
    return settings


def tune_settings(
    config: Config, scale: str, dataset: str, arch: str, method: str
) -> dict[str, Any]:
    """Flags of the tune command: as for the run, but for what the scale's tuning sets."""
    settings = run_settings(config, scale, dataset, arch, method)
    settings.pop("learning_rate", None)  # it is what is looked for
    tuning = config["scales"][scale]["tuning"]
    return settings | {key: value for key, value in tuning.items() if key != "archs"}


def prepared_facts(config: Config, dataset: str) -> dict[str, Any]:
    """What config/datasets/ says of a data set but for its names: shape, bytes, preprocessing."""
    entry = config["datasets"][dataset]
    keys = ("classes", "shape", "reader", "preprocessing")
    return {key: entry[key] for key in keys} | {
        "files": {file["path"]: file["sha256"] for file in entry["files"]},
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
    """Flags of the figure and table commands."""
    said = mark(config, scale)
    return flags({"mark": said} if said else {})


def folder(config: Config) -> str:
    """Where figures and tables find what they read; an archive's never lies among own results."""
    return {"runs": "results", "archive": "results/archive"}[config["source"]]


def _reads_jobs(output: Output) -> bool:
    return any(PurePosixPath(path).name == JOBS for path in output.inputs)


def _of_experiment(
    config: Config, scale: str, name: str, tables: tuple[str, ...]
) -> Iterator[Output]:
    experiment, datasets = config["experiments"][name], config["scales"][scale]["datasets"]
    per, source = experiment["per"], experiment["from"]
    archs = {}
    if source in RUN_FILES:
        archs = {dataset: networks(config, scale, experiment, dataset) for dataset in datasets}
        datasets = [dataset for dataset in datasets if archs[dataset]]
    root = f"{folder(config)}/{scale}"
    if per == "scale":
        inputs = {
            "overview": tuple(f"{root}/data/{dataset}.safetensors" for dataset in datasets),
            "tunings": tuple(tunings(config, scale)),
            "tables": ("config/claims.yaml", *tables),
        }.get(source, (f"{root}/{source}",))
        if inputs:
            yield from _kinds(config, scale, experiment, inputs, {})
        return
    for dataset in datasets:
        if source == "overview":
            inputs = (f"{root}/data/{dataset}.safetensors",)
            yield from _kinds(config, scale, experiment, inputs, {"dataset": dataset})
        elif per == "dataset":
            inputs = _runs(config, scale, experiment, dataset, archs[dataset])
            yield from _kinds(config, scale, experiment, inputs, {"dataset": dataset})
        else:
            for arch in archs[dataset]:
                inputs = _runs(config, scale, experiment, dataset, [arch])
                of = {"dataset": dataset, "network": arch}
                yield from _kinds(config, scale, experiment, inputs, of)


def _kinds(
    config: Config,
    scale: str,
    experiment: Config,
    inputs: tuple[str, ...],
    of: Mapping[str, str],
) -> Iterator[Output]:
    """Outputs of an experiment that are made of the same files."""
    seeds = config["scales"][scale]["seeds"] if experiment["from"] in RUN_FILES else 0
    suffix = [experiment["suffix"]] if "suffix" in experiment else []
    entries = _entries(config, experiment, inputs)
    for what in FORMATS:
        for kind in experiment[what]:
            labels = {"scale": scale, "kind": what.rstrip("s")}
            labels |= {"output": "_".join([kind, *suffix]), **of}
            if "methods" in experiment:
                shown = (config["methods"][method]["label"] for method in experiment["methods"])
                labels["methods"] = ", ".join(shown)
            name, category = "_".join([kind, *suffix, *of.values()]), experiment["category"]
            yield Output(what, name, kind, inputs, category, labels, entries, seeds)


def _entries(config: Config, experiment: Config, inputs: Iterable[str]) -> dict[str, Any]:
    """What the registries say of all that stands in the names of files, or in an experiment."""
    names = {part for path in inputs for part in PurePosixPath(path).with_suffix("").parts}
    names |= {*experiment.get("methods", ()), *experiment.get("archs", ())}
    names |= {arch for archs in experiment.get("archs", {}).values() for arch in archs}
    methods = {name: entry for name, entry in config["methods"].items() if name in names}
    networks = {name: entry["label"] for name, entry in config["networks"].items() if name in names}
    datasets = {
        name: [entry["label"], entry["classes"]]
        for name, entry in config["datasets"].items()
        if name in names
    }
    return {"methods": methods, "networks": networks, "datasets": datasets}


def _runs(
    config: Config, scale: str, experiment: Config, dataset: str, archs: list[str]
) -> tuple[str, ...]:
    """The file of each run that an experiment reads."""
    seeds = range(config["scales"][scale]["seeds"])
    return tuple(
        f"{folder(config)}/{scale}/{dataset}/{arch}/{method}/seed{seed}/{experiment['from']}"
        for arch, method, seed in product(archs, experiment["methods"], seeds)
    )
