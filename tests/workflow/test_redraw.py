"""Figures and tables out of an archive: a real one, of real runs of the smallest network."""

import shutil
from pathlib import Path

import pytest
from project import Project

ARCHIVE = ["--config", "source=archive"]
FIGURE = "figures/smoke/curves_digits.png"
# Whatever draws must do without these.
HEAVY = ["torch", "torchvision", "sklearn", "pooch", "rocrate"]
OF_RUNS = {"train", "tune", "distances", "probe", "exits", "embed"}


def with_archive(project: Project, folder: Path) -> Project:
    """A clone with a project's config and archive."""
    other = Project.cloned(folder)
    shutil.rmtree(other.folder / "config")
    for name in ("config", "archives"):
        shutil.copytree(project.folder / name, other.folder / name)
    return other


@pytest.fixture
def reader(finished: Project, tmp_path: Path) -> Project:
    """What a reader has: the workflow and the archive, no torch, no data."""
    project = with_archive(finished, tmp_path / "reader")
    for name in HEAVY:
        (project.folder / f"src/{name}.py").write_text(f"raise ImportError('no {name} here')\n")
    return project


def contents(project: Project, *folders: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for folder in folders
        for path in sorted((project.folder / folder).rglob("*.*"))
    }


def written(path: Path) -> tuple[int, bytes]:
    return path.stat().st_mtime_ns, path.read_bytes()


def test_every_figure_and_table_of_an_archive_is_equal_to_the_byte_to_that_of_the_runs(
    finished: Project, reader: Project
) -> None:
    run = reader.run("--cores", "2", "smoke", *ARCHIVE)
    assert run.returncode == 0, run.stdout
    redrawn = contents(reader, "figures", "tables")
    assert len(redrawn) == 46
    assert redrawn == contents(finished, "figures", "tables")


def test_a_shipped_archive_is_redrawn_in_another_folder_to_the_same_bytes(
    finished: Project, reader: Project, tmp_path: Path
) -> None:
    scratch = Project(tmp_path / "scratch")
    # Of these, the tables are also made of files of config/.
    wanted = [FIGURE, "tables/smoke/steps.md", "tables/smoke/claims.md"]
    with reader.read_only():
        run = reader.run_from(scratch.folder, "--cores", "2", *wanted, *ARCHIVE)
    assert run.returncode == 0, run.stdout
    redrawn = contents(scratch, "figures", "tables")
    assert redrawn.keys() > set(wanted)
    assert redrawn == {path: contents(finished, "figures", "tables")[path] for path in redrawn}


def test_where_a_redrawn_figure_comes_from_is_read_from_the_archive(reader: Project) -> None:
    run = reader.run("--cores", "2", FIGURE, *ARCHIVE)
    assert run.returncode == 0, run.stdout
    for path in (reader.folder / "results").rglob("metrics.json"):
        path.unlink()
    said = reader.python("-m", "associated_learning", "provenance", FIGURE).stdout
    for part in (
        "results/smoke/digits/mlp/al/seed0/metrics.json",
        "archives/smoke.zip/smoke/digits/mlp/al/seed0/metrics.json",
        "2 runs",
        "as in this checkout",
        "digits.csv.gz",
    ):
        assert part in said


def test_a_damaged_archive_is_refused_by_name_and_nothing_is_drawn(reader: Project) -> None:
    packed = reader.folder / "archives/smoke.zip"
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 1
    packed.write_bytes(content)
    run = reader.run("--cores", "1", FIGURE, *ARCHIVE)
    assert run.returncode != 0
    assert "archives/smoke.zip cannot be used" in run.stdout
    assert "git checkout archives/smoke.zip" in run.stdout
    assert "Traceback" not in run.stdout
    assert not contents(reader, "figures", "results")


def test_an_archive_that_is_damaged_or_missing_hinders_no_other_scale(reader: Project) -> None:
    (reader.folder / "archives/laptop.zip").write_bytes(b"damaged")
    assert {job.rule for job in reader.plan(FIGURE, *ARCHIVE)} == {"unpack_smoke", "figure"}
    for scale, said in {
        "laptop": "archives/laptop.zip cannot be used",
        "thesis": "there is no archives/thesis.zip: make archive SCALE=thesis",
    }.items():
        run = reader.run("--dry-run", scale, *ARCHIVE)
        assert run.returncode != 0
        assert said in run.stdout.splitlines()[-1]


