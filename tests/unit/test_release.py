"""Weights as files for a release."""

import hashlib
import shutil

import pytest

import associated_learning
from associated_learning.commands import release as command
from associated_learning.errors import DataError

WEIGHTS = "weights.safetensors"
KEPT = "digits/mlp/bp/seed0"


@pytest.fixture
def results(trained, tmp_path):
    """Finished runs, of seed 10, large, damaged, and as they should be, and an unfinished one."""
    run = trained(arch="mlp", method="bp")
    for name in ("bp/seed0", "bp/seed10", "al/seed0", "local/seed0", "dfa/seed0"):
        shutil.copytree(run, tmp_path / "results/digits/mlp" / name)
    folder = tmp_path / "results/digits/mlp"
    (folder / "al/seed0" / WEIGHTS).write_bytes(bytes(2_000_000))
    (folder / "local/seed0" / WEIGHTS).write_bytes(bytes(100))
    (folder / "dfa/seed0/metrics.json").unlink()
    return tmp_path / "results"


def test_small_weights_of_seed_0_are_gathered_and_listed_with_their_hashes(
    results, tmp_path, capsys
):
    out = tmp_path / "release"
    command.main([str(results), "--out", str(out), "--megabytes", "1.5"])
    lines = (out / "SHA256SUMS").read_text().splitlines()
    listed = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
    assert listed.keys() == {f"{KEPT}/{n}" for n in ("metrics.json", WEIGHTS)}
    for name, sha256 in listed.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == sha256
    assert len([path for path in out.rglob("*") if path.is_file()]) == 3
    assert associated_learning.load(out / KEPT).prefixes == 1
    said = capsys.readouterr().out
    assert "1 runs" in said and "left out: digits/mlp/al/seed0: 2 MB, more than 1.5" in said
    assert "left out: digits/mlp/local/seed0: " in said and "is damaged" in said


def test_nothing_is_written_over_and_nothing_is_said_to_be_nothing(results, tmp_path):
    with pytest.raises(DataError, match="is there already"):
        command.main([str(results), "--out", str(tmp_path)])
    new = ["--out", str(tmp_path / "new")]
    with pytest.raises(DataError, match=r"no weights of .* can be kept: digits/mlp/al/seed0: 2 MB"):
        command.main([str(results), *new, "--megabytes", "0.00001"])
    with pytest.raises(DataError, match="holds no finished run of seed 0 with its weights"):
        command.main([str(tmp_path), *new])
    assert not (tmp_path / "new").exists()
