"""The Slurm profile: what it asks for, by dry run; real jobs of Slurm by `make test-slurm`."""

import csv
import json
import math
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project

PROFILE = ["--workflow-profile", "profiles/slurm"]
# The Slurm of slurm.sh has no database, so the state of jobs is asked of the queue.
TRIAL = [*PROFILE, "--slurm-status-command", "squeue", "--slurm-no-account"]
TRIAL += ["--slurm-init-seconds-before-status-checks", "5"]
ENDED_JOBS = os.environ.get("SLURM_ENDED_JOBS", "")  # a file, set by slurm.sh

with_slurm = pytest.mark.skipif(not ENDED_JOBS, reason="needs a Slurm: make test-slurm")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """As cloned. Not to be changed."""
    return Project.cloned(tmp_path_factory.mktemp("fresh") / "project")


@pytest.fixture(scope="module")
def dry_run(fresh: Project) -> str:
    """What snakemake says of the jobs of all scales."""
    scales = [path.stem for path in (fresh.folder / "config/scales").glob("*.yaml")]
    run = fresh.run("--dry-run", "--printshellcmds", *PROFILE, *scales)
    assert run.returncode == 0, run.stdout
    return run.stdout


def requests(dry_run: str) -> list[dict[str, str]]:
    """What each job asks for, with its rule and wildcards."""
    job = r"^ *rule (?P<rule>\w+):\n(?: .+\n)*?(?: *wildcards: (.+)\n)?"
    job += r"(?: *priority: .+\n)? *resources: (.+)$"
    found = []
    for rule, *named in re.findall(job, dry_run, re.MULTILINE):
        items = ", ".join(filter(None, named)).split(", ")
        found.append({"rule": rule} | dict(item.split("=") for item in items))
    return found


def test_every_job_asks_for_run_time_and_memory(dry_run: str) -> None:
    jobs = requests(dry_run)
    assert len(jobs) > 200
    assert {job["rule"] for job in jobs} > {"fetch", "train", "embed", "figure", "table", "jobs"}
    assert all(int(job["runtime"]) > 0 and int(job["mem_mb"]) > 0 for job in jobs)


def test_a_training_asks_for_what_its_scale_names(dry_run: str, fresh: Project) -> None:
    trainings = [job for job in requests(dry_run) if job["rule"] == "train"]
    for file in (fresh.folder / "config/scales").glob("*.yaml"):
        named = yaml.safe_load(file.read_text())["resources"]
        asked = [{k: int(job[k]) for k in named} for job in trainings if job["scale"] == file.stem]
        assert asked and all(resources == named for resources in asked)


def test_trainings_ask_for_a_gpu_when_told_to_use_one_and_nothing_else_does(
    dry_run: str, fresh: Project
) -> None:
    gpus = ["--config", "device=cuda", "--", "smoke", "laptop"]
    on_gpus = fresh.run("--dry-run", *PROFILE, *gpus).stdout
    for said, gpus in ((dry_run, "0"), (on_gpus, "1")):
        asked = {(job["rule"], job["gpu"]) for job in requests(said) if "gpu" in job}
        assert asked == {("train", gpus), ("tune", gpus), ("steps", gpus)}


def test_jobs_of_seconds_share_jobs_of_slurm(dry_run: str) -> None:
    jobs = requests(dry_run)
    rules = Counter(job["rule"] for job in jobs)
    scales = {path.stem for path in (ROOT / "config/scales").glob("*.yaml")}
    groups = Counter(re.findall(r"Group job (\w+) ", dry_run))
    # The tables of a scale are one group where another is made of them: claims, or costs.
    tables = Counter(job["scale"] for job in jobs if job["rule"] == "table")
    claimed = [scale for scale in scales if f"tables/{scale}/claims.csv" in dry_run]
    joined = {job["scale"] for job in jobs if job["rule"] == "jobs"} | set(claimed)
    assert groups == {
        "figures": math.ceil(rules["figure"] / 10),
        "tables": sum(1 if scale in joined else tables[scale] for scale in scales),
        "overviews": math.ceil((rules["overview"] + rules["count"]) / 10),
    }
    alone = set(re.findall(r"^rule (\w+):", dry_run, re.MULTILINE))
    assert alone - scales == {
        *("fetch", "prepare", "train", "tune", "distances", "probe", "exits"),
        *("embed", "steps", "throughput"),
    }


