"""The whole workflow is stopped in every way, and the same command completes it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from project import Project

METHODS = ("al", "bp", "al_target_first")  # one more than there are cores
WANTED = [f"results/smoke/digits/cnn/{method}/seed0/metrics.json" for method in METHODS]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A clone whose smoke trainings last long enough to be stopped."""
    project = Project.cloned(tmp_path / "project")
    project.edit("config/scales/smoke.yaml", "epochs: 2, learning", "epochs: 40, learning")
    return project


def begin(project: Project) -> subprocess.Popen[str]:
    """Start the workflow and wait until a training is under way."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.Popen(
        [*SNAKEMAKE, *WANTED],
        cwd=project.folder,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    for _ in range(600):
        logs = [log.read_text() for log in project.folder.glob("logs/smoke/train/*.log")]
        if any("epoch 2/40" in log for log in logs):
            return run
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.1)
    raise AssertionError(run.communicate()[0])


def logs(project: Project) -> str:
    return "".join(log.read_text() for log in project.folder.glob("logs/smoke/train/*.log"))


def unfinished(project: Project) -> bool:
    return not all((project.folder / path).exists() for path in WANTED)


@pytest.mark.parametrize(
    "how", ["Ctrl-C, to all processes", "SIGTERM to Snakemake", "SIGTERM to all processes"]
)
def test_a_stopped_workflow_is_completed_by_the_same_command(project, survived, how):
    done = survived(f"{how} during the workflow")
    run = begin(project)
    if how == "Ctrl-C, to all processes":
        os.killpg(run.pid, signal.SIGINT)
    elif how == "SIGTERM to Snakemake":
        run.terminate()
    else:
        os.killpg(run.pid, signal.SIGTERM)
    said = run.communicate(timeout=120)[0]
    assert run.returncode != 0 and unfinished(project), said
    again = project.run("--cores", "2", *WANTED)
    assert again.returncode == 0, again.stdout
    assert not unfinished(project)
    if how != "SIGTERM to Snakemake":  # which lets running jobs end and begins no other
        assert "goes on from step" in logs(project)
    done()


def test_after_a_kill_of_all_processes_one_command_unlocks(project, survived):
    done = survived("SIGKILL of all processes of the workflow, unlocked by the named command")
    run = begin(project)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    locked = project.run("--cores", "2", *WANTED)
    assert locked.returncode != 0 and "--unlock" in locked.stdout
    assert project.run("--unlock").returncode == 0
    again = project.run("--cores", "2", *WANTED)
    assert again.returncode == 0, again.stdout
    assert not unfinished(project)
    done()


def test_a_second_workflow_in_one_folder_is_refused_and_the_first_completes(project, survived):
    done = survived("two workflows at once in one folder")
    first = begin(project)
    second = project.run("--cores", "2", *WANTED)
    assert second.returncode != 0 and "--unlock" in second.stdout
    said = first.communicate(timeout=300)[0]
    assert first.returncode == 0, said
    assert not unfinished(project)
    done()
