"""A job fails or is killed: the figure, table or archive that was there is left as it was."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project

FIGURE = "figures/smoke/curves_digits"
TABLE = "tables/smoke/accuracy_digits"
ARCHIVE = "archives/smoke"
MADE = {
    f"{FIGURE}.png": "src/associated_learning/figures/curves.py",
    f"{TABLE}.md": "src/associated_learning/tables/accuracy.py",
    f"{ARCHIVE}.zip": "src/associated_learning/commands/archive.py",
}
FAILS = "\nraise SystemExit('this cannot be made')\n"
WAITS = "\nimport time\n\nprint('it waits', flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    return finished.copy(tmp_path / "project")


def contents(project: Project, target: str) -> dict[str, bytes]:
    """All that is made with a target."""
    prefix = project.folder / Path(target).with_suffix("")
    return {path.name: path.read_bytes() for path in prefix.parent.glob(f"{prefix.name}.*")}


def made_anew(project: Project, target: str) -> bool:
    """Whether another run would make it, and makes it; after that none would."""
    wanted = project.plan(target) != []
    run = project.run("--cores", "1", target)
    assert run.returncode == 0, run.stdout
    assert project.plan(target) == []
    return wanted


@pytest.mark.parametrize(("target", "code"), MADE.items())
def test_a_job_fails_and_fails_again_what_was_there_stays_and_is_made_when_it_can_be(
    project: Project, target: str, code: str
) -> None:
    old = contents(project, target)
    assert old
    file = project.folder / code
    good = file.read_text(encoding="utf-8")
    file.write_text(good + FAILS, encoding="utf-8")
    for _ in range(2):
        run = project.run("--cores", "1", target)
        assert run.returncode != 0 and "this cannot be made" in run.stdout
        assert contents(project, target) == old
    file.write_text(good, encoding="utf-8")  # as if nothing had been
    assert made_anew(project, target)


def test_a_job_that_fails_when_it_is_forced_is_run_again(project: Project) -> None:
    target = f"{FIGURE}.png"
    old = contents(project, target)
    nothing = project.folder / "src/matplotlib.py"
    nothing.write_text("raise SystemExit('no figure today')\n", encoding="utf-8")
    run = project.run("--cores", "1", "--force", target)
    assert run.returncode != 0 and "no figure today" in run.stdout
    nothing.unlink()
    assert contents(project, target) == old
    assert made_anew(project, target)
    assert contents(project, target) == old  # to the byte, by the same code


def begin(project: Project, target: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "1", target],
        cwd=project.folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(project.folder / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        # A test run in the background may ignore it, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_workflow_leaves_what_was_there_and_makes_it_in_the_next_run(
    project: Project, how: signal.Signals
) -> None:
    target = f"{FIGURE}.png"
    code = MADE[target]
    old = contents(project, target)
    file = project.folder / code
    good = file.read_text(encoding="utf-8")
    file.write_text(good + WAITS, encoding="utf-8")
    run = begin(project, target)
    try:
        wait_for(
            lambda: any("it waits" in log.read_text(encoding="utf-8") for log in logs(project)), run
        )
        assert contents(project, target) == old
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, how)
        said = run.communicate(timeout=60)[0]
    assert run.returncode != 0, said
    assert contents(project, target) == old
    file.write_text(good, encoding="utf-8")  # as if nothing had been
    project.run("--unlock")
    assert made_anew(project, target)


def logs(project: Project) -> list[Path]:
    return list((project.folder / "logs/smoke").glob("*/*.log"))


def wait_for(condition: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 200
    while not condition():
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)
