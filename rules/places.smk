# Where the workflow lies, which it reads, and where it works, which it writes to.
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

# The workflow runs its own copy of the package, also where it is not installed (conda, cluster).
PACKAGES = str(Path(workflow.basedir) / "src")
sys.path.insert(0, PACKAGES)
# Logs are UTF-8, whatever the locale.
os.environ.update(PYTHONPATH=PACKAGES, PYTHONIOENCODING="utf-8:backslashreplace")

from associated_learning import places, terminal

terminal.use_utf8()

# There are no such settings where it is only linted.
deployed_by = getattr(workflow.deployment_settings, "deployment_method", ())
if refusal := places.refusal(
    workflow.basedir, os.getcwd(), conda=DeploymentMethod.CONDA in deployed_by
):
    raise WorkflowError(refusal)


configfile: places.seen(["config/config.yaml"])[0]


def from_workflow(files):
    """Input function of another one: the workflow's own files where they lie, others as they are."""
    return lambda wildcards: places.seen(files(wildcards))


def refuse(message):
    """End with one line: Snakemake would show an exception with its traceback."""
    sys.exit(f"error: {message.removeprefix('error: ')}")
