"""Weights as files for a release."""

import hashlib

import pytest

from associated_learning.commands import release as command
from associated_learning.errors import DataError

WEIGHTS = "weights.safetensors"


@pytest.fixture
def results(tmp_path):
    """Three finished runs, one of them of another seed and one large, and an unfinished one."""
    for run, size in {
        "al/seed0": 100,
        "al/seed10": 100,
        "bp/seed0": 2000,
        "dfa/seed0": 100,
    }.items():
        folder = tmp_path / "results/digits/mlp" / run
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(bytes(size))
        if "dfa" not in run:
            (folder / "metrics.json").write_text("{}")
    return tmp_path / "results"


def test_small_weights_of_seed_0_are_gathered_and_listed_with_their_hashes(
    results, tmp_path, capsys
):
    out = tmp_path / "release"
    command.main([str(results), "--out", str(out), "--megabytes", "0.001"])
    lines = (out / "SHA256SUMS").read_text().splitlines()
    listed = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
    assert listed.keys() == {f"digits/mlp/al/seed0/{n}" for n in ("metrics.json", WEIGHTS)}
    for name, sha256 in listed.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == sha256
    assert len([path for path in out.rglob("*") if path.is_file()]) == 3
    said = capsys.readouterr().out
    assert "1 runs" in said and "larger than 0.001 MB: digits/mlp/bp/seed0" in said


def test_nothing_is_written_over_and_nothing_is_said_to_be_nothing(results, tmp_path):
    with pytest.raises(DataError, match="is there already"):
        command.main([str(results), "--out", str(tmp_path)])
    with pytest.raises(DataError, match="no weights of seed 0 of up to 10 bytes"):
        command.main([str(results), "--out", str(tmp_path / "new"), "--megabytes", "0.00001"])
    assert not (tmp_path / "new").exists()
