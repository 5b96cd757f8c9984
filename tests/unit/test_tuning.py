"""Learning rates: compared on training images held out, never on a test image."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from associated_learning.commands import train, tune
from associated_learning.measure import tuning
from associated_learning.tables import learning_rates
from associated_learning.training.config import Config

FLAGS = ["--arch", "mlp", "--method", "bp", "--epochs", "2", "--width", "0.0625"]
FLAGS += ["--target-width", "8", "--dataset", "digits", "--held-out", "300", "--device", "cpu"]
SEED = ["--seed", "7"]


def run(prepared: Path, out: Path, *rates: str, flags: tuple[str, ...] = ()) -> dict[str, Any]:
    tune.main(
        [
            *FLAGS,
            *SEED,
            *flags,
            "--learning-rates",
            *rates,
            "--data",
            str(prepared),
            "--out",
            str(out),
        ]
    )
    return json.loads((out / "tuning.json").read_text())


def test_the_last_training_images_stand_in_for_the_test_images(digits):
    held = tuning.hold_out(digits, 300, 1)
    assert torch.equal(torch.cat([held.train_images, held.test_images]), digits.train_images)
    assert torch.equal(torch.cat([held.train_labels, held.test_labels]), digits.train_labels)
    assert len(held.test_images) == 300


def test_test_images_change_nothing(digits, prepared, tmp_path):
    found = run(prepared, tmp_path / "a", "0.01")
    other = dataclasses.replace(
        digits,
        test_images=torch.zeros_like(digits.test_images),
        test_labels=torch.zeros_like(digits.test_labels),
    )
    tuning.write(tune_config(), other, [0.01], 300, tmp_path / "b")
    again = json.loads((tmp_path / "b/tuning.json").read_text())
    assert again["trainings"][0]["accuracy"] == found["trainings"][0]["accuracy"]


def tune_config() -> Config:
    p = train.parser()
    options = vars(p.parse_args([*FLAGS[:-4], *FLAGS[-2:], *SEED, "--out", "x"]))
    for key in ("data", "out", "checkpoint_seconds", "workers"):
        del options[key]
    return train.resolve(p, options)


def test_each_rate_is_trained_with_and_no_checkpoint_stays(prepared, tmp_path):
    found = run(prepared, tmp_path, "1e-9", "0.01")
    accuracies = [one["accuracy"] for one in found["trainings"]]
    assert accuracies[0] < 0.3 < accuracies[1]  # chance is 0.1
    assert [one["learning_rate"] for one in found["trainings"]] == [1e-9, 0.01]
    assert (found["held_out"], found["config"]["seed"]) == (300, 7)
    assert [path.name for path in tmp_path.iterdir()] == ["tuning.json"]


def test_losses_that_are_not_finite_put_a_rate_out(prepared, tmp_path, capsys):
    found = run(prepared, tmp_path, "1e30", "0.01")
    assert found["trainings"][0]["accuracy"] is None
    assert found["trainings"][1]["accuracy"] > 0.3
    assert "1e+30 is out" in capsys.readouterr().out
    shown = learning_rates.make([tmp_path / "tuning.json"])
    assert list(shown.formatted["1e+30"]) == ["out"]


@pytest.mark.parametrize("count", ["0", "1797", "x"])
def test_too_many_images_held_out_are_refused(prepared, tmp_path, capsys, count):
    with pytest.raises(SystemExit) as error:
        run(prepared, tmp_path, "0.01", flags=("--held-out", count))
    assert error.value.code == 2
    assert "--held-out" in capsys.readouterr().err


def write(path: Path, method: str, accuracies: dict[float, float | None]) -> Path:
    config = {"dataset": "mnist", "arch": "mlp", "method": method, "seed": 7}
    trainings = [{"learning_rate": rate, "accuracy": a} for rate, a in accuracies.items()]
    found = {"config": config, "held_out": 5000, "steps": 900, "trainings": trainings}
    path.write_text(json.dumps(found))
    return path


def test_the_best_rate_is_chosen_and_of_equals_the_lowest(tmp_path):
    files = [
        write(tmp_path / "a", "al", {0.001: 0.8, 0.01: 0.9, 0.1: None}),
        write(tmp_path / "b", "bp", {0.1: 0.7, 0.01: 0.7, 0.001: 0.1}),
    ]
    table = learning_rates.make(files)
    chosen = table.frame[table.frame["chosen"]].set_index("method")["learning_rate"]
    assert chosen.to_dict() == {"al": 0.01, "bp": 0.01}
    assert math.isnan(table.frame.loc[table.frame["method"] == "al", "accuracy"].iloc[2])
    assert table.formatted.loc[1, "0.01"] == "90.00 *"
    assert "seed 7" in table.caption


def test_damaged_files_are_named(tmp_path):
    (tmp_path / "tuning.json").write_text('{"config": {}}')
    with pytest.raises(SystemExit, match=r"tuning\.json is damaged"):
        learning_rates.make([tmp_path / "tuning.json"])
