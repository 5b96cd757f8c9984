"""The whole workflow is stopped in every way, and the same command completes it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from project import Project

METHODS = ("al", "bp", "al_target_first")  # one more than there are cores
WANTED = [f"results/smoke/digits/cnn/{method}/seed0/metrics.json" for method in METHODS]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2"]
PATIENCE = 400  # seconds; a machine may be busy
EPOCHS = 25


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A clone whose smoke trainings last long enough to be stopped."""
    project = Project.cloned(tmp_path / "project")
    project.edit("config/scales/smoke.yaml", "epochs: 2, schedule", f"epochs: {EPOCHS}, schedule")
    return project


@pytest.fixture
def start(project: Project) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start the workflow; what is left of it at the test's end is killed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started = []

    def begin() -> subprocess.Popen[str]:
        run = subprocess.Popen(
            [*SNAKEMAKE, *WANTED],
            cwd=project.folder,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(project.folder / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A test run in the background may ignore it, and so would what it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        started.append(run)
        return run

    yield begin
    for run in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        run.stdout.close()


def wait_for_training(project: Project, run: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while f"/{EPOCHS} | test" not in logs(project):  # the first evaluation at an epoch's end
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)


def logs(project: Project) -> str:
    return "".join(log.read_text() for log in project.folder.glob("logs/smoke/train/*.log"))


def unfinished(project: Project) -> bool:
    return not all((project.folder / path).exists() for path in WANTED)


def complete(project: Project) -> None:
    """The same command makes all that is wanted."""
    again = project.run("--cores", "2", *WANTED)
    assert again.returncode == 0, again.stdout
    for path in WANTED:
        metrics = json.loads((project.folder / path).read_text())
        assert metrics["steps"] == EPOCHS * (1497 // 32)


@pytest.mark.parametrize(
    "how", ["Ctrl-C, to all processes", "SIGTERM to Snakemake", "SIGTERM to all processes"]
)
def test_a_stopped_workflow_is_completed_by_the_same_command(project, start, survived, how):
    done = survived(f"{how} during the workflow")
    run = start()
    wait_for_training(project, run)
    if how == "Ctrl-C, to all processes":
        os.killpg(run.pid, signal.SIGINT)
    elif how == "SIGTERM to Snakemake":
        run.terminate()
    else:
        os.killpg(run.pid, signal.SIGTERM)
    said = run.communicate(timeout=PATIENCE)[0]
    assert run.returncode != 0 and unfinished(project), said
    complete(project)
    if how != "SIGTERM to Snakemake":  # which lets running jobs end and begins no other
        assert "goes on from step" in logs(project)
    done()


def test_after_a_kill_of_all_processes_one_command_unlocks(project, start, survived):
    done = survived("SIGKILL of all processes of the workflow, unlocked by the named command")
    run = start()
    wait_for_training(project, run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    locked = project.run("--cores", "2", *WANTED)
    assert locked.returncode != 0 and "--unlock" in locked.stdout
    assert project.run("--unlock").returncode == 0
    complete(project)
    done()


def test_a_second_workflow_in_one_folder_is_refused_and_the_first_completes(
    project, start, survived
):
    done = survived("a second workflow started in the folder of a running one")
    first = start()
    wait_for_training(project, first)
    second = project.run("--cores", "2", *WANTED)
    assert second.returncode != 0 and "--unlock" in second.stdout
    said = first.communicate(timeout=PATIENCE)[0]
    assert first.returncode == 0, said
    assert not unfinished(project)
    done()


def test_two_workflows_started_at_one_instant_do_no_harm(project, start, survived):
    """Snakemake's lock has a gap; behind it, one training at a time writes to a run's folder."""
    done = survived("two workflows started at one instant in one folder")
    for run in [start(), start()]:
        run.communicate(timeout=PATIENCE)  # one may be refused, or fail at what the other does
    complete(project)
    done()
