"""The committed results are what the committed runs give."""

import shutil
from pathlib import Path

import pytest
import safetensors.numpy
from project import ROOT, Project

from associated_learning import configuration
from associated_learning.results import archive, current

SCALES = sorted(path.stem for path in ROOT.glob("archives/*.zip"))


def test_there_are_results() -> None:
    assert {"laptop", "thesis_once"} <= set(SCALES)


@pytest.mark.parametrize("scale", SCALES)
def test_every_committed_table_is_made_anew_from_the_committed_archive(
    tmp_path: Path, scale: str
) -> None:
    tables = sorted(path.relative_to(ROOT) for path in ROOT.glob(f"tables/{scale}/*.csv"))
    project = Project.cloned(tmp_path / "project")
    (project.folder / "archives").mkdir()
    shutil.copy(ROOT / f"archives/{scale}.zip", project.folder / "archives")
    run = project.run("--cores", "2", *map(str, tables), "--config", "source=archive")
    assert run.returncode == 0, run.stdout
    assert len(tables) >= 3
    for path in tables:
        assert (project.folder / path).read_bytes() == (ROOT / path).read_bytes(), path
        shown = path.with_suffix(".md")  # its caption, too, but not the code in its record
        drawn, committed = (
            (folder / shown).read_text(encoding="utf-8").split("<!-- Made of:")[0]
            for folder in (project.folder, ROOT)
        )
        assert drawn == committed, shown


# One is finished, and was made under earlier code.
@pytest.mark.parametrize("scale", [scale for scale in SCALES if scale != "thesis_once"])
def test_the_committed_runs_are_those_that_this_checkout_trains(scale: str) -> None:
    """Else none would be gone on from: what decides numbers stays as it is until all have run."""
    config = configuration.shipped(ROOT / "config")
    packed = archive.read(ROOT / f"archives/{scale}.zip")
    runs = {
        name.removeprefix(f"{scale}/"): content
        for name, content in packed.items()
        if name.endswith((current.RUN, current.TUNING))
    }
    assert runs
    assert current.others(config, scale, runs) == {}


@pytest.mark.parametrize("scale", ["laptop", "workstation"])
def test_archives_hold_the_maps_that_are_drawn_and_no_others(scale: str) -> None:
    packed = archive.read(ROOT / f"archives/{scale}.zip")
    maps = [name for name in packed if name.endswith("/tsne.safetensors")]
    drawn = [name for name in maps if safetensors.numpy.load(packed[name])]
    assert drawn == [name for name in maps if "/seed0/" in name]
    assert len(drawn) == 2 * len(list(ROOT.glob(f"figures/{scale}/tsne_*.png")))  # AL and BP
