# Config, wildcards and the helpers of all rules.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The workflow runs its own copy of the package, also where it is not installed (conda, cluster).
PACKAGES = str(Path(workflow.basedir) / "src")
sys.path.insert(0, PACKAGES)
shell.prefix(f"export PYTHONPATH='{PACKAGES}'; ")

from associated_learning import configuration

try:
    CONFIG = configuration.load(config, Path(workflow.basedir) / "config")
except configuration.ConfigError as error:
    raise WorkflowError(error)


wildcard_constraints:
    scale="smoke|laptop|thesis",
    dataset="digits|mnist|cifar10|cifar100",
    arch=r"mlp|cnn|resnet20|resnet32|vgg|sigmoid\d+",
    method="bp|al|al_target_first|same_path|same_path_mse",
    seed=r"\d+",


RUN = "results/{scale}/{dataset}/{arch}/{method}/seed{seed}/"


def source(name):
    """Path of a module of the package, for the inputs of a rule: it depends on its code."""
    return f"src/associated_learning/{name}.py"


# What a training's numbers come from; training.CODE says the same.
TRAINING_CODE = [
    source(name)
    for name in ("training", "network", "images", "architectures/__init__", "architectures/layers")
]


def training_code(wildcards):
    return [*TRAINING_CODE, source(f"architectures/{wildcards.arch.rstrip('0123456789')}")]


def train_flags(wildcards):
    scale = CONFIG["scales"][wildcards.scale]
    settings = configuration.run_settings(
        scale, wildcards.dataset, wildcards.arch, wildcards.method
    )
    return configuration.flags(settings)


def train_resource(name):
    return lambda wildcards: CONFIG["scales"][wildcards.scale]["resources"][name]


def runs(scale, dataset, archs, methods):
    """metrics.json of all seeds of these cells; history.csv lies beside each."""
    return expand(
        f"{RUN}metrics.json",
        scale=scale,
        dataset=dataset,
        arch=archs,
        method=methods,
        seed=range(CONFIG["scales"][scale]["seeds"]),
    )


def accuracy_runs(wildcards):
    accuracy = CONFIG["accuracy"]
    return runs(
        wildcards.scale,
        wildcards.dataset,
        accuracy["archs"][wildcards.dataset],
        accuracy["methods"],
    )


def parameter_cells(wildcards):
    """dataset:arch:method:width:target-width of every cell; empty where the thesis' value holds."""
    cells = []
    for dataset in CONFIG["scales"][wildcards.scale]["datasets"]:
        for arch in CONFIG["accuracy"]["archs"][dataset]:
            for method in ("bp", "al"):
                scale = CONFIG["scales"][wildcards.scale]
                settings = configuration.run_settings(scale, dataset, arch, method)
                widths = [str(settings.get(key, "")) for key in ("width", "target_width")]
                cells.append(":".join([dataset, arch, method, *widths]))
    return cells


FIGURE_FORMATS = ["pdf", "png"]
TABLE_FORMATS = ["csv", "md", "tex", "html"]


def outputs(folder, formats, shown, name, category, labels):
    """Output files by format; the one that is `shown` stands in the report with its caption."""
    files = {form: f"{folder}/{{scale}}/{name}.{form}" for form in formats}
    files[shown] = report(
        files[shown],
        caption=f"../report/{name.split('_{')[0]}.rst",
        category=category,
        labels={"scale": "{scale}", **labels},
    )
    return files


def figure_files(name, category, **labels):
    labels = {"output": f"figure {name.split('_{')[0]}", **labels}
    return outputs("figures", FIGURE_FORMATS, "png", name, category, labels)


def table_files(name, category, **labels):
    labels = {"output": f"table {name.split('_{')[0]}", **labels}
    return outputs("tables", TABLE_FORMATS, "html", name, category, labels)


def scale_outputs(scale):
    """All figures and tables of a scale."""
    datasets = CONFIG["scales"][scale]["datasets"]
    by_dataset = {"figures": ["samples", "curves"], "tables": ["accuracy"]}
    whole = ["parameters", "datasets", "costs"]
    return [
        *expand(
            "figures/{scale}/{kind}_{dataset}.{format}",
            scale=scale,
            dataset=datasets,
            kind=by_dataset["figures"],
            format=FIGURE_FORMATS,
        ),
        *expand(
            "tables/{scale}/{kind}_{dataset}.{format}",
            scale=scale,
            dataset=datasets,
            kind=by_dataset["tables"],
            format=TABLE_FORMATS,
        ),
        *expand("tables/{scale}/{kind}.{format}", scale=scale, kind=whole, format=TABLE_FORMATS),
    ]
