"""The benchmark of the training step runs and counts right; its times are nobody's claim here."""

import csv
import sys
from pathlib import Path

import pytest

from associated_learning.training import step as training_step

TINY = {
    "dataset": "digits",
    "arch": "cnn",
    "method": "al",
    "batch_size": 8,
    "threads": 1,
    "width": 1 / 16,
    "target_width": 8,
}


@pytest.fixture
def step(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    import step

    return step


def mlp(method, **options):
    cell = {"dataset": "mnist", "arch": "mlp", "method": method, "batch_size": 32, "threads": 1}
    return cell | options


def test_operations_are_those_of_the_gradients_that_are_needed(step):
    first, second, up, down, classes = 784 * 1024, 1024**2, 1024 * 5120, 5120 * 1024, 1024 * 10
    images = 32
    # Forward and the gradient of each weight; the gradient of a layer's input but for the first.
    bp_weights = first + second + up + down + second + classes
    bp_inputs = bp_weights - first
    assert step.count(mlp("bp"))[0] == 2 * images * (2 * bp_weights + bp_inputs)
    # In AL inputs need a gradient inside a component only: below its bridge and its decoder.
    bridges, encoders, decoders = 2 * (up + down), classes + second, classes + second
    al_weights = first + second + bridges + encoders + decoders
    al_inputs = bridges + decoders
    assert step.count(mlp("al"))[0] == 2 * images * (2 * al_weights + al_inputs)


def test_parameters_are_those_of_the_thesis(step):
    assert step.count(mlp("bp"))[1] == 13_405_194
    assert step.count(mlp("al", threads=2))[1] == 24_957_962


def test_floor_is_the_slower_of_computing_and_moving_at_the_best_rates(step):
    measured = [{"operations": 50.0, "bytes": 280.0}, {"operations": 100.0, "bytes": 140.0}]
    by_operations = {"step": 12.0, "operations": 600, "parameters": 10}
    assert step.floors(by_operations, measured) == {
        "floor_operations": 6.0,
        "floor_bytes": 1.0,
        "step_over_floor": 2.0,
    }
    by_bytes = {"step": 12.0, "operations": 100, "parameters": 30}
    assert step.floors(by_bytes, measured)["step_over_floor"] == 4.0


def test_every_cell_of_the_thesis_is_measured_once(step):
    names = [step.name(cell) for cell in step.CELLS]
    assert len(set(names)) == len(names) == 12 * 2 * 2


def test_a_cell_runs_from_its_process_to_the_table(step, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(step, "CELLS", [TINY, mlp("bp")])
    apart = step._apart  # the machine's rates need no process of their own here
    monkeypatch.setattr(step, "_apart", lambda f, *a: f(*a) if f is step.rates else apart(f, *a))
    step.main(["--quick", "--only", "digits_cnn", "--out", str(tmp_path)])
    with (tmp_path / "step.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert all(float(row[key]) > 0 for key in ("step", "plain", *step.STAGES))
    assert float(row["speedup_least"]) <= float(row["speedup"]) <= float(row["speedup_most"])
    floor = max(float(row["floor_operations"]), float(row["floor_bytes"]))
    assert float(row["step_over_floor"]) == pytest.approx(float(row["step"]) / floor)
    assert int(row["rounds"]) >= 1
    assert min(int(row["peak_memory"]), int(row["plain_peak_memory"])) > 1e8  # torch alone

    page = (tmp_path / "step.md").read_text(encoding="utf-8")
    assert page.strip() == capsys.readouterr().out.strip()
    lines = [line for line in page.splitlines() if line.startswith("|")]
    header, _, cells = lines[-3:]
    assert header.count("|") == cells.count("|")
    assert cells.startswith("| digits | cnn | al | 8 | 1 |")
    assert " † |" in cells  # so small a network fits into any cache


def test_no_such_cell_ends_in_one_clear_line(step, capsys):
    with pytest.raises(SystemExit) as end:
        step.main(["--only", "alexnet"])
    assert end.value.code == 2
    assert "no cell's name" in capsys.readouterr().err


PEER = "print('ready', flush=True); import sys; [print(16.0, flush=True) for _ in sys.stdin]"


@pytest.fixture
def peer(step, monkeypatch):
    import peer

    monkeypatch.setattr(peer, "SECONDS", 0.01)
    return peer


def test_another_implementation_is_timed_in_turns_with_ours(peer):
    row = peer.measure(f'{sys.executable} -c "{PEER}"', TINY)
    assert float(row["theirs"]) == 16
    assert float(row["ratio"]) == pytest.approx(float(row["ours"]) / 16, rel=0.5)
    assert f"| digits cnn | al | 1 | 16.0 | {row['ours']} |" in peer.page([row])


def test_another_implementation_that_ends_is_told(peer):
    with pytest.raises(SystemExit, match="status 3"):
        peer.measure(f'{sys.executable} -c "raise SystemExit(3)"', TINY)


def test_late_start_trains_with_the_form_of_the_epsilon_that_it_names(prepared, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    import late_start

    monkeypatch.setattr(training_step, "epsilon", training_step.epsilon)  # for other tests
    monkeypatch.setattr(late_start, "CELLS", {"digits": {"learning_rate": 3e-3}})
    small = {"arch": "mlp", "epochs": 1, "train_subset": None, "width": 1 / 16, "target_width": 8}
    monkeypatch.setattr(late_start, "COMMON", late_start.COMMON | small)
    given = []

    def adam(*arguments, eps, **options):
        given.append(eps)
        return torch_adam(*arguments, eps=eps, **options)

    torch_adam = training_step.adam
    monkeypatch.setattr(training_step, "adam", adam)
    first = {}
    for form in late_start.FORMS:
        given.clear()
        found = late_start.starts("digits", form, 0, prepared)
        assert len(found) == 2
        first[form] = given[0]
    assert first["torch"] == 1e-8
    assert first["TensorFlow"] == pytest.approx(1e-8 / (1 - 0.999) ** 0.5)
