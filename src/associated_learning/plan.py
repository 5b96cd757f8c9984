"""What the workflow makes: a pure function of the config, from experiments to files.

An output is a figure or table of one scale, with all that it is made of. An experiment of
config/experiments.yaml names its kinds (the module that makes it), the runs or other files that it
reads (`from`), and what there is one of (`per`): each data set, each network on it, or the scale.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import Any

from associated_learning.cells import (
    Config,
    compared,
    experiments,
    folder,
    held,
    methods,
    networks,
    runs,
    trains,
    variant,
)
from associated_learning.settings import counted_entries as counted_entries
from associated_learning.settings import flags, run_settings
from associated_learning.settings import mark as mark
from associated_learning.settings import output_flags as output_flags
from associated_learning.settings import prepared_facts as prepared_facts
from associated_learning.settings import probe_images as probe_images
from associated_learning.settings import table_flags as table_flags
from associated_learning.settings import tune_settings as tune_settings

FORMATS = {"figures": ("pdf", "png"), "tables": ("csv", "md", "tex", "html")}
# Files of a run that experiments read, and the rule that makes each.
RUN_FILES = {"metrics.json": "train", "distances.csv": "distances", "probe.csv": "probe"}
RUN_FILES |= {"tsne.safetensors": "embed", "exits.csv": "exits"}
# What reads JOBS comes after everything else.
JOBS, STEPS = "jobs.csv", "steps.json"


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
        Of a cell, in words: "3", "3 to 10"; none where it shows no runs.
    """

    what: str
    name: str
    kind: str
    inputs: tuple[str, ...]
    category: str
    labels: Mapping[str, str]
    entries: Mapping[str, Any]
    seeds: str

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
        for name, experiment in experiments(config, scale).items()
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
        for name, experiment in experiments(config, scale).items()
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


def run_files(config: Config, scale: str) -> list[str]:
    """Files that the experiments of a scale read of their runs."""
    found = (
        path
        for experiment in experiments(config, scale).values()
        if experiment["from"] in RUN_FILES
        for dataset in config["scales"][scale]["datasets"]
        for path in runs(
            config, scale, experiment, dataset, networks(config, scale, experiment, dataset)
        )
    )
    return sorted(set(found))


def besides(config: Config) -> list[str]:
    """Those of them, of all scales, that are read besides others where they can be had (`also`)."""
    names = {one.get("also") for one in config["experiments"].values()}
    files = (path for scale in config["scales"] for path in run_files(config, scale))
    return [path for path in files if PurePosixPath(path).name in names]


def trained(config: Config, scale: str) -> list[tuple[str, str, str]]:
    """Data set, network and method of all runs of a scale, each once."""
    return list(
        dict.fromkeys(
            (dataset, arch, method)
            for experiment in experiments(config, scale).values()
            if experiment["from"] in RUN_FILES
            for dataset in config["scales"][scale]["datasets"]
            for arch in networks(config, scale, experiment, dataset)
            for method in methods(config, scale, experiment, dataset, arch)
            if variant(config, scale, experiment, dataset, arch, method) is not None
        )
    )


def tunings(config: Config, scale: str) -> list[str]:
    """What is found of learning rates, for all networks and methods that are compared."""
    found = [tuning(config, scale, *cell) for cell in trained(config, scale)]
    return held(config, scale, list(dict.fromkeys(filter(None, found))))


def tuning(config: Config, scale: str, dataset: str, arch: str, method: str) -> str | None:
    """What is found of learning rates for runs; None where nothing is compared for them."""
    cell = compared(config, scale, dataset, arch)
    if cell is None or not trains(config, method, cell[1]):
        return None
    return "/".join((folder(config), scale, *cell, method, "tuning.json"))


def rate(config: Config, scale: str, dataset: str, arch: str, method: str) -> list[str]:
    """The same file, where a run takes its rate from it: unless the scale states one."""
    stated = "learning_rate" in run_settings(config, scale, dataset, arch, method)
    found = None if stated else tuning(config, scale, dataset, arch, method)
    return [found] if found else []


def archived(config: Config, scale: str) -> list[str]:
    """All that the figures and tables of a scale read."""
    root, planned = f"{folder(config)}/{scale}/", _planned(config)
    files = {path for output in outputs(planned, scale) for path in output.inputs}
    folders = {str(PurePosixPath(path).parent) for path in run_files(planned, scale)}
    files |= {f"{run}/{file}" for run in folders for file in ("metrics.json", "history.csv")}
    return held(config, scale, sorted(path for path in files if path.startswith(root)))


def _planned(config: Config) -> Config:
    """The config of what there is to be, whatever is there."""
    return {key: value for key, value in config.items() if key != "held"}


