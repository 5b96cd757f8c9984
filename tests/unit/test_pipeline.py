"""Pipelined AL: the numbers of one process, with any number of workers, whatever befalls them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import (
    children,
    command,
    config,
    interrupt,
    needs_proc,
    results,
    wait_until_gone,
    without_workers,
)

from associated_learning import machine
from associated_learning.training import pipeline

SMALL = {"epochs": 2, "train_subset": 480, "augment": True}
LONG = ("--epochs", "3000", "--train-subset", "64")  # of two steps each


def pipelined(prepared, out, *flags):
    """Command line of a training by two processes."""
    return command(prepared, out, "--workers", "2", *flags)


@pytest.mark.parametrize(
    ("arch", "workers"),
    [("mlp", 2), ("cnn", 2), ("cnn", 3), ("resnet20", 2), ("vgg", 3), ("sigmoid4", 3)],
)
def test_several_workers_give_the_bits_of_one_process(prepared, trained, tmp_path, arch, workers):
    wanted = without_workers(results(trained(arch=arch, **SMALL)))
    pipeline.train(config(arch=arch, **SMALL), prepared, tmp_path, workers)
    assert json.loads((tmp_path / "metrics.json").read_text())["workers"] == workers
    assert without_workers(results(tmp_path)) == wanted


@pytest.mark.parametrize("method", ["local", "frozen"])
def test_other_methods_of_local_losses_are_shared_out_alike(prepared, trained, tmp_path, method):
    options = {"arch": "cnn", "method": method, **SMALL}
    pipeline.train(config(**options), prepared, tmp_path, 2)
    assert without_workers(results(tmp_path)) == without_workers(results(trained(**options)))


@pytest.mark.parametrize("name", ["a b", "@+[x]", "\N{LATIN SMALL LETTER U WITH DIAERESIS}%41"])
def test_workers_meet_in_a_folder_of_whatever_name(prepared, tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
    pipeline.train(config(arch="mlp", **SMALL), prepared, tmp_path / "run", 2)
    assert (tmp_path / "run/metrics.json").exists()
    assert not list((tmp_path / name).glob("associated_learning_*"))


def test_an_interface_that_is_not_there_is_named(prepared, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "eth17")
    with pytest.raises(SystemExit, match=r"eth17 is not there, or down\. GLOO_SOC.* up are: .*lo"):
        pipeline.train(config(arch="mlp", **SMALL), prepared, tmp_path, 2)


def test_an_interface_that_is_down_is_told(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_is_up", lambda name: False)
    with pytest.raises(SystemExit, match=r"lo is not there, or down\. .* up are: none"):
        pipeline.train(config(arch="mlp", **SMALL), prepared, tmp_path, 2)


def test_a_folder_for_temporary_files_of_too_long_a_name_is_told(prepared, tmp_path):
    (folder := tmp_path / ("x" * 100)).mkdir()
    run = subprocess.run(
        pipelined(prepared, tmp_path / "run"),
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    said = re.fullmatch(rf"error: TMPDIR: {folder}: .*\. Set it to a shorter path\n", run.stderr)
    assert run.returncode == 1 and said, run.stderr


def test_a_shortened_run_ends_within_an_epoch_with_several_workers_too(prepared, trained, tmp_path):
    options = {"arch": "cnn", "shorten": 1.3, **SMALL}  # 23 of 30 steps
    pipeline.train(config(**options), prepared, tmp_path, 2)
    found = without_workers(results(tmp_path))
    assert found == without_workers(results(trained(**options))) and found[0]["steps"] == 23


def test_a_run_is_resumed_with_another_number_of_workers(digits, prepared, trained, tmp_path):
    options = {"arch": "cnn", "method": "al_target_first", "train_subset": 480}
    interrupt(digits, tmp_path, steps=7, **options)
    pipeline.train(config(**options), prepared, tmp_path, 3)
    wanted, found = (without_workers(results(n)) for n in (trained(**options), tmp_path))
    assert found == wanted and wanted[0]["target_first_steps"] > 0


def begin(prepared, out, *flags):
    """Start a long run and wait for its first epoch; also its worker processes."""
    run = subprocess.Popen(
        pipelined(prepared, out, *LONG, *flags),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert any("epoch 1/3000" in line for line in run.stdout)
    return run, children(run.pid)


@needs_proc
def test_a_worker_that_dies_ends_the_run_with_its_error_and_the_run_resumes(prepared, tmp_path):
    run, processes = begin(prepared, tmp_path, "--checkpoint-seconds", "0")
    workers = [
        p
        for p in processes
        if "forkserver" in Path(f"/proc/{p}/cmdline").read_text(encoding="utf-8")
    ]
    os.kill(max(workers), signal.SIGKILL)  # the last one forked
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert error.count("\n") == 1
    assert "was killed by signal 9" in error and "goes on from its last checkpoint" in error
    assert not wait_until_gone(processes)
    again = pipelined(prepared, tmp_path, *LONG)
    run = subprocess.Popen(again, stdout=subprocess.PIPE, text=True)
    assert "goes on from step" in run.stdout.readline()
    run.terminate()
    run.communicate()


@needs_proc
def test_a_pipelined_run_that_is_terminated_saves_itself(prepared, tmp_path):
    run, processes = begin(prepared, tmp_path)
    run.terminate()
    _, error = run.communicate(timeout=60)
    assert (run.returncode, error) == (128 + signal.SIGTERM, "")
    assert (tmp_path / "checkpoint.pt").exists() and not (tmp_path / "metrics.json").exists()
    assert not wait_until_gone(processes)


@needs_proc
def test_a_signal_to_the_whole_group_loses_nothing(prepared, tmp_path):
    run, processes = begin(prepared, tmp_path)
    os.killpg(run.pid, signal.SIGTERM)
    _, error = run.communicate(timeout=60)
    assert (run.returncode, error) == (128 + signal.SIGTERM, "")
    assert (tmp_path / "checkpoint.pt").exists()
    assert not wait_until_gone(processes)


def test_too_many_workers_are_refused_in_one_line(prepared, tmp_path):
    run = subprocess.run(
        pipelined(prepared, tmp_path, "--workers", "5"), capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "error: --workers: 5; allowed: 1 to 4, one per component\n"


@needs_proc
def test_workers_do_not_outlive_the_process_that_began_them(prepared, tmp_path):
    run, processes = begin(prepared, tmp_path)
    run.kill()
    run.communicate()
    assert not wait_until_gone(processes)


@needs_proc
def test_workers_that_have_not_met_yet_do_not_outlive_the_process_that_began_them(
    prepared, tmp_path
):
    """Their parent loses them, as it does where the server that forks them is killed, and ends."""
    script = tmp_path / "lost.py"
    script.write_text(
        f"import sys; sys.path[:0] = {sys.path}\n"
        "import os, signal\n"
        "from pathlib import Path\n"
        "from associated_learning.training import pipeline\n"
        "from helpers import config\n"
        "workers = []\n"
        "def supervise(processes, *_):\n"
        "    for process in processes:\n"
        "        workers.append(process.pid)\n"
        "        os.kill(process.pid, signal.SIGSTOP)\n"
        "        process.kill = lambda: None\n"
        "pipeline._supervise = supervise\n"
        "if __name__ == '__main__':\n"
        f"    pipeline.train(config(), Path({str(prepared)!r}), Path({str(tmp_path)!r}), 2)\n"
        "    for worker in workers:\n"
        "        os.kill(worker, signal.SIGCONT)\n"
        "    print(*workers, flush=True)\n"
        "    os._exit(0)\n"
    )
    run = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    workers = [int(pid) for pid in run.stdout.readline().split()]
    assert run.wait(timeout=60) == 0 and len(workers) == 2
    left = wait_until_gone(workers)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_a_loss_that_is_not_finite_is_reported_by_its_worker(prepared, tmp_path):
    run = subprocess.run(
        pipelined(prepared, tmp_path, "--epochs", "3", "--learning-rate", "1e38"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr and "Traceback" not in run.stderr
    for line in run.stderr.splitlines():  # each worker may find one
        assert line.startswith("error: digits cnn al seed 0: epoch") and "is nan" in line
    assert not (tmp_path / "metrics.json").exists()
