"""The wheel, away from this repository, trains and predicts as the repository does."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from helpers import command

from associated_learning import closure, registry

ROOT = Path(__file__).parents[2]
BUILT_FROM = ["LICENSE", "MANIFEST.in", "README.md", "config", "envs/installed.py"]
BUILT_FROM += ["pyproject.toml", "setup.py", "src"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if "__pycache__" not in name}


def build(kind: str, sources: Path, out: Path) -> Path:
    """Build a `wheel` or an `sdist`, as installers do."""
    code = f"from setuptools import build_meta; build_meta.build_{kind}({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=sources, check=True, capture_output=True)
    (built,) = out.iterdir()
    return built


def install(wheel: Path, *options: str | Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    python = options[:1] == ("--python",)
    before, after = (options, ()) if python else ((), options)
    offline = ["install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, *before, *offline, *after, wheel], check=True)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what the package is built from."""
    folder = tmp_path_factory.mktemp("sources")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in BUILT_FROM:
        (folder / name).parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(sources, tmp_path_factory):
    return build("wheel", sources, tmp_path_factory.mktemp("wheel"))


def environment(folder: Path) -> Path:
    """Python of an environment with the packages of this one, but without this project."""
    venv.create(folder, symlinks=True)
    (purelib,) = folder.glob("lib/*/site-packages")
    # A .pth file there, such as the one that leads to this project, is not followed.
    (purelib / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "bin/python"


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return environment(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    python = environment(tmp_path_factory.mktemp("installed"))
    install(wheel, "--python", python)
    return python


def run(python: Path, *arguments: str | Path, folder: Path, **variables: str) -> str:
    """What Python says in another folder, without the surrounding PYTHONPATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, *arguments], cwd=folder, env=kept | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_before_the_wheel_is_installed_there_is_no_such_package(empty, tmp_path):
    code = "import importlib.util as u; print(*map(u.find_spec, ['associated_learning', 'torch']))"
    package, torch = run(empty, "-c", code, folder=tmp_path).split(maxsplit=1)
    assert package == "None" and torch.startswith("ModuleSpec")


def test_the_wheel_trains_and_predicts_away_from_the_repository(installed, prepared, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    script = shutil.copy(ROOT / "tests/outside.py", tmp_path)
    _, *arguments = command(prepared, tmp_path / "run", "--epochs", "1", "--device", "cpu")
    run(installed, *arguments, folder=tmp_path / "elsewhere")
    said = run(installed, script, tmp_path / "run", folder=tmp_path / "elsewhere")
    found = json.loads(said)
    assert Path(found["file"]).is_relative_to(installed.parents[1])
    assert len(found["sums"]) == 10 and found["sums"][-1] < found["sums"][0]
    assert found["names"] == [str(label) for label in found["labels"]] and len(found["names"]) == 5
    # The run is the one that this repository would have trained.
    metrics = json.loads((tmp_path / "run/metrics.json").read_text("utf-8"))
    wanted = closure.hashes(closure.run_files("cnn", "al"))
    assert metrics["fingerprints"]["code"] == wanted


def test_the_wheel_knows_what_config_lists_also_in_a_folder_that_is_no_environment(
    wheel, empty, tmp_path
):
    install(wheel, "--target", tmp_path / "target")
    code = "from associated_learning import registry as r; print(r.CONFIG); print(*r.methods())"
    code += "; print(*r.networks()); print(*r.datasets())"
    found = run(empty, "-c", code, folder=tmp_path, PYTHONPATH=str(tmp_path / "target"))
    folder, *listed = found.splitlines()
    assert Path(folder).is_relative_to(tmp_path / "target")
    wanted = registry.methods(), registry.networks(), registry.datasets()
    assert [line.split() for line in listed] == [list(of) for of in wanted]


def test_the_wheel_s_commands_are_those_of_the_repository(installed, tmp_path):
    from associated_learning.__main__ import listed

    found = run(installed, "-m", "associated_learning", folder=tmp_path)
    assert [line.split()[0] for line in found.splitlines()[2:]] == list(listed())


def test_the_wheel_holds_source_and_config_as_they_are_here(wheel, sources):
    with zipfile.ZipFile(wheel) as held:
        for part in ("src", "config"):
            inside = f"associated_learning/{part}/"
            names = {n.removeprefix(inside) for n in held.namelist() if n.startswith(inside)}
            assert names == files(sources / part)
            for name in names:
                assert held.read(inside + name) == (sources / part / name).read_bytes()
        others = {
            name for name in held.namelist() if "/src/" not in name and "/config/" not in name
        }
    info = f"associated_learning-{PROJECT['version']}.dist-info"
    assert others == {
        "associated_learning.pth",
        "associated_learning/__init__.py",
        f"{info}/licenses/LICENSE",
        *(f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "top_level.txt")),
    }
    assert "src/associated_learning/py.typed" in {f"src/{name}" for name in files(sources / "src")}


def test_building_leaves_nothing_behind(sources, wheel, tmp_path):
    there = files(sources)
    build("wheel", sources, tmp_path)
    assert files(sources) == there
    assert not {"build", "dist"} & {path.name for path in sources.iterdir()}


def test_a_source_archive_is_enough_to_build_the_same_wheel(sources, wheel, tmp_path):
    archive = build("sdist", sources, tmp_path / "sdist")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = build("wheel", unpacked, tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


# ---------------------------------------------------------------------------- citation


def test_the_version_is_the_same_wherever_it_stands():
    zenodo = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    assert PROJECT["version"] == CITATION["version"] == zenodo["version"]


def test_what_zenodo_is_told_is_what_the_citation_says():
    zenodo = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    assert zenodo["title"] == CITATION["title"]
    assert zenodo["upload_type"] == CITATION["type"] == "software"
    assert zenodo["license"] == CITATION["license"] == PROJECT["license"]
    assert zenodo["creators"] == [{"name": author["name"]} for author in CITATION["authors"]]
    assert zenodo["description"] == PROJECT["description"]
    linked = [of["identifier"] for of in zenodo["related_identifiers"]]
    assert linked == [of["url"] for of in CITATION["references"] if "url" in of]
    for address in linked:
        assert address in (ROOT / "README.md").read_text("utf-8")