def benchmarks(config: Config, scale: str) -> list[str]:
    """Benchmarks of all jobs of a scale whose costs are gathered."""
    jobs = set()
    for path in held(config, scale, run_files(_planned(config), scale)):
        *_, dataset, arch, method, seed, file = PurePosixPath(path).parts
        run = "_".join((dataset, arch, method, seed))
        jobs |= {("train", run), (RUN_FILES[file], run)}
    for path in tunings(config, scale):
        jobs.add(("tune", "_".join(PurePosixPath(path).parts[-4:-1])))
    datasets = config["scales"][scale]["datasets"]
    jobs |= {("overview", dataset) for dataset in datasets}
    jobs |= {("count", "parameters"), ("throughput", "measured"), ("steps", "measured")}
    jobs |= {(o.what.rstrip("s"), o.name) for o in outputs(config, scale) if not _reads_jobs(o)}
    shared = [
        f"results/all/benchmarks/{job}/{dataset}.tsv"
        for job, dataset in product(("fetch", "prepare"), datasets)
    ]
    return shared + [f"results/{scale}/benchmarks/{job}/{name}.tsv" for job, name in sorted(jobs)]


def step_cells(config: Config, scale: str) -> list[tuple[str, str, str]]:
    """Data set, network and method of all whose step is timed."""
    return [
        (dataset, arch, method)
        for experiment in experiments(config, scale).values()
        if experiment["from"] == STEPS
        for dataset in config["scales"][scale]["datasets"]
        for arch in networks(config, scale, experiment, dataset)
        for method in methods(config, scale, experiment, dataset, arch)
    ]


def step_flags(config: Config, scale: str) -> list[str]:
    """Flags of the train command for each of these."""
    return [
        flags({"dataset": dataset, "arch": arch, "method": method})
        + " "
        + flags(run_settings(config, scale, dataset, arch, method))
        for dataset, arch, method in step_cells(config, scale)
    ]


def parameter_cells(config: Config, scale: str) -> list[str]:
    """dataset:arch:method:width:target-width of every network whose parameters are counted."""
    cells = []
    for experiment in experiments(config, scale).values():
        if experiment["from"] != "parameters.csv":
            continue
        for dataset in config["scales"][scale]["datasets"]:
            for arch in networks(config, scale, experiment, dataset):
                for method in methods(config, scale, experiment, dataset, arch):
                    settings = run_settings(config, scale, dataset, arch, method)
                    widths = settings.get("width", 1), settings.get("target_width", "")
                    cells.append(":".join(map(str, (dataset, arch, method, *widths))))
    return cells


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
        if source != "tables":
            inputs = tuple(held(config, scale, inputs))
        stated = (f"config/scales/{scale}.yaml", "config/experiments.yaml")
        if inputs:  # what was found beside what the config states
            inputs += {"tunings": stated, STEPS: stated[:1]}.get(source, ())
        yield from _kinds(config, scale, experiment, inputs, {})
        return
    for dataset in datasets:
        if source == "overview":
            inputs = tuple(held(config, scale, [f"{root}/data/{dataset}.safetensors"]))
            yield from _kinds(config, scale, experiment, inputs, {"dataset": dataset})
        elif per == "dataset":
            inputs = runs(config, scale, experiment, dataset, archs[dataset])
            yield from _kinds(config, scale, experiment, inputs, {"dataset": dataset})
        else:
            for arch in archs[dataset]:
                inputs = runs(config, scale, experiment, dataset, [arch])
                of = {"dataset": dataset, "network": arch}
                yield from _kinds(config, scale, experiment, inputs, of)


def _kinds(
    config: Config,
    scale: str,
    experiment: Config,
    inputs: tuple[str, ...],
    of: Mapping[str, str],
) -> Iterator[Output]:
    """Outputs of an experiment that are made of the same files; none of no file."""
    if not inputs:
        return
    folders = {PurePosixPath(p).parent for p in inputs if experiment["from"] in RUN_FILES}
    cells = Counter(run.parent for run in folders)
    counts = sorted({min(cells.values(), default=0), max(cells.values(), default=0)} - {0})
    suffix = [experiment["suffix"]] if "suffix" in experiment else []
    entries = _entries(config, scale, experiment, inputs)
    for what in FORMATS:
        for kind in experiment[what]:
            named = "_".join([kind, *suffix])
            # The first label is the one that the report never folds into a switch above its menu.
            labels = {"kind": what.rstrip("s"), "scale": scale, "output": named, **of}
            shown = [config["methods"][name]["label"] for name in experiment.get("methods", ())]
            if shown:  # The menu is as wide as the longest label: what is left is the table's.
                labels["methods"] = " | ".join(shown) if len(shown) < 4 else f"{len(shown)} methods"
            name, category = "_".join([named, *of.values()]), experiment["category"]
            said = " to ".join(map(str, counts))
            yield Output(what, name, kind, inputs, category, labels, entries, said)


def _entries(
    config: Config, scale: str, experiment: Config, inputs: Iterable[str]
) -> dict[str, Any]:
    """What the registries say of all that stands in the names of files, or in an experiment."""
    names = {part for path in inputs for part in PurePosixPath(path).with_suffix("").parts}
    names |= {*experiment.get("methods", ()), *experiment.get("archs", ())}
    names |= {arch for archs in experiment.get("archs", {}).values() for arch in archs}
    if experiment["from"] == "tunings":  # it also names what took rates over
        names |= {part for cell in trained(config, scale) for part in cell}
    methods = {name: entry for name, entry in config["methods"].items() if name in names}
    networks = {name: entry["label"] for name, entry in config["networks"].items() if name in names}
    datasets = {
        name: [entry["label"], entry["classes"]]
        for name, entry in config["datasets"].items()
        if name in names
    }
    return {"methods": methods, "networks": networks, "datasets": datasets}
