"""Checkpoints: of the very run or set aside, never used when damaged, whole on a full disk."""

import dataclasses
from pathlib import Path

import pytest
import torch
from helpers import config, interrupt, results

from associated_learning import closure
from associated_learning.training import checkpoint, loop


@pytest.mark.parametrize("change", [{"learning_rate": 2e-3}, {"seed": 7}, {"epochs": 3}])
def test_one_of_another_run_is_set_aside(digits, tmp_path, capsys, change):
    interrupt(digits, tmp_path, train_subset=320)
    loop.train(config(train_subset=320, **change), digits, tmp_path)
    assert "it is of another run: config differ" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt.aside1").exists()


def test_one_of_other_code_or_data_is_set_aside(digits, tmp_path, capsys, monkeypatch):
    settings = config(train_subset=320)
    interrupt(digits, tmp_path, train_subset=320)
    loop.train(settings, dataclasses.replace(digits, fingerprint="other"), tmp_path)
    assert "data differ" in capsys.readouterr().err
    interrupt(digits, tmp_path, train_subset=320)
    monkeypatch.setattr(closure, "hashes", lambda paths: {path: "edited" for path in paths})
    loop.train(settings, digits, tmp_path)
    assert "code differ" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt.aside2").exists()


class Payload:
    """Pickles to a call that creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "pickle"])
def test_a_damaged_one_is_set_aside(digits, trained, tmp_path, capsys, damage):
    undisturbed = trained(train_subset=320)
    interrupt(digits, tmp_path, train_subset=320)
    path = tmp_path / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "empty":
        content = b""
    else:
        torch.save({"belongs_to": Payload(tmp_path / "executed")}, path)
        content = path.read_bytes()
    path.write_bytes(content)
    loop.train(config(train_subset=320), digits, tmp_path)
    assert "it is damaged" in capsys.readouterr().err
    assert not (tmp_path / "executed").exists()
    assert results(tmp_path) == results(undisturbed)


def test_a_full_disk_keeps_the_last_good_one(tmp_path, little_space):
    path, me = tmp_path / "checkpoint.pt", {"config": "a"}
    checkpoint.save(path, me, {"step": 1})
    with little_space(20_000), pytest.raises(SystemExit, match=r"cannot write.*Make room"):
        checkpoint.save(path, me, {"step": 2, "weights": torch.zeros(100_000)})
    assert checkpoint.load(path, me, torch.device("cpu")) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_where_there_is_none_nothing_is_said(tmp_path, capsys):
    assert checkpoint.load(tmp_path / "checkpoint.pt", {}, torch.device("cpu")) is None
    assert capsys.readouterr() == ("", "")
