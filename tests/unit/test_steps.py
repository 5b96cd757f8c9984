"""Step times: measured by turns, method beside method, as the workflow trains them."""

import json

import pytest
from helpers import config

from associated_learning.commands import steps as command
from associated_learning.measure import steps
from associated_learning.training.run import Run


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(steps, "ROUNDS", 2)
    monkeypatch.setattr(steps, "STEPS", 3)


def test_the_command_times_every_run_that_it_is_given(prepared, tmp_path):
    cells = [
        f"--dataset digits --arch {arch} --method {method} --epochs 2 --width 0.0625"
        " --target-width 8 --no-augment"
        for arch, method in (("mlp", "bp"), ("mlp", "al"), ("cnn", "al_target_first"))
    ]
    out = tmp_path / "steps.json"
    command.main([*cells, "--device", "cpu", "--data", str(prepared), "--out", str(out)])
    found = json.loads(out.read_text())
    named = [(cell["dataset"], cell["arch"], cell["method"]) for cell in found["cells"]]
    assert named == [
        *(("digits", "mlp", "bp"), ("digits", "mlp", "al"), ("digits", "cnn", "al_target_first"))
    ]
    assert all(cell["steps"] == 92 and cell["timed"] == 6 for cell in found["cells"])
    assert all(cell["seconds"] > 0 for cell in found["cells"])
    before = [cell["before_seconds"] for cell in found["cells"]]
    assert before[:2] == [0, 0] and before[2] > 0
    assert found["hardware"]["usable_cores"] >= 1 and found["versions"]["torch"]


def test_methods_take_turns_and_the_first_turn_counts_for_nothing(digits, monkeypatch):
    order, update = [], Run.update

    def noted(self, *arguments):
        order.append(self.config.method)
        return update(self, *arguments)

    monkeypatch.setattr(Run, "update", noted)
    found = steps.measure([config(method="bp"), config(method="al")], digits)
    assert order == 3 * ([*3 * ["bp"], *3 * ["al"]])
    assert [cell["timed"] for cell in found] == [6, 6]


def test_turns_go_on_over_the_ends_of_epochs_and_of_the_run(digits):
    (found,) = steps.measure([config(train_subset=64, epochs=1)], digits)
    assert (found["steps"], found["timed"]) == (2, 6)


def test_a_slow_method_has_fewer_turns_but_three(digits, monkeypatch):
    monkeypatch.setattr(steps, "ROUNDS", 8)
    monkeypatch.setattr(steps, "SECONDS", 0.0)
    (found,) = steps.measure([config()], digits)
    assert found["timed"] == 9
