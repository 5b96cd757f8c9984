"""The recipes of docs/extending.md, followed to the letter in a copy of a finished project."""

import re
import subprocess
from pathlib import Path

import pytest
from project import ROOT, Job, Project

PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"<!-- recipe: ([\w ]+) -->\n```sh\n(.*?)```", PAGE, re.DOTALL))
# What a recipe makes, at the least, and the only runs that it may start.
MADE = {
    "method": ("figures/smoke/curves_my_method_digits.png", {"smoke/digits/mlp/mine"}),
    "network": (
        "figures/smoke/curves_my_network_digits.png",
        {"smoke/digits/mine/bp", "smoke/digits/mine/al"},
    ),
    "data set": (
        "figures/smoke/curves_my_data_mine.png",
        {"smoke/mine/mlp/bp", "smoke/mine/mlp/al"},
    ),
    "figure and table": ("figures/smoke/my_points_digits.png", set()),
    "scale": ("tables/mine/costs.md", set()),
}


def runs(jobs: list[Job]) -> set[str]:
    """Scale, data set, network and method of all that is trained or measured anew."""
    return {
        "/".join(job.output[0].split("/")[1:5])
        for job in jobs
        if job.rule in ("train", "tune", "distances", "embed", "throughput")
    }


@pytest.fixture(scope="module")
def project(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished project that the recipes are followed in, one after the other."""
    return finished.copy(tmp_path_factory.mktemp("extended") / "project")


def test_every_kind_of_extension_has_a_recipe() -> None:
    assert set(RECIPES) == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_recipe_works_as_it_stands_and_makes_no_other_run_stale(
    name: str, project: Project
) -> None:
    made, own = MADE[name]
    *change, build = RECIPES[name].strip().rsplit("\n", 1)
    assert build.startswith("snakemake --cores 2 ")
    tracked = {path: path.read_bytes() for path in project.folder.rglob("*.yaml")}
    done = project.shell("\n".join(change))
    assert done.returncode == 0, done.stdout
    if name == "scale":
        assert {path: path.read_bytes() for path in tracked} == tracked
    planned = project.plan("smoke")
    assert runs(planned) == own
    built = project.shell(build)
    assert built.returncode == 0, built.stdout
    assert (project.folder / made).stat().st_size > 0
    assert "Traceback" not in built.stdout


def test_afterwards_the_whole_scale_can_be_made_with_all_of_them(project: Project) -> None:
    if not (project.folder / "config/scales/mine.yaml").exists():
        pytest.skip("the recipes have not been followed here")
    run = project.run("--cores", "2", "smoke")
    assert run.returncode == 0, run.stdout
    assert project.plan("smoke", "mine") == []


def test_the_templates_are_in_the_project_s_own_style() -> None:
    for path in sorted((ROOT / "docs/templates").iterdir()):
        assert max(map(len, Path(path).read_text(encoding="utf-8").splitlines())) <= 120
        assert str(path.relative_to(ROOT)) in PAGE


def test_the_page_names_no_path_that_is_not_there() -> None:
    named = re.findall(r"`((?:src|config|tests|docs)/[\w./-]+)`", PAGE)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert subprocess.run(["sh", "-n", "-c", "\n".join(RECIPES.values())]).returncode == 0
