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
from associated_learning.results import files
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
    for key in train.HOW:
        del options[key]
    return train.resolve(p, options)


def test_each_rate_is_trained_with_and_no_checkpoint_stays(prepared, tmp_path):
    found = run(prepared, tmp_path, "1e-9", "0.01")
    grid = found["trainings"][:2]
    accuracies = [one["accuracy"] for one in grid]
    assert accuracies[0] < 0.3 < accuracies[1]  # chance is 0.1
    assert [one["learning_rate"] for one in grid] == [1e-9, 0.01]
    assert [one["extension"] for one in grid] == [False, False]
    assert found["steps"] == 2 * (1197 // 32)  # the whole schedule, of the images not held out
    assert (found["held_out"], found["config"]["seed"]) == (300, 7)
    assert [path.name for path in tmp_path.iterdir()] == ["tuning.json"]


def test_it_says_which_rate_it_is_at_and_what_each_has_reached(prepared, tmp_path, capsys):
    found = run(prepared, tmp_path, "1e-9", "0.01")
    said = capsys.readouterr().out.splitlines()
    name = "digits mlp bp seed 7 | "
    assert said[0] == f"{name}test accuracies below are of 300 held-out training images"
    told = [line.removeprefix(name) for line in said if "learning rate" in line]
    rates = [f"learning rate {one['learning_rate']:g}" for one in found["trainings"]]
    reached = [f": {one['accuracy']:.4f}" for one in found["trainings"]]
    assert told == [*rates, *map("".join, zip(rates, reached, strict=True))]
    assert said[-1] == f"{name}finished: {tmp_path / 'tuning.json'}"


def test_a_rate_that_stands_twice_is_refused(prepared, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(prepared, tmp_path, "1e-3", "0.001")
    assert "--learning-rates: one of them stands twice" in capsys.readouterr().err


def test_losses_that_are_not_finite_put_a_rate_out(prepared, tmp_path, capsys):
    found = run(prepared, tmp_path, "1e30", "0.01", "1e-9")
    assert found["trainings"][0]["accuracy"] is None
    assert found["trainings"][1]["accuracy"] > 0.3
    assert len(found["trainings"]) == 3  # the best one lies between others
    assert "1e+30 is out" in capsys.readouterr().out
    shown = learning_rates.make([tmp_path / "tuning.json"])
    assert list(shown.formatted["1e+30"]) == ["out"]


@pytest.mark.parametrize("count", ["0", "1797", "x"])
def test_too_many_images_held_out_are_refused(prepared, tmp_path, capsys, count):
    with pytest.raises(SystemExit) as error:
        run(prepared, tmp_path, "0.01", flags=("--held-out", count))
    assert error.value.code == 2
    assert "--held-out" in capsys.readouterr().err


def extended(accuracies: dict[float, float | None], grid: list[float]) -> float | None:
    """The rate to try next after some were."""
    return tuning.extension(
        [
            {"learning_rate": rate, "extension": rate not in grid, "accuracy": accuracy}
            for rate, accuracy in accuracies.items()
        ]
    )


GRID = [3e-4, 1e-3, 3e-3]


@pytest.mark.parametrize(
    ("accuracies", "wanted"),
    [
        ([0.5, 0.6, 0.5], None),
        ([0.5, 0.6, 0.7], 9e-3),
        ([0.7, 0.6, 0.5], 1e-4),
        ([0.7, 0.6, 0.7], 1e-4),  # of equals the lowest is the best
        ([0.1, 0.1, 0.1], None),  # a network at chance
        ([0.5, 0.6, 0.6], None),
        ([None, None, None], 1e-4),
        ([0.5, None, None], 1e-4),
        ([None, 0.5, 0.6], 9e-3),
    ],
)
def test_a_rate_beyond_the_grid_is_tried_where_the_best_one_is_at_its_end(accuracies, wanted):
    assert extended(dict(zip(GRID, accuracies, strict=True)), GRID) == wanted


def test_at_most_two_rates_are_tried_beyond_an_end():
    found = dict(zip(GRID, [0.5, 0.6, 0.7], strict=True))
    assert extended(found | {9e-3: 0.8}, GRID) == 0.027
    assert extended(found | {9e-3: 0.65}, GRID) is None
    assert extended(found | {9e-3: 0.8, 0.027: 0.9}, GRID) is None
    found = dict(zip(GRID, [0.7, 0.6, 0.5], strict=True))
    assert extended(found | {1e-4: 0.8}, GRID) == 3.33e-5
    assert extended(found | {1e-4: 0.8, 3.33e-5: 0.9}, GRID) is None


def test_what_is_tried_beyond_the_grid_is_recorded_and_no_checkpoint_stays(prepared, tmp_path):
    found = run(prepared, tmp_path, "1e-9", "1e-3")
    rates = [(one["learning_rate"], one["extension"]) for one in found["trainings"]]
    assert rates[:3] == [(1e-9, False), (1e-3, False), (3e-3, True)]
    assert len(rates) <= 4
    assert [path.name for path in tmp_path.iterdir()] == ["tuning.json"]


def test_a_comparison_that_was_stopped_beyond_the_grid_goes_on_there(
    prepared, tmp_path, monkeypatch
):
    wanted = run(prepared, tmp_path / "whole", "1e-9", "1e-3")
    to_end, count = tuning.loop.run_to_end, 0

    def stopped(*arguments):
        nonlocal count
        count += 1
        if count == 3:
            raise SystemExit(143)
        to_end(*arguments)

    monkeypatch.setattr(tuning.loop, "run_to_end", stopped)
    with pytest.raises(SystemExit):
        run(prepared, tmp_path / "stopped", "1e-9", "1e-3")
    assert len(list((tmp_path / "stopped").glob("*.pt"))) == 2
    found = run(prepared, tmp_path / "stopped", "1e-9", "1e-3")
    for one, other in zip(found["trainings"], wanted["trainings"], strict=True):
        assert one | {"seconds": 0} == other | {"seconds": 0}


def test_a_finished_comparison_is_not_made_again_and_not_replaced(prepared, tmp_path, capsys):
    found = run(prepared, tmp_path, "0.01")
    capsys.readouterr()
    assert run(prepared, tmp_path, "0.01") == found
    assert "is finished already" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="another rates"):
        run(prepared, tmp_path, "0.02")
    with pytest.raises(SystemExit, match="another config and data"):
        run(prepared, tmp_path, "0.01", flags=("--held-out", "200", "--epochs", "1"))
    other = run(prepared, tmp_path, "0.02", flags=("--overwrite",))
    assert other["trainings"][0]["learning_rate"] == 0.02


def write(path: Path, method: str, accuracies: dict[float, float | None]) -> Path:
    config = {"dataset": "mnist", "arch": "mlp", "method": method, "seed": 7}
    trainings = [
        {"learning_rate": rate, "accuracy": a, "prefixes": a and [a]}
        for rate, a in accuracies.items()
    ]
    found = {"config": config, "held_out": 5000, "steps": 900, "trainings": trainings}
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def test_the_best_rate_is_chosen_and_of_equals_the_lowest(tmp_path):
    files = [
        write(tmp_path / "a.json", "al", {0.001: 0.8, 0.01: 0.9, 0.1: None}),
        write(tmp_path / "b.json", "bp", {0.1: 0.7, 0.01: 0.7, 0.001: 0.1}),
    ]
    table = learning_rates.make(files)
    chosen = table.frame[table.frame["chosen"]].set_index("method")["learning_rate"]
    assert chosen.to_dict() == {"al": 0.01, "bp": 0.01}
    assert math.isnan(table.frame.loc[table.frame["method"] == "al", "accuracy"].iloc[2])
    assert table.formatted.loc[1, "0.01"] == "90.00 *"
    assert "seed 7" in table.caption


def test_a_rate_beyond_the_grid_is_marked(tmp_path):
    path = write(tmp_path / "a.json", "al", {0.001: 0.8, 0.01: 0.9, 0.03: 0.95})
    found = json.loads(path.read_text())
    found["trainings"][2]["extension"] = True
    path.write_text(json.dumps(found))
    table = learning_rates.make([path])
    assert list(table.frame["extension"]) == [False, False, True]
    assert table.formatted.loc[0, "0.03"] == "95.00 * †"


def test_a_rate_at_which_a_prefix_has_not_started_is_marked(tmp_path):
    path = write(tmp_path / "a.json", "al", {0.001: 0.8, 0.01: 0.9, 0.1: None})
    found = json.loads(path.read_text())
    found["trainings"][0]["prefixes"] = [0.21, 0.8]
    found["trainings"][1]["prefixes"] = [0.2, 0.9]
    path.write_text(json.dumps(found))
    table = learning_rates.make([path])
    assert list(table.frame["least_prefix"][:2]) == [0.21, 0.2]
    assert table.formatted.loc[0, ["0.001", "0.01", "0.1"]].to_list() == [
        "80.00",
        "90.00 * ‡",
        "out",
    ]


SCALE = """
datasets: [mnist, cifar10]
leave_out: []
runs:
  - for: {arch: cnn, method: al}
    set: {learning_rate: 3.0e-3}
  - for: {arch: resnet20, method: bp}
    set: {learning_rate: 1.0e-3}
tuning:
  archs: {mnist: [mlp]}
  taken_over:
    - {for: {arch: [cnn, vgg]}, from: {arch: mlp}}
    - {for: {dataset: cifar10, arch: mlp}, from: {dataset: mnist}}
"""
EXPERIMENTS = """
experiments:
  one:
    from: metrics.json
    methods: [bp, al]
    archs: {mnist: [mlp, cnn], cifar10: [mlp, vgg, resnet20]}
  two: {from: metrics.json, methods: [local], archs: {mnist: [mlp, cnn]}}
"""


def test_rates_that_were_not_compared_say_where_they_come_from(tmp_path):
    scale, experiments = tmp_path / "mine.yaml", tmp_path / "experiments.yaml"
    scale.write_text(SCALE)
    experiments.write_text(EXPERIMENTS)
    files = [
        write(tmp_path / "a.json", "al", {0.001: 0.8, 0.01: 0.9}),
        write(tmp_path / "b.json", "bp", {0.001: 0.8, 0.01: 0.7}),
    ]
    table = learning_rates.make([*files, scale, experiments])
    taken = table.frame[table.frame["accuracy"].isna()]
    found = {
        (row.dataset, row.arch, row.method): (row.learning_rate, row.taken_over)
        for row in taken.fillna({"taken_over": "", "learning_rate": 0}).itertuples()
    }
    assert found == {
        ("mnist", "cnn", "bp"): (0.001, "mnist mlp"),
        ("mnist", "cnn", "al"): (0.003, ""),  # stated, though there is one to take over
        ("cifar10", "mlp", "bp"): (0.001, "mnist mlp"),
        ("cifar10", "mlp", "al"): (0.01, "mnist mlp"),
        ("cifar10", "vgg", "bp"): (0.001, "mnist mlp"),  # by two entries
        ("cifar10", "vgg", "al"): (0.01, "mnist mlp"),
        ("cifar10", "resnet20", "bp"): (0.001, ""),
        ("cifar10", "resnet20", "al"): (0, ""),  # the thesis'
        ("mnist", "mlp", "local"): (0, "mnist mlp"),  # to be compared
        ("mnist", "cnn", "local"): (0, "mnist mlp"),
    }
    assert not taken["chosen"].any() and table.frame["chosen"].sum() == 2
    shown = table.formatted.set_index(["Data set", "Architecture", "Method"])["Taken over"]
    assert shown["CIFAR-10", "VGG", "AL"] == "0.01 of MLP on MNIST"
    assert shown["CIFAR-10", "ResNet-20", "BP"] == "0.001, no comparison"
    assert shown["CIFAR-10", "ResNet-20", "AL"] == "the thesis' rate, no comparison"
    assert shown["MNIST", "MLP", "local classifiers"] == "not run yet"
    assert shown["MNIST", "CNN", "local classifiers"] == "that of MLP on MNIST, not run yet"


def test_a_run_takes_the_best_rate_that_was_found_and_says_where_there_is_none(tmp_path):
    files_of = tmp_path / "tuning.json"
    write(files_of, "al", {0.1: 0.7, 0.01: 0.9, 0.03: 0.9, 0.3: None})
    assert files.best_rate(files_of) == 0.01
    write(files_of, "al", {0.1: None})
    with pytest.raises(SystemExit, match="state one"):
        files.best_rate(files_of)
    files_of.write_text("{}")
    with pytest.raises(SystemExit, match="is damaged"):
        files.best_rate(files_of)


def test_a_training_is_told_where_its_rate_was_found(prepared, tmp_path):
    found = write(tmp_path / "tuning.json", "bp", {0.003: 0.7, 0.02: 0.9})
    told = [*FLAGS[:12], "--device", "cpu", "--data", str(prepared)]
    train.main([*told, "--rate-of", str(found), "--out", str(tmp_path / "run")])
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert metrics["config"]["learning_rate"] == 0.02


def test_damaged_files_are_named(tmp_path):
    (tmp_path / "tuning.json").write_text('{"config": {}}')
    with pytest.raises(SystemExit, match=r"tuning\.json is damaged"):
        learning_rates.make([tmp_path / "tuning.json"])
