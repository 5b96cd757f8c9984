"""Where people put things: folders with odd names, a checkout that is only read."""

from pathlib import Path

import pytest
from project import Project

# All that a shell, make, a URL or a pattern could take for something else.
ODD = "O'Brien & Söhne; 100% #1 (~a!b=c,d) [x]*?|<e> "
FIGURE = "figures/smoke/samples_digits.png"
TRAINED = "results/smoke/digits/mlp/bp/seed0/metrics.json"


def files_in(folder: Path) -> list[Path]:
    parts = ("archives", "data", "figures", "results", "tables")
    return [path for part in parts for path in (folder / part).rglob("*.*") if path.is_file()]


def test_a_clone_in_a_folder_with_an_odd_name_makes_a_figure(tmp_path: Path) -> None:
    project = Project.cloned(tmp_path / ODD / "-project")
    run = project.run("--cores", "1", FIGURE)
    assert run.returncode == 0, run.stdout
    assert (project.folder / FIGURE).is_file()


@pytest.mark.parametrize("name", ["a{b}c", "10:00", "$HOME"])
def test_a_folder_in_which_it_cannot_work_is_refused_at_once_in_one_line(
    tmp_path: Path, name: str
) -> None:
    project = Project.cloned(tmp_path / name)
    run = project.run("--cores", "1", FIGURE)
    assert run.returncode != 0
    (line,) = (line for line in run.stdout.splitlines() if "cannot work in a path" in line)
    assert f"the workflow's folder is {str(project.folder)!r}" in line
    assert line.endswith("move or rename the folder")
    assert not (project.folder / "logs").exists()


def test_with_conda_an_apostrophe_is_refused(tmp_path: Path) -> None:
    project = Project.cloned(tmp_path / "O'Brien")
    run = project.run("--cores", "1", FIGURE, "--sdm", "conda")
    assert run.returncode != 0
    assert 'cannot work in a path with "\'"' in run.stdout
    assert "Traceback" not in run.stdout


def test_a_checkout_that_is_only_read_trains_and_draws_in_another_folder(tmp_path: Path) -> None:
    project = Project.cloned(tmp_path / "it's shared")
    scratch = tmp_path / "scratch of 10:00"
    before = sorted(project.folder.rglob("*"))
    with project.read_only():
        planned = project.run_from(scratch, "--dry-run", "smoke")
        assert planned.returncode == 0, planned.stdout
        run = project.run_from(scratch, "--cores", "1", TRAINED, FIGURE)
        assert run.returncode == 0, run.stdout
        again = project.run_from(scratch, "--cores", "1", TRAINED, FIGURE)
    assert "Nothing to be done" in again.stdout
    assert sorted(project.folder.rglob("*")) == before
    made = files_in(scratch)
    assert {scratch / TRAINED, scratch / FIGURE} < set(made)
    # Where the two folders lie is nobody's business but this machine's.
    assert not [path for path in made if str(tmp_path).encode() in path.read_bytes()]
