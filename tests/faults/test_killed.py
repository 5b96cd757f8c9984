"""A training that is killed goes on where it was, and ends bit-equal to an undisturbed one."""

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import (
    children,
    config,
    needs_proc,
    results,
    wait_until_gone,
    without_workers,
)

from associated_learning.data import load
from associated_learning.training import loop

KILLS, PIPELINED_KILLS = 40, 8
RUNS = [
    config(arch="mlp", method="al"),
    config(arch="cnn", method="al_target_first", epochs=1, augment=True),
    config(arch="resnet20", method="bp", epochs=1, train_subset=480),
    config(arch="sigmoid4", method="same_path", epochs=1),
]
PIPELINED = config(arch="cnn", method="al", epochs=2)


def train(settings, prepared, out):
    """All of a training, in a process of its own, with a checkpoint after every step."""
    with loop.clear_errors(settings.name):
        loop.train(settings, load.load(prepared, "digits"), out, checkpoint_seconds=0)


def undisturbed(settings, prepared, out):
    """Results of a training that nothing befalls."""
    train(settings, prepared, out)
    return results(out)


@pytest.fixture(scope="module")
def processes():
    """How processes are begun that have torch already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["associated_learning.training.pipeline"])
    return context


def test_a_training_killed_at_any_moment_ends_bit_equal(
    prepared, tmp_path, processes, survived, capsys
):
    moments = random.Random(6)
    wanted, seconds = [], []
    for number, settings in enumerate(RUNS):
        out = tmp_path / f"undisturbed{number}"
        wanted.append(undisturbed(settings, prepared, out))
        # Also as long as it takes in a process like those to be killed.
        begun = time.monotonic()
        process = processes.Process(
            target=train, args=(settings, prepared, tmp_path / f"t{number}")
        )
        process.start()
        process.join()
        seconds.append(time.monotonic() - begun)
    kills = resumed = 0
    for attempt in range(4 * KILLS):
        if kills == KILLS:
            break
        which = attempt % len(RUNS)
        out = tmp_path / f"killed{attempt}"
        process = processes.Process(target=train, args=(RUNS[which], prepared, out))
        process.start()
        time.sleep(moments.uniform(0, seconds[which]))
        process.kill()
        process.join()
        if process.exitcode == 0:  # it was quicker
            seconds[which] *= 0.95
            continue
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        done = survived("SIGKILL of a training at a random moment, then run again")
        saved = (out / "checkpoint.pt").exists()
        capsys.readouterr()
        train(RUNS[which], prepared, out)
        assert ("goes on from step" in capsys.readouterr().out) == saved
        resumed += saved
        assert results(out) == wanted[which]
        assert not (out / "checkpoint.pt").exists()
        done()
    assert kills == KILLS
    assert resumed > KILLS / 3  # the others were killed before their first step or after the last


def command_line(pid):
    """What a process was begun with; empty if it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    return ""


@needs_proc
def test_a_pipelined_training_killed_at_any_moment_ends_bit_equal(prepared, tmp_path, survived):
    """Its first process or a worker; resumed by one process or by two, to the same bits."""
    moments = random.Random(7)
    wanted = without_workers(undisturbed(PIPELINED, prepared, tmp_path / "undisturbed"))

    def begin(out):
        arguments = f"Path({str(prepared)!r}), Path({str(out)!r}), 2, checkpoint_seconds=0"
        code = (
            f"import sys; sys.path[:0] = {sys.path}\n"
            "from pathlib import Path\n"
            "from associated_learning.training import pipeline\n"
            "from test_killed import PIPELINED\n"
            "if __name__ == '__main__':\n"
            f"    pipeline.train(PIPELINED, {arguments})\n"
        )
        script = tmp_path / f"{out.name}.py"
        script.write_text(code)
        return subprocess.Popen(
            [sys.executable, script], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    begun = time.monotonic()
    assert begin(tmp_path / "whole").wait() == 0
    seconds = time.monotonic() - begun
    assert without_workers(results(tmp_path / "whole")) == wanted
    kills = resumed = 0
    for attempt in range(4 * PIPELINED_KILLS):
        if kills == PIPELINED_KILLS:
            break
        out = tmp_path / f"killed{attempt}"
        run = begin(out)
        # Its first half is importing torch.
        time.sleep(moments.uniform(0.3 * seconds, seconds))
        below = children(run.pid)
        workers = [pid for pid in below if "forkserver" in command_line(pid)]
        victim = moments.choice([run.pid, *workers])
        if run.poll() is not None:
            seconds *= 0.9
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        if run.wait(timeout=60) == 0:  # the victim had nothing to do any more
            continue
        kills += 1
        done = survived("SIGKILL of a process of a pipelined training, then run again")
        assert not wait_until_gone(below)
        resumed += (out / "checkpoint.pt").exists()
        if kills % 4:
            train(PIPELINED, prepared, out)
        else:
            assert begin(out).wait() == 0
        assert without_workers(results(out)) == wanted
        done()
    assert kills == PIPELINED_KILLS
    assert resumed > PIPELINED_KILLS / 3
