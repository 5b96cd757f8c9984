import json
import os
import zipfile
from pathlib import Path

import pytest

from associated_learning.commands import archive as command
from associated_learning.errors import ArchiveError
from associated_learning.results import archive, crate

RUN = {"test_accuracy": 0.5, "hardware": {"cores": 2}, "versions": {"python": "3.11.7"}}
RUN |= {"config": {"dataset": "digits"}}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three runs below results/smoke, two of the older form, and a file of the scale."""
    contents = {"jobs.csv": "rule,seconds\ntrain,1.5\n"}
    for method, code in (("al", {"a.py": "c0de"}), ("bp", "c0de"), ("dfa", "c0de")):
        fingerprints = {"code": code, "data": "da7a"}
        run = f"digits/mlp/{method}/seed0"
        contents[f"{run}/metrics.json"] = json.dumps(RUN | {"fingerprints": fingerprints})
        contents[f"{run}/history.csv"] = "epoch,step\n1,46\n"
    paths = [tmp_path / "results/smoke" / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return paths


@pytest.fixture
def packed(tmp_path: Path, files: list[Path]) -> Path:
    out = tmp_path / "archives/smoke.zip"
    archive.pack(files, tmp_path / "results", out)
    return out


def below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def replaced(packed: Path, name: str, content: bytes) -> Path:
    """The archive with another file of this name, and everything else, manifest included, kept."""
    with zipfile.ZipFile(packed) as file:
        contents = {member: file.read(member) for member in file.namelist()}
    with zipfile.ZipFile(packed, "w") as file:
        for member, old in (contents | {name: content}).items():
            file.writestr(member, content if member == name else old)
    return packed


def test_what_is_unpacked_is_what_was_packed(tmp_path, packed, capsys):
    command.main(["unpack", str(packed), "--folder", str(tmp_path / "results/archive")])
    unpacked = below(tmp_path / "results/archive")
    assert unpacked.pop("smoke/jobs.csv").startswith(b"rule")
    assert len(unpacked) == 6
    assert unpacked.items() <= below(tmp_path / "results").items()
    assert "7 files, 0.0" in capsys.readouterr().out


def test_own_files_of_other_content_are_not_replaced_unless_one_says_so(tmp_path, packed, capsys):
    folder = tmp_path / "own"
    own = folder / "smoke/digits/mlp/al/seed0/metrics.json"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(ArchiveError, match=r"1 files .*al/seed0/metrics\.json.*--overwrite"):
        archive.unpack(packed, folder)
    assert below(folder) == {"smoke/digits/mlp/al/seed0/metrics.json": b"mine"}
    command.main(["unpack", str(packed), "--folder", str(folder), "--overwrite"])
    assert own.read_text() != "mine"
    archive.unpack(packed, folder)  # equal files are no others


def test_of_what_is_unpacked_nothing_is_newer_than_what_was_made_of_it(tmp_path, packed):
    archive.unpack(packed, tmp_path / "out")
    times = {path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    assert len(times) == 1


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order(tmp_path, files, packed):
    for path in files:
        os.utime(path, (1000, 1000))
    again = tmp_path / "again.zip"
    archive.pack(files[::-1], tmp_path / "results", again)
    assert again.read_bytes() == packed.read_bytes()


def test_the_manifest_says_what_made_the_runs(packed):
    with zipfile.ZipFile(packed) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest.pop("files").keys() == archive.read(packed).keys()
    assert {"Snakefile", "ro-crate-metadata.json"} < manifest.pop("crate").keys()
    assert manifest == {
        "runs": 3,
        "code": ["c0de", {"a.py": "c0de"}],
        "data": ["da7a"],
        "hardware": [{"cores": 2}],
        "versions": [{"python": "3.11.7"}],
    }


def test_whichever_byte_is_flipped_no_wrong_file_is_ever_unpacked(
    tmp_path, files, packed, monkeypatch
):
    monkeypatch.setattr(crate, "files", lambda _: {"ro-crate-metadata.json": b"{}"})  # fewer bytes
    archive.pack(files, tmp_path / "results", packed)
    right, whole = archive.read(packed), packed.read_bytes()
    refused = 0
    for place in range(len(whole)):
        packed.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert archive.read(packed) == right  # it was a date, say
        except ArchiveError as error:
            assert "cannot be used: " in str(error)
            refused += 1
    assert refused > len(whole) / 2


def test_a_changed_file_is_named_with_what_to_do_and_nothing_is_unpacked(tmp_path, packed):
    replaced(packed, "smoke/digits/mlp/al/seed0/history.csv", b"epoch,step\n1,47\n")
    with pytest.raises(ArchiveError) as error:
        archive.unpack(packed, tmp_path / "out")
    for part in (
        f"{packed} cannot be used: smoke/digits/mlp/al/seed0/history.csv has SHA-256",
        f"git checkout {packed}",
        "make archive SCALE=smoke",
    ):
        assert part in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["smoke/extra.csv", "../smoke/extra.csv"])
def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path, packed, name):
    with pytest.raises(ArchiveError, match="not both in it and in its manifest"):
        archive.unpack(replaced(packed, name, b"1"), tmp_path / "out")


def test_a_file_that_would_lie_outside_the_folder_is_refused(tmp_path):
    out = tmp_path / "smoke.zip"
    outside = tmp_path / "outside.csv"
    outside.write_text("1")
    (tmp_path / "results/smoke").mkdir(parents=True)
    archive.pack([tmp_path / "results/smoke/../../outside.csv"], tmp_path / "results", out)
    with pytest.raises(ArchiveError, match="would be written elsewhere"):
        archive.unpack(out, tmp_path / "a/b")


def test_the_archive_of_the_repository_is_whole():
    archived = archive.read(Path(__file__).parents[2] / "archives/laptop.zip")
    runs = [json.loads(found) for name, found in archived.items() if name.endswith("metrics.json")]
    assert len(runs) > 100
    assert all(isinstance(run["fingerprints"]["code"], dict) for run in runs)


def test_a_missing_archive_and_a_missing_run_say_what_to_do(tmp_path, files):
    with pytest.raises(ArchiveError, match=r"there is no .*make archive SCALE=laptop"):
        archive.unpack(tmp_path / "laptop.zip", tmp_path)
    files[1].unlink()
    with pytest.raises(ArchiveError, match=r"metrics\.json cannot be read.*run the job"):
        archive.pack(files, tmp_path / "results", tmp_path / "smoke.zip")
    assert not (tmp_path / "smoke.zip").exists()
