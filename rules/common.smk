# Config, wildcards and the helpers of all rules. What there is to make says plan.py, what code it
# depends on closure.py.
import functools
from pathlib import Path

from snakemake.exceptions import WorkflowError

from associated_learning import answers, cells, closure, configuration, failures, plan, registry

try:
    config |= configuration.load(config, Path(workflow.basedir) / "config")
except configuration.ConfigError as error:
    raise WorkflowError(error)

SCALES = config["scales"]
RESULTS = plan.folder(config)
if config["source"] == "runs":
    config["gone"] = places.gone(plan.besides(config))
else:
    from associated_learning.results import archive

    config["held"], REFUSED = archive.held(config)
RUN = f"{RESULTS}/{{scale}}/{{dataset}}/{{arch}}/{{method}}/{{variant}}seed{{seed}}/"
VARIANTS = {of["variant"] for of in config["experiments"].values() if "variant" in of}


@functools.cache
def outputs_of(scale):
    """Figures and tables of a scale by kind of output and name."""
    return {(output.what, output.name): output for output in plan.outputs(config, scale)}


wildcard_constraints:
    dataset="|".join(config["datasets"]),
    arch="|".join(config["networks"]),
    method="|".join(config["methods"]),
    scale="|".join(SCALES),
    variant=f"(?:{'|'.join(['', *(f'{name}_' for name in VARIANTS)])})",
    seed=r"\d+",
    figure="[^/]+",
    table="[^/]+",


def of_output(what, attribute):
    """Function of the wildcards: an attribute of the figure or table that they name."""

    def found(wildcards):
        name = wildcards[what.rstrip("s")]
        of = outputs_of(wildcards.scale) if wildcards.scale in SCALES else {}
        if (what, name) not in of:
            known = [f"{what}/{s}/{n}" for s in SCALES for w, n in outputs_of(s) if w == what]
            refuse(failures.no_such(f"{what}/{wildcards.scale}/{name}", known))
        return getattr(of[what, name], attribute)

    return found


def command_code(command, *, of_run=False):
    """Input function: the files that a command's results depend on."""

    def files(wildcards):
        modules = ()
        if of_run:
            modules = (
                registry.method_module(wildcards.method),
                registry.network_module(wildcards.arch),
            )
        return closure.command_files(command, *modules)

    return from_workflow(files)


def scale_resource(name):
    return lambda wildcards: SCALES[wildcards.scale]["resources"][name]


def priority(within):
    """Function of the wildcards: by the scale's order, and within what stands there together."""
    return lambda w: cells.priority(config, w.scale, w.dataset, w.arch) + within
