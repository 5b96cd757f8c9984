"""Pipelined AL: the numbers of one process, with any number of workers, whatever befalls them."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from test_training import config, results

from associated_learning import datasets, pipeline, training

SMALL = {"epochs": 2, "train_subset": 480, "augment": True}


def command(prepared, out, *flags):
    return [
        *(sys.executable, "-m", "associated_learning.commands.train"),
        *("--dataset", "digits", "--arch", "cnn", "--method", "al", "--workers", "2"),
        *("--width", "0.0625", "--target-width", "8", "--data", str(prepared), "--out", str(out)),
        *flags,
    ]


def without_workers(found):
    metrics, history, weights = found
    metrics.pop("workers")
    return metrics, history, weights


@pytest.mark.parametrize("arch", ["mlp", "cnn", "resnet20", "vgg", "sigmoid4"])
def test_two_and_three_workers_give_the_bits_of_one_process(prepared, tmp_path, arch):
    settings = config(arch=arch, method="al", **SMALL)
    training.train(settings, datasets.load(prepared, "digits"), tmp_path / "one")
    wanted = without_workers(results(tmp_path / "one"))
    for workers in (2, 3):
        out = tmp_path / str(workers)
        if arch == "mlp" and workers == 3:
            with pytest.raises(SystemExit):
                pipeline.train(settings, prepared, out, workers)
            continue
        pipeline.train(settings, prepared, out, workers)
        assert json.loads((out / "metrics.json").read_text())["workers"] == workers
        assert without_workers(results(out)) == wanted


def test_a_run_is_taken_up_with_another_number_of_workers(prepared, tmp_path):
    settings, data = config(arch="cnn", method="al_target_first"), datasets.load(prepared, "digits")
    training.train(settings, data, tmp_path / "undisturbed")
    run = training.Run(settings, data, tmp_path / "resumed" / "checkpoint.pt")
    for _ in itertools.islice(run.epoch(), 7):
        pass
    run.save()
    pipeline.train(settings, prepared, tmp_path / "resumed", 3)
    wanted, found = (without_workers(results(tmp_path / n)) for n in ("undisturbed", "resumed"))
    assert found == wanted and wanted[0]["target_first_steps"] > 0


def children(pid: int) -> list[int]:
    """All processes below one, by Linux's /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def wait_until_gone(pids: list[int]) -> list[int]:
    for _ in range(200):
        pids = [pid for pid in pids if alive(pid)]
        if not pids:
            break
        time.sleep(0.1)
    return pids


def begin(prepared, out, *flags):
    """Start a long run and wait for its first epoch; also its worker processes."""
    run = subprocess.Popen(
        command(prepared, out, "--epochs", "300", *flags),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert "epoch 1/300" in run.stdout.readline()
    return run, children(run.pid)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")


@needs_proc
def test_a_worker_that_dies_ends_the_run_with_its_error_and_the_run_resumes(prepared, tmp_path):
    run, processes = begin(prepared, tmp_path, "--checkpoint-seconds", "0")
    workers = [p for p in processes if "forkserver" in Path(f"/proc/{p}/cmdline").read_text()]
    os.kill(max(workers), signal.SIGKILL)  # the last one forked
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert error.count("\n") == 1
    assert "was killed by signal 9" in error and "goes on from its last checkpoint" in error
    assert not wait_until_gone(processes)
    again = command(prepared, tmp_path, "--epochs", "300")
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
        command(prepared, tmp_path, "--workers", "5"), capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "error: --workers: 5; allowed: 1 to 4, one a component\n"


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
        "from associated_learning import pipeline\n"
        "from test_pipeline import config\n"
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
        command(prepared, tmp_path, "--epochs", "3", "--learning-rate", "1e38"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr and "Traceback" not in run.stderr
    for line in run.stderr.splitlines():  # each worker may find one
        assert line.startswith("error: digits cnn al seed 0: epoch") and "is nan" in line
    assert not (tmp_path / "metrics.json").exists()


@pytest.mark.parametrize(
    ("costs", "workers", "shares"),
    [
        ([1, 1, 1, 1], 2, [(0, 2), (2, 4)]),
        ([5, 1, 1, 1], 2, [(0, 1), (1, 4)]),
        ([1, 2, 3, 4], 2, [(0, 3), (3, 4)]),
        ([1, 1, 8, 1, 1], 3, [(0, 2), (2, 3), (3, 5)]),
        ([3], 1, [(0, 1)]),
    ],
)
def test_components_are_grouped_so_that_the_slowest_worker_is_quickest(costs, workers, shares):
    found = pipeline.balanced(costs, workers)
    assert [(share.start, share.stop) for share in found] == shares


def test_grouping_is_the_best_of_all():
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        costs = torch.rand(7, generator=generator).tolist()
        for workers in range(1, 8):
            every = itertools.combinations(range(1, 7), workers - 1)
            best = min(
                max(sum(costs[a:b]) for a, b in itertools.pairwise((0, *cuts, 7))) for cuts in every
            )
            found = pipeline.balanced(costs, workers)
            assert max(sum(costs[k] for k in share) for share in found) == pytest.approx(best)
            assert [k for share in found for k in share] == list(range(7))


def test_more_workers_than_components_are_refused():
    with pytest.raises(training.TrainingError, match="--workers: 3; allowed: 1 to 2"):
        pipeline.balanced([1.0, 1.0], 3)
