"""Projects that tests of the workflow share. None is to be changed: `copy` it."""

import pytest
import yaml
from project import Project

# Three experiments, of two runs; and all that a scale has one of.
KEPT = {"accuracy": {"tables": ["accuracy"], "figures": ["curves"]}, "tsne": {}, "anytime": {}}


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A few experiments at the smoke scale: trained, drawn, packed."""
    project = Project.cloned(tmp_path_factory.mktemp("finished") / "project")
    file = project.folder / "config/experiments.yaml"
    experiments = yaml.safe_load(file.read_text(encoding="utf-8"))["experiments"]
    runs = {"methods": ["al", "bp"], "archs": {"digits": ["mlp"]}}
    kept = {name: experiments[name] | runs | less for name, less in KEPT.items()}
    kept |= {
        name: experiment
        for name, experiment in experiments.items()
        if experiment["per"] == "scale" or name == "samples"
    }
    kept["parameters"] |= runs
    text = yaml.safe_dump({"experiments": kept}, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    for scale in ("thesis_width", "thesis_once"):  # they name what is not kept
        (project.folder / f"config/scales/{scale}.yaml").unlink()
    run = project.run("--cores", "2", "smoke", "archives/smoke.zip")
    assert run.returncode == 0, run.stdout
    return project