def test_own_runs_are_neither_touched_nor_made_anew_when_an_archive_was_in_between(
    finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    own = {path: written(path) for path in (project.folder / "results").rglob("*.*")}
    run = project.run("--cores", "2", FIGURE, *ARCHIVE)
    assert run.returncode == 0, run.stdout
    assert {path: written(path) for path in own} == own
    assert {job.rule for job in project.plan("smoke")} == {"figure"}


def test_an_archive_that_lacks_a_run_gives_the_figures_of_the_cells_that_it_holds(
    reader: Project,
) -> None:
    more = "runs:\n  - {for: {method: bp}, seeds: 2}\n"
    reader.edit("config/scales/smoke.yaml", "runs:\n", more)
    jobs = reader.plan(FIGURE, *ARCHIVE)
    assert {job.rule for job in jobs} == {"unpack_smoke", "figure"}
    (drawn,) = (job for job in jobs if job.rule == "figure")
    assert any("/al/seed0" in path for path in drawn.input)
    assert not any("/bp/" in path for path in drawn.input)


def test_what_a_scale_asks_for_no_more_is_neither_drawn_nor_gone_on_from(
    finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    project.edit("config/scales/smoke.yaml", "set: {epochs: 2,", "set: {epochs: 3,")
    said = project.run("-n", FIGURE, "--config", "source=finished")
    assert said.returncode != 0
    assert "left out: results/smoke/digits/mlp/al/seed0: epochs 2 in place of this" in said.stdout
    resume = ["archive", "resume", "archives/smoke.zip", "--folder", "elsewhere"]
    found = project.python("-m", "associated_learning", *resume)
    assert found.returncode == 0, found.stdout
    assert "left out: digits/mlp/bp/seed0: epochs 2 in place of this scale's" in found.stdout
    assert not list((project.folder / "elsewhere").rglob("metrics.json"))


def elsewhere(project: Project, folder: Path) -> Project:
    """A clone that goes on from a project's archive."""
    other = with_archive(project, folder)
    # Data first: what is older than its data would be made again.
    run = other.run("--cores", "1", "data/prepared/digits.safetensors")
    assert run.returncode == 0, run.stdout
    resume = ["associated_learning", "archive", "resume", "archives/smoke.zip"]
    said = other.python("-m", *resume, "--folder", "results")
    assert said.returncode == 0, said.stdout
    assert "left out" not in said.stdout
    return other


def test_of_a_stopped_scale_what_is_finished_is_drawn_and_packed_and_gone_on_from(
    finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    (project.folder / "archives/smoke.zip").unlink()
    shutil.rmtree(project.folder / "results/smoke/digits/mlp/al")
    stopped = ["--config", "source=finished"]
    jobs = project.plan("smoke", *stopped)
    assert {job.rule for job in jobs} == {"figure", "table"}
    (drawn,) = (job for job in jobs if FIGURE in job.output)
    assert drawn.input and not any("/al/" in path for path in drawn.input)
    for targets in (["smoke"], ["smoke", "archives/smoke.zip"]):  # as `make finished`
        run = project.run("--cores", "2", *targets, *stopped)
        assert run.returncode == 0, run.stdout
    assert project.plan(*targets, *stopped) == []
    claims = (project.folder / "tables/smoke/claims.csv").read_text()
    assert "not run yet" in claims
    other = elsewhere(project, tmp_path / "other")
    trained = [job.output[0] for job in other.plan("smoke") if job.rule in ("train", "tune")]
    assert trained
    assert all(path.startswith("results/smoke/digits/mlp/al/") for path in trained)
    # What ran before, elsewhere, still counts as a cost.
    run = other.run("--cores", "2", "tables/smoke/costs.csv", *stopped)
    assert run.returncode == 0, run.stdout
    jobs = (other.folder / "results/smoke/jobs.csv").read_text().splitlines()
    assert any(line.startswith("train,digits_mlp_bp_seed0,") for line in jobs)
    assert not any(line.startswith("train,digits_mlp_al_seed0,") for line in jobs)


def test_one_goes_on_from_archived_runs_and_trains_none_of_them_again(
    finished: Project, tmp_path: Path
) -> None:
    project = elsewhere(finished, tmp_path / "project")
    project.edit("config/scales/smoke.yaml", "seeds: 1", "seeds: 2")
    jobs = project.plan("smoke")
    for rule in ("train", "embed"):
        made = [job.output[0] for job in jobs if job.rule == rule]
        assert len(made) == 2
        assert all("seed1" in path for path in made)


def test_no_run_is_trained_again_for_early_exits_that_an_archive_does_not_hold(
    finished: Project, tmp_path: Path
) -> None:
    project = elsewhere(finished, tmp_path / "project")
    (exits,) = (project.folder / "results").rglob("exits.csv")
    exits.unlink()  # as in an archive that is older than they are
    jobs = project.plan("smoke", "archives/smoke.zip")
    assert not OF_RUNS & {job.rule for job in jobs}
    (drawn,) = (job for job in jobs if "figures/smoke/anytime_digits.png" in job.output)
    assert len([path for path in drawn.input if path.startswith("results")]) == 2
    wanted = ["figures/smoke/anytime_digits.png", "tables/smoke/anytime_digits.csv"]
    run = project.run("--cores", "2", *wanted)
    assert run.returncode == 0, run.stdout
    assert "threshold" not in (project.folder / wanted[1]).read_text()
    assert "threshold" in (finished.folder / wanted[1]).read_text()
    # A run that is trained in any case has weights: of it they are measured.
    (project.folder / "results/smoke/digits/mlp/al/seed0/metrics.json").unlink()
    again = [job.output[0] for job in project.plan(*wanted) if job.rule in OF_RUNS]
    run = "results/smoke/digits/mlp/al/seed0"
    assert sorted(again) == [f"{run}/exits.csv", f"{run}/metrics.json"]


def test_a_scale_goes_on_from_an_archive_and_trains_nothing_finished(
    finished: Project, tmp_path: Path
) -> None:
    project = with_archive(finished, tmp_path / "other")
    assert project.run("--cores", "2", "data/prepared/digits.safetensors").returncode == 0
    resume = ["archive", "resume", "archives/smoke.zip", "--folder", "results"]
    resumed = project.python("-m", "associated_learning", *resume)
    assert resumed.returncode == 0, resumed.stdout
    # What a scale has one of is measured here.
    assert not OF_RUNS & {job.rule for job in project.plan("smoke")}

    # No weights are in an archive: to measure something new of a run, it is trained anew.
    runs = project.folder / "results/smoke/digits/mlp"
    (runs / "bp/seed0/tsne.safetensors").unlink()
    again = [job for job in project.plan("smoke") if job.rule in OF_RUNS]
    assert sorted(job.output[0].removeprefix("results/smoke/digits/mlp/") for job in again) == [
        "bp/seed0/metrics.json",
        "bp/seed0/tsne.safetensors",
    ]
    said = project.run("--dry-run", "smoke").stdout
    assert said.count("is trained again: it was finished, but its weights are not there") == 1
    assert "results/smoke/digits/mlp/bp/seed0 is trained again" in said
