# Config, wildcards and the helpers of all rules.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The workflow runs its own copy of the package, also where it is not installed (conda, cluster).
PACKAGES = str(Path(workflow.basedir) / "src")
sys.path.insert(0, PACKAGES)
shell.prefix(f"export PYTHONPATH='{PACKAGES}'; ")

from associated_learning import archive, configuration, runs

CONFIG = Path(workflow.basedir) / "config"
try:
    config |= configuration.load(config, CONFIG)
except configuration.ConfigError as error:
    raise WorkflowError(error)

SCALES, EXPERIMENTS = config["scales"], config["experiments"]
# Where figures and tables find what they read; what an archive held never lies among own results.
RESULTS = {"runs": "results", "archive": "results/archive"}[config["source"]]
RUN = f"{RESULTS}/{{scale}}/{{dataset}}/{{arch}}/{{method}}/seed{{seed}}/"
BENCHMARKS = f"{RESULTS}/{{scale}}/benchmarks/"  # of figures and tables
FIGURE_FORMATS = ["pdf", "png"]
TABLE_FORMATS = ["csv", "md", "tex", "html"]
# Figures and tables of a whole scale rather than of a data set, each with a rule of its own.
SCALE_FIGURES = ["throughput"]
SCALE_TABLES = ["claims", "datasets", "parameters", "throughput", "costs"]
TUNED = {scale: settings["tuning"] for scale, settings in SCALES.items() if "tuning" in settings}


def kinds(what, each_arch=False):
    """Figures or tables of all experiments: kind -> experiment."""
    return {
        kind: experiment
        for experiment in EXPERIMENTS.values()
        if experiment.get("each_arch", False) == each_arch
        for kind in experiment[what]
    }


wildcard_constraints:
    **{kind: "|".join(configuration.names(kind, CONFIG)) for kind in ("dataset", "arch", "method")},
    scale="smoke|laptop|thesis",
    seed=r"\d+",
    figure="|".join(kinds("figures")),
    table="|".join(kinds("tables")),
    arch_figure="|".join(kinds("figures", each_arch=True)),
    arch_table="|".join(kinds("tables", each_arch=True)),


def source(name):
    """Path of a module of the package, for the inputs of a rule: it depends on its code."""
    return f"src/associated_learning/{name}.py"


def training_code(wildcards):
    """What a training's numbers come from: training.CODE and the architecture."""
    family = wildcards.arch.rstrip("0123456789")
    architecture = [f"architectures/{name}" for name in ("__init__", "layers", family)]
    return [source(name) for name in ("training", "network", "optimiser", "images", *architecture)]


def train_flags(wildcards):
    settings = configuration.run_settings(
        SCALES[wildcards.scale], wildcards.dataset, wildcards.arch, wildcards.method
    )
    return configuration.flags(settings)


def tune_flags(wildcards):
    """As for the trainings, but for seed and epochs; the learning rate is what is looked for."""
    scale = SCALES[wildcards.scale]
    settings = configuration.run_settings(
        scale, wildcards.dataset, wildcards.arch, wildcards.method
    )
    settings.pop("learning_rate", None)
    return configuration.flags(
        settings | {key: value for key, value in TUNED[wildcards.scale].items() if key != "archs"}
    )


def tunings(scale):
    """What was found of learning rates at a scale: every method of every network named there."""
    return [
        f"{RESULTS}/{scale}/{dataset}/{arch}/{method}/tuning.json"
        for dataset, networks in TUNED.get(scale, {"archs": {}})["archs"].items()
        for arch in networks
        for method in {
            method: None
            for experiment in EXPERIMENTS.values()
            if arch in archs(scale, experiment, dataset)
            for method in experiment["methods"]
        }
    ]


def train_resource(name):
    return lambda wildcards: SCALES[wildcards.scale]["resources"][name]


def archs(scale, experiment, dataset):
    """Architectures of an experiment that a scale does not leave out."""
    left_out = SCALES[scale]["leave_out"]
    return [arch for arch in experiment["archs"].get(dataset, []) if arch not in left_out]


def run_files(what, each_arch=False):
    """Input function: the files of all runs that a figure or table is made of."""

    def files(wildcards):
        kind = wildcards["arch_" * each_arch + what.rstrip("s")]
        experiment = kinds(what, each_arch)[kind]
        scale, dataset = wildcards.scale, wildcards.dataset
        return expand(
            RUN + experiment.get("from", "metrics.json"),
            scale=scale,
            dataset=dataset,
            arch=wildcards.arch if each_arch else archs(scale, experiment, dataset),
            method=experiment["methods"],
            seed=range(SCALES[scale]["seeds"]),
        )

    return files


def all_runs(scale):
    """Files that the experiments of a scale read of their runs: metrics, distances, embeddings."""
    return {
        path
        for experiment in EXPERIMENTS.values()
        for dataset in SCALES[scale]["datasets"]
        for path in expand(
            RUN + experiment.get("from", "metrics.json"),
            scale=scale,
            dataset=dataset,
            arch=archs(scale, experiment, dataset),
            method=experiment["methods"],
            seed=range(SCALES[scale]["seeds"]),
        )
    }


