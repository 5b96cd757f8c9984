"""The committed results are what the committed runs give."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import ROOT, Project

from associated_learning import configuration, plan
from associated_learning.results import archive, current


@pytest.mark.parametrize(
    ("scale", "least"), [("laptop", 15), ("workstation", 3), ("thesis_once", 3)]
)
def test_every_committed_table_is_made_anew_from_the_committed_archive(
    tmp_path: Path, scale: str, least: int
) -> None:
    tables = sorted(path.relative_to(ROOT) for path in ROOT.glob(f"tables/{scale}/*.csv"))
    project = Project.cloned(tmp_path / "project")
    (project.folder / "archives").mkdir()
    shutil.copy(ROOT / f"archives/{scale}.zip", project.folder / "archives")
    run = project.run("--cores", "2", *map(str, tables), "--config", "source=archive")
    assert run.returncode == 0, run.stdout
    assert len(tables) >= least
    for path in tables:
        assert (project.folder / path).read_bytes() == (ROOT / path).read_bytes(), path


def test_the_runs_of_the_workstation_scale_are_those_that_this_checkout_trains() -> None:
    """Else none would be gone on from: what decides numbers stays as it is until all have run."""
    config = configuration.shipped(ROOT / "config")
    packed = archive.read(ROOT / "archives/workstation.zip")
    runs = {
        name.removeprefix("workstation/"): content
        for name, content in packed.items()
        if name.endswith((current.RUN, current.TUNING))
    }
    assert runs
    assert current.others(config, "workstation", runs) == {}


def test_the_laptop_scale_takes_the_learning_rates_that_its_rule_chose() -> None:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config = configuration.load(config, ROOT / "config")
    table = pd.read_csv(ROOT / "tables/laptop/learning_rates.csv")
    chosen = table[table["chosen"]]
    assert len(chosen) > 10
    for row in chosen.itertuples():
        settings = plan.run_settings(config, "laptop", row.dataset, row.arch, row.method)
        assert settings["learning_rate"] == row.learning_rate, row
