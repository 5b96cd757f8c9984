"""The committed results are what the committed runs give, and the README shows them as they are."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import ROOT, Project

from associated_learning import archive, configuration
from associated_learning.commands import table

TABLES = sorted(path.relative_to(ROOT) for path in ROOT.glob("tables/laptop/*.csv"))
README = (ROOT / "README.md").read_text()
# Shown in the README as in their files.
SHOWN = [
    "claims",
    *("accuracy_mnist", "accuracy_cifar10", "accuracy_cifar100"),
    *("sigmoid_mnist", "equal_time_cifar10", "costs"),
]


def test_every_committed_table_is_made_anew_from_the_committed_archive(tmp_path: Path) -> None:
    project = Project.cloned(tmp_path / "project")
    (project.folder / "archives").mkdir()
    shutil.copy(ROOT / "archives/laptop.zip", project.folder / "archives")
    run = project.run("--cores", "2", *map(str, TABLES), "--config", "source=archive")
    assert run.returncode == 0, run.stdout
    assert len(TABLES) > 15
    for path in TABLES:
        assert (project.folder / path).read_bytes() == (ROOT / path).read_bytes(), path


def test_the_truncated_cell_of_the_thesis_scale_is_made_anew_from_its_archive(
    tmp_path: Path,
) -> None:
    archive.unpack(ROOT / "archives/thesis_truncated.zip", tmp_path)
    runs = sorted(map(str, tmp_path.rglob("metrics.json")))
    table.main(["accuracy", "--out", str(tmp_path / "anew"), *runs])
    committed = ROOT / "tables/thesis/truncated_accuracy_mnist.csv"
    assert (tmp_path / "anew.csv").read_bytes() == committed.read_bytes()
    assert "truncated" in README


@pytest.mark.parametrize("name", SHOWN)
def test_the_readme_shows_a_table_as_it_was_made(name: str) -> None:
    text = (ROOT / f"tables/laptop/{name}.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) > 3
    assert "\n".join(lines) in README


def test_every_figure_of_the_readme_is_committed() -> None:
    shown = [part.split(")")[0] for part in README.split("](figures/")[1:]]
    assert shown
    for name in shown:
        assert (ROOT / "figures" / name).is_file()


def test_the_laptop_scale_takes_the_learning_rates_that_its_rule_chose() -> None:
    scale = yaml.safe_load((ROOT / "config/scales/laptop.yaml").read_text())
    table = pd.read_csv(ROOT / "tables/laptop/learning_rates.csv")
    chosen = table[table["chosen"]]
    assert len(chosen) > 10
    for row in chosen.itertuples():
        settings = configuration.run_settings(scale, row.dataset, row.arch, row.method)
        assert settings["learning_rate"] == row.learning_rate, row
