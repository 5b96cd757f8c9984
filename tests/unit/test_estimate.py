"""What a scale will take: every training counted once, and timed as it is trained."""

import re
from pathlib import Path

import pytest

from associated_learning import configuration, plan
from associated_learning.commands import estimate as command
from associated_learning.measure import estimate, steps

FOLDER = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def config():
    return configuration.shipped(FOLDER)


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_every_training_counts_once(config, scale):
    runs = list(estimate.runs(config, scale))
    counted = sum(run.count for run in runs if run.experiment != estimate.TUNING)
    folders = {path.rpartition("/")[0] for path in plan.run_files(config, scale)}
    assert counted == len(folders)
    tuned = [run for run in runs if run.experiment == estimate.TUNING]
    assert len(tuned) == len(plan.tunings(config, scale))
    assert {run.count for run in tuned} == {
        len(config["scales"][scale]["tuning"]["learning_rates"])
    }


def test_a_training_is_timed_with_the_flags_that_it_is_trained_with(config):
    run = estimate.Runs("", "equal_time", "digits", "mlp", "al", "equal_time_", 1)
    flags = plan.flags(plan.run_settings(config, "smoke", *run[2:6]))
    said = estimate.flags(config, "smoke", run)
    assert said == f"--dataset digits --arch mlp --method al {flags}" and "--shorten 2" in said


def test_the_command_prints_hours_by_experiment(config, prepared, monkeypatch, capsys):
    monkeypatch.setattr(steps, "ROUNDS", 1)
    monkeypatch.setattr(steps, "STEPS", 1)
    command.main(["smoke", "--device", "cpu", "--data", str(prepared)])
    printed = capsys.readouterr().out
    assert re.search(r"^\|  \| accuracy \| 6 \| 0\.0\d \|$", printed, re.MULTILINE)
    assert "| Sigmoid networks | learning rates | 8 |" in printed
    folders = {path.rpartition("/")[0] for path in plan.run_files(config, "smoke")}
    rates = len(config["scales"]["smoke"]["tuning"]["learning_rates"])
    every = len(folders) + rates * len(plan.tunings(config, "smoke"))
    assert f"|  | all | {every} |" in printed


def test_a_scale_in_one_part_has_no_column_of_parts(config, prepared, monkeypatch, capsys):
    unordered = config | {"scales": {"smoke": config["scales"]["smoke"] | {"order": []}}}
    monkeypatch.setattr(configuration, "shipped", lambda _: unordered)
    one = {"part": "", "experiment": "accuracy", "trainings": 6, "hours": 0.456}
    monkeypatch.setattr(estimate, "hours", lambda *_: [one, one | {"hours": 20.04}])
    command.main(["smoke", "--device", "cpu", "--data", str(prepared)])
    table = capsys.readouterr().out.split("\n\n")[0].strip().splitlines()
    assert table[0] == "| Experiment | Trainings | Core-hours |" and table[1] == "|---|---:|---:|"
    assert table[2:] == [
        "| accuracy | 6 | 0.46 |",
        "| accuracy | 6 | 20.0 |",
        "| all | 12 | 20.5 |",
    ]


def test_another_scale_is_refused_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(["smoek"])
    assert "'smoek'; allowed: laptop, smoke" in capsys.readouterr().err
