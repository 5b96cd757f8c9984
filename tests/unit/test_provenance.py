import dataclasses
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from finished import write_run

from associated_learning import places
from associated_learning.commands import figure, table
from associated_learning.commands import provenance as command
from associated_learning.results import provenance
from associated_learning.training import config, record

PROJECT = Path(__file__).parents[2]
PACKAGE = Path("src/associated_learning")
OUTPUTS = [f"accuracy.{suffix}" for suffix in ("csv", "md", "tex", "html")]
OUTPUTS += ["curves.pdf", "curves.png"]


def fingerprints() -> dict[str, Any]:
    """Those of a run that this checkout would train now."""
    options = dict.fromkeys(field.name for field in dataclasses.fields(config.Config))
    options |= {"dataset": "mnist", "arch": "mlp", "method": "al", "seed": 0, "device": "cpu"}
    data = SimpleNamespace(fingerprint="da7a" * 16)
    return record.fingerprints(config.resolve(options), data)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with two runs, its working directory."""
    shutil.copytree(PROJECT / PACKAGE, tmp_path / PACKAGE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "ROOT", tmp_path)
    provenance._git.cache_clear()
    metrics = {"fingerprints": fingerprints(), "versions": {"python": "3.11.7"}}
    metrics["hardware"] = {"processor": "a machine", "cores": 2}
    for method, accuracy in (("al", 0.75), ("bp", 0.5)):
        root, of = Path("results/smoke/digits"), {"dataset": "digits", "batch_size": 32}
        write_run(root, method, 0, [[accuracy]], metrics=metrics, **of)
    return tmp_path


def draw(results: str = "results") -> Path:
    """Make a table and a figure of the two runs; returns their folder."""
    inputs = sorted(map(str, Path(results).rglob("metrics.json")))
    for main, kind in ((table.main, "accuracy"), (figure.main, "curves")):
        main([kind, "--out", f"out/{kind}", *inputs])
    return Path("out")


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "safe.directory=*"]
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_of_any_format_tells_its_runs_their_config_code_and_machine(
    project, capsys, name
):
    command.main([str(draw() / name)])
    said = " ".join(capsys.readouterr().out.split())
    for part in (
        "results/smoke/digits/mlp/al/seed0/metrics.json",
        "2 runs",
        "results/smoke/digits/mlp/bp/seed0 0.5000",
        "batch_size 32",
        "hardware.processor a machine",
        "versions.python 3.11.7",
        "as in this checkout",
    ):
        assert part in said


def test_outputs_are_the_same_whether_runs_are_one_s_own_or_unpacked(project):
    own = {path.name: path.read_bytes() for path in draw().iterdir()}
    shutil.copytree("results", "unpacked")
    shutil.rmtree("results")
    shutil.copytree("unpacked", "results/archive")
    assert {path.name: path.read_bytes() for path in draw().iterdir()} == own
    (place,) = (
        provenance.find(name, sha256)
        for name, sha256 in provenance.read_record(Path("out/curves.png")).items()
        if "/al/seed0/metrics" in name
    )
    assert str(place) == "results/archive/smoke/digits/mlp/al/seed0/metrics.json"


def test_runs_are_found_in_an_archive_that_nobody_unpacked(project, capsys):
    output = draw() / "curves.pdf"
    Path("archives").mkdir()
    with zipfile.ZipFile("archives/smoke.zip", "w") as archive:
        for path in Path("results").rglob("*.json"):
            archive.write(path, path.relative_to("results"))
    shutil.rmtree("results")
    command.main([str(output)])
    said = capsys.readouterr().out
    assert "archives/smoke.zip/smoke/digits/mlp/al/seed0/metrics.json" in said
    assert "2 runs" in said


def test_a_run_that_was_made_anew_since_is_not_taken_for_the_old_one(project, capsys):
    output = draw() / "curves.png"
    path = Path("results/smoke/digits/mlp/al/seed0/metrics.json")
    path.write_text(path.read_text(encoding="utf-8").replace("0.75", "0.76"), encoding="utf-8")
    command.main([str(output)])
    said = capsys.readouterr().out
    (line,) = (line for line in said.splitlines() if str(path) in line)
    assert line.endswith("not here with this content")
    assert "1 run\n" in said


def test_what_a_table_of_tables_was_made_of_is_followed(project):
    Path("tables/smoke").mkdir(parents=True)
    inputs = sorted(map(str, Path("results").rglob("metrics.json")))
    table.main(["accuracy", "--out", "tables/smoke/accuracy_digits", *inputs])
    claims = Path("claims.yaml")
    claims.write_text(
        "claims:\n- {thesis: '3.2', claim: c, rule: simultaneous}\n", encoding="utf-8"
    )
    table.main(["claims", "--out", "claims", str(claims), "tables/smoke/accuracy_digits.csv"])
    assert {"tables/smoke/accuracy_digits.csv", *inputs} < provenance.origins(
        Path("claims.md")
    ).keys()


def test_the_commit_that_brought_the_code_of_a_run_is_named(project):
    fingerprint = fingerprints()["code"]
    other, network = PACKAGE / "networks/vgg.py", PACKAGE / "networks/layers.py"
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    first = git("rev-parse", "--short", "HEAD")
    other.write_text(other.read_text() + "\n")
    git("commit", "-qam", "another network")
    found = provenance.code_version(fingerprint)
    assert found.startswith(f"commit {first} of ") and found.endswith(", as in this checkout")

    network.write_text(network.read_text() + "\n")
    provenance._git.cache_clear()
    assert provenance.code_version(fingerprint).startswith(f"commit {first} of ")
    assert "as in" not in provenance.code_version(fingerprint)
    unknown = dict.fromkeys(fingerprint, "0" * 64)
    assert provenance.code_version(unknown) == "in no commit of this checkout's history"


def test_no_commit_is_named_where_git_does_not_have_the_history(project, tmp_path, monkeypatch):
    fingerprint = fingerprints()["code"]

    def told():
        monkeypatch.setattr(provenance.places, "ROOT", Path.cwd())
        provenance._git.cache_clear()
        return provenance.code_version(fingerprint)

    assert told() == "commit not known (no git history here), as in this checkout"
    copy = tmp_path / "another/copy"
    shutil.copytree(Path.cwd(), copy, ignore=shutil.ignore_patterns("another"))
    monkeypatch.chdir(copy.parent)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "a copy")
    monkeypatch.chdir(copy)
    why = "this folder is a part of another repository"
    assert told() == f"commit not known ({why}), as in this checkout"

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (copy / "other").write_text("")
    git("add", ".")
    git("commit", "-qm", "two")
    assert told().startswith("commit ") and "not known" not in told()
    git("clone", "-q", "--depth", "1", copy.as_uri(), str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    why = "shallow clone: git fetch --unshallow"
    assert told() == f"commit not known ({why}), as in this checkout"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "missing.png cannot be read: No such file"),
        ("missing.csv", "the record of missing.csv stands in missing.md, which is missing"),
        ("other.png", "other.png carries no record: this workflow did not make it"),
    ],
)
def test_an_output_without_a_record_is_one_line(project, name, message):
    Path("other.png").write_bytes(b"\x89PNG")
    with pytest.raises(SystemExit, match=message):
        command.main([name])
