"""Archives as research objects: what the profile asks for, and what is said of the runs."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
from rocrate.rocrate import ROCrate
from rocrate_validator import services
from rocrate_validator.utils.http import HttpRequester

from associated_learning import registry
from associated_learning.errors import ArchiveError
from associated_learning.results import archive, crate

# What the crates name of RO-Crate 1.1's context, so that nothing is fetched: any other key fails.
SCHEMA = """
    CreateAction CreativeWork Dataset ComputerLanguage Organization Person PropertyValue
    ScholarlyArticle SoftwareApplication SoftwareSourceCode Thesis about actionStatus additionalType
    affiliation author citation contentSize datePublished description encodingFormat endTime
    exampleOfWork hasPart identifier instrument license mainEntity mentions name object
    programmingLanguage result softwareRequirements softwareVersion url value version
"""
CONTEXT = {term: f"http://schema.org/{term}" for term in SCHEMA.split()} | {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
}
ADDRESS = "https://w3id.org/ro/crate/1.1/context"
# What the profile recommends and an archive does not say, and why.
LEFT = {
    "Action agent": "who ran it is not recorded",
    "Application url": "neither workflow nor commands have an address of their own",
    "SoftwareApplication id": "nor absolute names, for the same reason",
    "Main Workflow Bioschemas compliance": "Bioschemas asks for an address",
    "Organization: RECOMMENDED url property": "CITATION.cff names none",
    "Root Data Entity: `publisher` property": "nobody has published it",
    "README.md about": "the crate holds none: its description says what it is",
    "README.md encodingFormat": "the same",
    "Web-based Data Entity: `sdDatePublished` property": "when data were fetched is not recorded",
    "Web-based Data Entity: resource availability": "no address is asked in this test",
}


def job(**others: object) -> bytes:
    config = {"dataset": "mnist", "arch": "mlp", "method": "al", "seed": 0, "augment": None}
    found = {"config": config, "fingerprints": {"code": {"a.py": "c0de"}, "data": "da7a"}}
    found |= {"versions": {"python": "3.11.7"}, "hardware": {"processor": "P", "cores": 2}}
    return json.dumps(found | others).encode()


def overview(sources: dict[str, str], fingerprint: str = "da7a") -> bytes:
    known = {"sources": json.dumps(sources), "fingerprint": fingerprint}
    return safetensors.numpy.save({"labels": np.zeros(1)}, known)


def official() -> dict[str, str]:
    return {file["path"]: file["sha256"] for file in registry.datasets()["mnist"]["files"]}


@pytest.fixture
def packed() -> dict[str, bytes]:
    """Results of a scale: a run, a choice of learning rates, what a scale has one of."""
    run = "smoke/mnist/mlp/al/seed0"
    return {
        f"{run}/metrics.json": job(times={"ended": "2026-11-26T08:00:00+00:00"}),
        f"{run}/history.csv": b"epoch,step\n1,46\n",
        f"{run}/distances.csv": b"layer\ns1\n",
        "smoke/mnist/mlp/al/tuning.json": job(times={"ended": "2026-11-26T07:00:00+00:00"}),
        "smoke/data/mnist.safetensors": overview(official()),
        "smoke/jobs.csv": b"rule,seconds\ntrain,1.5\n",
    }


def described(contents: dict[str, bytes]) -> ROCrate:
    """The crate, as its library reads it."""
    return ROCrate(json.loads(crate.files(contents)["ro-crate-metadata.json"]))


def ids(entities: object) -> set[str]:
    return {entity.id for entity in entities}


@pytest.fixture
def issues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Gives what the validator finds in an archive, up to a level: level, check, message each."""

    def answer(_, url: str, **__: object) -> SimpleNamespace:
        headers, found = {"Content-Type": "application/ld+json"}, {"@context": CONTEXT}
        return SimpleNamespace(
            status_code=200 if url == ADDRESS else 504, headers=headers, json=lambda: found
        )

    for method in ("get", "head"):
        monkeypatch.setattr(HttpRequester, method, answer, raising=False)

    def found(path: Path, level: str) -> set[tuple[str, str, str]]:
        settings = {"rocrate_uri": path, "profile_identifier": "workflow-run-crate"}
        settings |= {"requirement_severity": level, "offline": True}
        result = services.validate(settings | {"cache_path": tmp_path / "cache"})
        return {(of.severity.name, of.check.name, of.message) for of in result.get_issues()}

    return found


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    """Results below a folder, packed into an archive there."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    archive.pack([folder / name for name in contents], folder, folder / "packed.zip")
    return folder / "packed.zip"


@pytest.fixture
def written(tmp_path: Path, packed: dict[str, bytes]) -> Path:
    """The archive of these results."""
    return write(tmp_path / "results", packed)


def test_an_archive_is_all_that_the_profile_asks_for_but_for_what_nobody_knows(written, issues):
    found = issues(written, "RECOMMENDED")
    assert {level for level, *_ in found} == {"RECOMMENDED"}  # nothing of what is required
    assert {check for _, check, _ in found} == LEFT.keys()


def test_a_committed_archive_is_all_that_is_required_when_packed_anew(tmp_path, issues):
    old = Path(__file__).parents[2] / "archives/thesis_once.zip"
    assert issues(write(tmp_path, archive.read(old)), "REQUIRED") == set()


def test_what_the_validator_finds_is_found(tmp_path, written, issues):
    """Of a crate without its workflow's file, and with a key that the context has not."""
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if name == "ro-crate-metadata.json":
                new.writestr(name, old.read(name).replace(b'"actionStatus"', b'"ended"'))
            elif name != "Snakefile":
                new.writestr(name, old.read(name))
    said = " ".join(message for *_, message in issues(other, "REQUIRED"))
    assert "Snakefile" in said and '"ended"' in said


