"""The training loop: same numbers for the same run, whatever happens on the way."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from helpers import command, config, results

from associated_learning.training import loop, step

# One process of a parallel test run trains for all.
on_commanded = pytest.mark.xdist_group("commanded")


@pytest.mark.parametrize("method", ["bp", "al", "al_target_first"])
def test_networks_learn_digits(digits, tmp_path, method):
    run = config(method=method, epochs=12, width=0.125, target_width=32, schedule="constant")
    assert loop.train(run, digits, tmp_path)["test_accuracy"] > 0.85


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(digits, trained, tmp_path):
    a = trained(arch="cnn", augment=True)
    for name, seed in (("b", 0), ("c", 1)):
        loop.train(config(arch="cnn", seed=seed, augment=True), digits, tmp_path / name)
    assert results(a) == results(tmp_path / "b")
    assert results(a)[2] != results(tmp_path / "c")[2]


@on_commanded
def test_the_same_bits_come_out_beside_other_work(prepared, commanded, tmp_path):
    burner = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(burner) for _ in range(2)]
    try:
        beside = subprocess.run(command(prepared, tmp_path), check=False)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert beside.returncode == 0
    assert results(tmp_path) == results(commanded[1])


def test_a_long_training_says_soon_how_long_it_will_take(digits, tmp_path, capsys, monkeypatch):
    said = []
    for least in (60.0, 0.0):
        monkeypatch.setattr(loop, "WORTH_SAYING", least)
        loop.train(config(arch="mlp", method="bp", epochs=2), digits, tmp_path / f"{least}")
        said.append(capsys.readouterr().out.splitlines())
    assert len(said[1]) == len(said[0]) + 1
    assert re.fullmatch(r"digits mlp bp seed 0 \| about \d\.\d s left", said[1][2])


@on_commanded
def test_progress_is_one_line_an_epoch_where_there_is_no_terminal(commanded):
    done, out = commanded
    assert done.stderr == ""
    first, *epochs, last = done.stdout.splitlines()
    assert first == "digits cnn al seed 0 | begins: 92 steps, 2 epochs of 46"
    assert [line.split(" | ")[0] for line in epochs] == ["epoch 1/2", "epoch 2/2"]
    assert last == f"digits cnn al seed 0 | finished: {out / 'metrics.json'}"


def test_a_line_of_an_epoch_is_short_however_many_components_there_are(digits, tmp_path, capsys):
    options = {"arch": "sigmoid16", "epochs": 1, "width": 0.05, "target_width": 4}
    loop.train(config(**options), digits, tmp_path)
    _, line, _ = capsys.readouterr().out.splitlines()
    # 120 less the room for 200 epochs, days, and losses like 1.23e-05.
    assert len(line) <= 106 and re.search(r", \d+/16 started \|", line)
    assert re.search(r" \| associated \S+ \| inverse \S+ \| \S+ s, 0.0 s left$", line)


@on_commanded
def test_a_killed_run_goes_on_and_ends_bit_equal_to_an_undisturbed_one(
    prepared, commanded, tmp_path
):
    waits, saved = random.Random(0), tmp_path / "checkpoint.pt"
    resumed = 0
    for _ in range(3):
        run = subprocess.Popen(
            command(prepared, tmp_path, "--checkpoint-seconds", "0"),
            stdout=subprocess.PIPE,
            text=True,
        )
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        while run.poll() is None and not (saved.exists() and saved.stat().st_mtime_ns > before):
            time.sleep(0.01)
        time.sleep(waits.uniform(0, 0.1))
        run.kill()
        resumed += "goes on from step" in run.communicate()[0]
        if run.returncode == 0:  # it was quicker
            break
        assert not (tmp_path / "metrics.json").exists()
    else:
        done = subprocess.run(
            command(prepared, tmp_path), check=True, capture_output=True, text=True
        )
        resumed += "goes on from step" in done.stdout
    assert resumed >= 2
    assert results(commanded[1]) == results(tmp_path)
    assert not saved.exists()


def test_a_terminated_run_saves_itself(prepared, tmp_path):
    run = subprocess.Popen(
        command(prepared, tmp_path, "--epochs", "300"), stdout=subprocess.PIPE, text=True
    )
    assert any("epoch 1/" in line for line in run.stdout)
    run.terminate()
    run.terminate()  # as Slurm does at a time limit
    said = run.communicate()[0].splitlines()[-1]
    assert re.search(r"stopped at step \d+ of 13800, saved in \S*checkpoint\.pt; the same", said)
    assert run.returncode == 128 + signal.SIGTERM
    assert (tmp_path / "checkpoint.pt").exists() and not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize("stop_at", [1, 29, 30, 31, 55])
def test_a_run_resumed_at_any_step_ends_bit_equal(digits, trained, tmp_path, monkeypatch, stop_at):
    """With augmentation and batch norm; at the edge of an epoch, behind an evaluation within."""
    options = {"arch": "resnet20", "augment": True, "train_subset": 960}
    wanted = trained(**options)
    train_step, steps = step.train_step, 0

    def interrupted(*arguments):
        nonlocal steps
        steps += 1
        if steps == stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        return train_step(*arguments)

    monkeypatch.setattr(step, "train_step", interrupted)
    with pytest.raises(SystemExit) as stop:
        loop.train(config(**options), digits, tmp_path)
    assert stop.value.code == 128 + signal.SIGTERM and steps == stop_at
    loop.train(config(**options), digits, tmp_path)
    assert results(wanted) == results(tmp_path)


def test_a_folder_that_cannot_be_written_is_found_before_training(digits, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit, match="cannot write"):
        loop.train(config(epochs=10**6), digits, tmp_path / "file")


def test_a_second_interrupt_is_not_collected_but_a_second_termination_is():
    with loop.stop_signals() as stop:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    assert stop == [signal.SIGTERM, signal.SIGTERM, signal.SIGINT]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: 1 byte")])
def test_memory_that_cannot_be_had_ends_in_one_line(error):
    said = r"a run: out of memory\. A smaller --batch-size"
    with pytest.raises(SystemExit, match=said), loop.clear_errors("a run"):
        raise error


def test_other_errors_keep_their_traceback():
    with pytest.raises(RuntimeError, match="shapes"), loop.clear_errors("a run"):
        raise RuntimeError("shapes")
    with contextlib.suppress(SystemExit), loop.clear_errors("a run"):
        sys.exit(3)
