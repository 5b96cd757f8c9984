"""The loop around a run: started or restored, trained to its end, saved, stopped, written down."""

import contextlib
import re
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from associated_learning.data.load import Dataset
from associated_learning.errors import TrainingError
from associated_learning.files import atomic_write
from associated_learning.training import checkpoint, record
from associated_learning.training.config import Config
from associated_learning.training.graph import make_run
from associated_learning.training.run import Run

# Steps of a process whose time tells how much is left, and the seconds from which that is said.
FIRST_TIMED, LAST_TIMED = 10, 60
WORTH_SAYING = 60.0
TOO_LARGE = re.compile("can't allocate memory|overflow", re.IGNORECASE)


def train(
    config: Config, data: Dataset, out: Path, checkpoint_seconds: float = 300.0
) -> dict[str, Any]:
    """Train one network and write `weights.safetensors`, `history.csv` and, last, `metrics.json`.

    Interrupted at any point and called again, it goes on from the last checkpoint, a file in `out`,
    and ends bit-equal to an undisturbed run on the same machine with as many threads.

    Parameters
    ----------
    config
        What to compute.
    data
        The prepared data set.
    out
        Folder of this run.
    checkpoint_seconds
        Least time between two checkpoints.

    Returns
    -------
    What metrics.json holds.

    Raises
    ------
    TrainingError
        A loss is not finite, or the data do not fit the config.
    SystemExit
        SIGTERM or SIGINT came: a checkpoint is written, the status is 128 + signal. Or a file
        cannot be written.
    """
    require_writable(out)
    saved = out / "checkpoint.pt"
    run = start(make_run(config, data), saved)
    with stop_signals() as stop:
        run_to_end(run, saved, stop, checkpoint_seconds)
    return finish(run, out, saved)


def require_writable(out: Path) -> None:
    """Try to write in a run's folder: better to fail now than after days."""
    with atomic_write(out / "checkpoint.pt.probe") as probe:
        probe.write_bytes(b"")
    (out / "checkpoint.pt.probe").unlink()


def start(run: Run, saved: Path) -> Run:
    """Restore a run from its checkpoint if that is of this very run, or begin it."""
    run.fingerprints = record.fingerprints(run.config, run.data)
    state = checkpoint.load(saved, run.fingerprints, run.device)
    if state:
        run.restore(state)
    else:
        run.begin()
    return run


def finish(run: Run, out: Path, saved: Path) -> dict[str, Any]:
    """Write the results of a run, say where, and forget its checkpoint; what metrics.json holds."""
    metrics = record.write_results(run, out)
    saved.unlink(missing_ok=True)
    print(f"{run.config.name} | finished: {out / 'metrics.json'}", flush=True)
    return metrics


def save(run: Run, saved: Path) -> None:
    """Write a checkpoint."""
    checkpoint.save(saved, run.fingerprints, run.state())


def run_to_end(run: Run, saved: Path, stop: list[int], checkpoint_seconds: float) -> None:
    """Train, evaluate and save until the last step, or until there is a signal in `stop`."""
    last_save, name = time.monotonic(), run.config.name
    begun = f"goes on from step {run.step} of" if run.step else "begins:"
    epochs = f"{run.total_steps / run.steps_per_epoch:g} epochs of {run.steps_per_epoch}"
    print(f"{name} | {begun} {run.total_steps} steps, {epochs}", flush=True)
    first, last = run.step + FIRST_TIMED, run.step + LAST_TIMED
    timed_from = last_save
    bar = tqdm(total=run.total_steps, initial=run.step, desc=name, unit="step", disable=None)
    with bar:
        while run.step < run.total_steps:
            for end_of_epoch in run.epoch():
                bar.update()
                if run.step == first:
                    timed_from = time.monotonic()
                if run.step == last:
                    each = (time.monotonic() - timed_from) / (last - first)
                    left = each * (run.total_steps - run.step)
                    if left >= WORTH_SAYING:
                        with tqdm.external_write_mode():
                            print(f"{name} | about {_time(left)} left", flush=True)
                row = run.evaluate() if run.step in run.looks else None
                if end_of_epoch:
                    with tqdm.external_write_mode():
                        print(in_words(run, row), flush=True)
                if stop or time.monotonic() - last_save >= checkpoint_seconds:
                    save(run, saved)
                    last_save = time.monotonic()
                if stop:
                    print(
                        f"{name} | stopped at step {run.step} of {run.total_steps}, saved in"
                        f" {saved}; the same command goes on",
                        flush=True,
                    )
                    raise SystemExit(128 + stop[0])


def in_words(run: Run, row: dict[str, float] | None) -> str:
    """The end of an epoch as one line, with its row of the history if it has one.

    Of several components it counts those that have started: right more than twice as often as
    chance; of their losses it gives the means. The first line of the training names the run.
    """
    epoch, epochs = (step / run.steps_per_epoch for step in (run.step, run.total_steps))
    said = [f"epoch {epoch:g}/{epochs:g}"]
    if row:
        prefixes = [value for key, value in row.items() if "prefix" in key]
        accuracy = f"test accuracy {row['test_accuracy']:.4f}"
        if len(prefixes) > 1:
            started = sum(value > 2 / len(run.data.classes) for value in prefixes)
            accuracy += f", {started}/{len(prefixes)} started"
        said.append(accuracy)
        for name in run.network.loss_names:
            losses = [row[column] for column in run.columns if column.startswith(name)]
            said.append(f"{name} {statistics.fmean(losses):.3g}")
    left = run.training_seconds / run.step * (run.total_steps - run.step)
    return " | ".join([*said, f"{_time(run.training_seconds)}, {_time(left)} left"])


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 3600:.1f} h"


@contextlib.contextmanager
def clear_errors(name: str) -> Iterator[None]:
    """Turn what a user can do something about into an end with a clear message."""
    try:
        yield
    except TrainingError as error:
        sys.exit(f"error: {error}")
    except (MemoryError, RuntimeError) as error:
        # torch reports memory that cannot be had, or counted, as a RuntimeError of this wording.
        memory = (MemoryError, torch.OutOfMemoryError)
        if not isinstance(error, memory) and not TOO_LARGE.search(str(error)):
            raise
        sys.exit(
            f"error: {name}: out of memory. A smaller --batch-size, --width or --target-width needs"
            " less"
        )


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT instead of dying of them; a second SIGINT interrupts as usual."""
    caught: list[int] = []

    def catch(number: int, _frame: object) -> None:
        caught.append(number)
        # SIGTERM is only ever collected: at a time limit Slurm sends it twice within milliseconds.
        if number == signal.SIGINT:
            signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, catch) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