def test_a_run_is_told_with_parameters_inputs_outputs_and_versions(packed):
    found = described(packed)
    run = found.get("#smoke/mnist/mlp/al/seed0")
    given = {e["name"]: e["value"] for e in run["object"] if e.type == "PropertyValue"}
    assert given == {"dataset": "mnist", "arch": "mlp", "method": "al", "seed": 0}
    data = {e["name"]: e["sha256"] for e in run["object"] if e.type == "File"}
    assert data == official()
    names = ("metrics.json", "history.csv")
    assert ids(run["result"]) == {f"smoke/mnist/mlp/al/seed0/{name}" for name in names}
    assert run["instrument"]["name"].endswith("train")
    assert run["instrument"]["softwareRequirements"] == "python 3.11.7"
    assert run["endTime"] == "2026-11-26T08:00:00+00:00"
    assert found.get("#smoke/mnist/mlp/al")["instrument"]["name"].endswith("tune")


def test_the_workflow_is_told_with_its_scale_its_data_and_all_results(packed):
    found = described(packed)
    whole = found.get("#smoke")
    assert whole["instrument"] == found.mainEntity
    assert {"#scale=smoke", "config/scales/smoke.yaml"} < ids(whole["object"])
    assert len(whole["object"]) == 2 + len(official())
    assert ids(whole["result"]) == packed.keys()
    assert whole["endTime"] == "2026-11-26T08:00:00+00:00"
    assert ids(found.root_dataset["mentions"]) > {"#smoke", "#smoke/mnist/mlp/al"}


def test_people_licence_and_citation_are_those_of_the_citation_file(packed):
    root = described(packed).root_dataset
    assert root["license"]["name"] == "MIT"
    assert root["author"]["name"] == "The authors of this reproduction"
    thesis, article = root["citation"]
    assert thesis["author"]["name"] == "Yu-Wei Kao"
    assert [of["name"] for of in article["author"]] == ["Yu-Wei Kao", "Hung-Hsuan Chen"]


@pytest.mark.parametrize(
    ("sources", "fingerprint", "kinds"),
    [
        ({"digits.csv.gz": "5ha"}, "da7a", {"CreativeWork"}),  # nothing that is fetched
        (official(), "0ther", set()),  # of other data than the run's
    ],
)
def test_data_are_told_as_far_as_they_are_known(packed, sources, fingerprint, kinds):
    contents = packed | {"smoke/data/mnist.safetensors": overview(sources, fingerprint)}
    inputs = described(contents).get("#smoke/mnist/mlp/al/seed0")["object"]
    assert {entity.type for entity in inputs} == {"PropertyValue"} | kinds


def test_the_same_results_are_described_by_the_same_bytes(packed):
    assert crate.files(packed) == crate.files(dict(reversed(packed.items())))


def test_runs_that_do_not_say_when_they_ended_are_told_without(packed):
    contents = {n: job() if n.endswith("json") else c for n, c in packed.items()}
    found = described(contents)
    assert "endTime" not in found.get("#smoke") and "endTime" not in found.get(
        "#smoke/mnist/mlp/al"
    )


def test_a_damaged_job_and_a_missing_workflow_are_named(packed, monkeypatch, tmp_path):
    contents = packed | {"smoke/mnist/mlp/al/tuning.json": b'{"config": 1}'}
    with pytest.raises(ArchiveError, match=r"tuning\.json is damaged"):
        crate.files(contents)
    monkeypatch.setattr(crate.places, "ROOT", tmp_path)
    with pytest.raises(ArchiveError, match=r"Snakefile cannot be read.*whole workflow"):
        crate.files(packed)


def test_only_results_are_read_out_of_an_archive(packed, written):
    assert archive.read(written) == packed