def test_no_shell_stands_between_a_job_and_its_training(dry_run: str) -> None:
    """It would die at once of the signal that Slurm sends at the time limit, and the job with it,
    while the training still writes its checkpoint.
    """
    commands = re.findall(r"Shell command: (.*associated_learning train .*)", dry_run)
    assert len(commands) == sum(job["rule"] == "train" for job in requests(dry_run))
    assert all(command.startswith("exec python ") for command in commands)


# For real, beside the Slurm that slurm.sh starts.


def states(said: str) -> list[str]:
    """How Slurm saw the jobs end that a run of snakemake submitted, in their order."""
    lines = Path(ENDED_JOBS).read_text(encoding="utf-8").splitlines()
    ended = dict(re.search(r"^JobId=(\d+) .* JobState=(\w+) ", line).groups() for line in lines)
    return [ended[number] for number in submitted(said)]


def submitted(said: str) -> list[str]:
    return re.findall(r"has been submitted with SLURM jobid (\d+)", said)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The smoke scale made by Slurm's jobs, and what snakemake said."""
    project = Project.cloned(tmp_path_factory.mktemp("smoke") / "project")
    run = project.run(*TRIAL, "smoke")
    assert run.returncode == 0, run.stdout
    return project, run.stdout


@with_slurm
def test_every_output_of_the_smoke_scale_is_made_by_jobs_of_slurm(
    smoke: tuple[Project, str], fresh: Project
) -> None:
    project, said = smoke
    planned = fresh.plan("smoke")
    outputs = [project.folder / output for job in planned for output in job.output]
    assert len(outputs) > 100 and all(output.stat().st_size > 0 for output in outputs)
    assert project.plan("smoke") == []
    alone = len(re.findall(r"^rule \w+:", said, re.MULTILINE))
    groups = len(re.findall(r"Group job ", said))
    assert states(said) == ["COMPLETED"] * (alone + groups)
    assert re.findall(r"localrule (\w+):", said) == ["smoke"]  # the target alone ran here


@with_slurm
def test_a_training_ended_by_its_time_limit_goes_on_from_its_checkpoint(
    smoke: tuple[Project, str],
) -> None:
    project, _ = smoke
    run = project.folder / "results/smoke/digits/cnn/al/seed0"
    with (run / "history.csv").open() as file:
        first, *_, last = csv.DictReader(file)
    seconds, done = (float(last[key]) - float(first[key]) for key in ("training_seconds", "epoch"))
    # Four minutes at the speed of then, when other jobs ran beside it: more than the one and a half
    # after which Slurm has ended every job whose limit is one.
    epochs = round(240 * done / seconds)
    scale = project.folder / "config/scales/smoke.yaml"
    settings = yaml.safe_load(scale.read_text())
    settings["runs"].append({"for": {"arch": "cnn", "method": "al"}, "set": {"epochs": epochs}})
    scale.write_text(yaml.safe_dump(settings))

    limit = ["--set-resources", "train:runtime=1 if attempt == 1 else 15"]
    again = project.run(*TRIAL, *limit, "--", "results/smoke/digits/cnn/al/seed0/metrics.json")
    assert again.returncode == 0, again.stdout
    assert states(again.stdout) == ["TIMEOUT", "COMPLETED"]
    log = (project.folder / "logs/smoke/train/digits_cnn_al_seed0.log").read_text()
    step, steps = map(int, re.search(r"goes on from step (\d+) of (\d+)", log).groups())
    assert 0 < step < steps == json.loads((run / "metrics.json").read_text())["steps"]


@with_slurm
def test_slurm_gives_a_training_the_gpu_it_asks_for(smoke: tuple[Project, str]) -> None:
    project, _ = smoke
    metrics = "results/smoke/digits/mlp/bp/seed0/metrics.json"
    # Where there is none behind the node's entry, the training itself refuses to run on the CPU.
    gpu = ["--config", "device=cuda", "--retries", "0", "--force"]
    done = project.run(*TRIAL, *gpu, "--", metrics)
    (number,) = submitted(done.stdout)
    queue = ["squeue", "--noheader", "--states=all", f"--jobs={number}", "--Format=tres-per-job"]
    asked = subprocess.run(queue, capture_output=True, text=True, check=True).stdout
    assert asked.strip() == "gres:gpu:1"
    assert done.returncode == 0 or "'cuda': there is none here" in done.stdout