def archived(wildcards):
    """All that the figures and tables of a scale read."""
    runs = all_runs(wildcards.scale)
    folders = {str(Path(path).parent) for path in runs}
    runs |= set(expand("{folder}/{file}", folder=folders, file=["metrics.json", "history.csv"]))
    datasets = SCALES[wildcards.scale]["datasets"]
    files = ["jobs.csv", "parameters.csv", "throughput.json"]
    files += expand("data/{dataset}.safetensors", dataset=datasets)
    return (
        sorted(runs)
        + tunings(wildcards.scale)
        + expand("results/{scale}/{file}", scale=wildcards.scale, file=files)
    )


def unpacked(scale):
    """Where the files of a scale's archive go, after it was verified."""
    try:
        return [f"{RESULTS}/{name}" for name in archive.read(Path(f"archives/{scale}.zip"))]
    except archive.ArchiveError as error:
        raise WorkflowError(str(error))


def benchmarks(wildcards):
    """Benchmarks of all jobs of a scale whose costs are gathered."""
    scale = wildcards.scale
    rules_of = {"metrics.json": "train", "distances.csv": "distances", "tsne.safetensors": "embed"}
    jobs = [("train", "_".join(Path(path).parts[2:6])) for path in all_runs(scale)]
    jobs += [
        (rules_of[Path(path).name], "_".join(Path(path).parts[2:6])) for path in all_runs(scale)
    ]
    jobs += [("overview", dataset) for dataset in SCALES[scale]["datasets"]]
    jobs += [("count", "parameters"), ("throughput", "measured")]
    jobs += [("tune", "_".join(Path(path).parts[2:5])) for path in tunings(scale)]
    for path in scale_outputs(scale, without=["costs"]):
        if path.endswith((".png", ".csv")):
            jobs.append((Path(path).parts[0].rstrip("s"), Path(path).stem))
    shared = expand(
        "results/all/benchmarks/{job}/{dataset}.tsv",
        job=["fetch", "prepare"],
        dataset=SCALES[scale]["datasets"],
    )
    own = [f"results/{scale}/benchmarks/{job}/{name}.tsv" for job, name in sorted(set(jobs))]
    return shared + own


def parameter_cells(wildcards):
    """dataset:arch:method:width:target-width of every cell; empty where the thesis' value holds."""
    scale = SCALES[wildcards.scale]
    cells = []
    for dataset in scale["datasets"]:
        for arch in archs(wildcards.scale, EXPERIMENTS["accuracy"], dataset):
            for method in ("bp", "al"):
                settings = configuration.run_settings(scale, dataset, arch, method)
                widths = [str(settings.get(key, "")) for key in ("width", "target_width")]
                cells.append(":".join([dataset, arch, method, *widths]))
    return cells


def outputs(folder, formats, shown, name, category, labels):
    """Output files by format; the one that is `shown` stands in the report with its caption."""
    files = {form: f"{folder}/{{scale}}/{name}.{form}" for form in formats}
    files[shown] = report(
        files[shown],
        caption="../report/output.rst",
        category=category,
        labels=lambda wildcards: {"scale": "{scale}"}
        | {key: text(wildcards) if callable(text) else text for key, text in labels.items()},
    )
    return files


def figure_files(name, category, **labels):
    return outputs("figures", FIGURE_FORMATS, "png", name, category, {"kind": "figure", **labels})


def table_files(name, category, **labels):
    return outputs("tables", TABLE_FORMATS, "html", name, category, {"kind": "table", **labels})


def of_experiment(what, each_arch=False):
    """Functions of the wildcards: an output's category in the report, and the methods it shows."""
    wildcard = "arch_" * each_arch + what.rstrip("s")

    def category(wildcards):
        return kinds(what, each_arch)[wildcards[wildcard]]["category"]

    def methods(wildcards):
        names = kinds(what, each_arch)[wildcards[wildcard]]["methods"]
        return ", ".join(runs.METHODS[name] for name in names)

    return {"category": category, "methods": methods}


def scale_outputs(scale, without=()):
    """All figures and tables of a scale, but for some tables."""
    names = {"figures": list(SCALE_FIGURES), "tables": list(SCALE_TABLES)}
    if tunings(scale):
        names["tables"].append("learning_rates")
    for dataset in SCALES[scale]["datasets"]:
        names["figures"].append(f"samples_{dataset}")
        for experiment in EXPERIMENTS.values():
            cells = archs(scale, experiment, dataset)
            ends = (
                [f"{dataset}_{arch}" for arch in cells]
                if experiment.get("each_arch")
                else [dataset]
            )
            for what in ("figures", "tables") if cells else ():
                names[what] += [f"{kind}_{end}" for kind in experiment[what] for end in ends]
    return [
        f"{what}/{scale}/{name}.{form}"
        for what, formats in (("figures", FIGURE_FORMATS), ("tables", TABLE_FORMATS))
        for name in names[what]
        if name not in without
        for form in formats
    ]
