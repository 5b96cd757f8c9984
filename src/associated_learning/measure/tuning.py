"""Choosing a learning rate on training images held out; no test image is looked at."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import torch

from associated_learning.data.load import Dataset
from associated_learning.errors import TrainingError
from associated_learning.files import write_json
from associated_learning.training import loop, record
from associated_learning.training.config import Config
from associated_learning.training.run import Run


def write(
    config: Config,
    data: Dataset,
    rates: Sequence[float],
    held_out: int,
    out: Path,
    checkpoint_seconds: float = 300.0,
) -> None:
    """Train once with each learning rate and look at training images that none was trained on.

    Parameters
    ----------
    config
        Of all trainings, but for the learning rate.
    data
        The prepared data set.
    rates
        Learning rates.
    held_out
        That many of the last training images; all others can be trained on.
    out
        Folder of tuning.json and the checkpoints: stopped and called again, it goes on from them.
    checkpoint_seconds
        Least time between two checkpoints.

    Raises
    ------
    ValueError
        No training images are left, or fewer than the config's subset.
    SystemExit
        As `loop.train`.

    Notes
    -----
    tuning.json holds `config`, `held_out`, `steps` of each training, `versions`, `hardware`,
    `fingerprints` (see `record.metrics`), and `trainings`, each with its `learning_rate`, the
    `accuracy` on the held-out images at its end (None where its losses were not finite) and its
    `seconds`.
    """
    data = hold_out(data, held_out, config.train_subset or 1)
    loop.require_writable(out)
    trainings = []
    checkpoints = [out / f"tuning_{rate:g}.pt" for rate in rates]
    for rate, saved in zip(rates, checkpoints, strict=True):
        run = loop.start(Run(dataclasses.replace(config, learning_rate=rate), data), saved)
        accuracy = None
        with loop.stop_signals() as stop:
            try:
                loop.run_to_end(run, saved, stop, checkpoint_seconds)
                loop.save(run, saved)
                accuracy = run.history[-1]["test_accuracy"]
            except TrainingError as error:
                print(f"{error}; rate {rate:g} is out", flush=True)
        found = {"learning_rate": rate, "accuracy": accuracy, "seconds": run.training_seconds}
        trainings.append(found)
    described = dataclasses.asdict(config)
    del described["learning_rate"]
    found = {
        "config": described,
        "held_out": held_out,
        "steps": run.total_steps,
        "trainings": trainings,
        "fingerprints": {key: run.fingerprints[key] for key in ("code", "data", "torch")},
        "versions": record.versions(),
        "hardware": record.hardware(torch.device(config.device)),
    }
    write_json(out / "tuning.json", found)
    for saved in checkpoints:
        saved.unlink(missing_ok=True)


def hold_out(data: Dataset, count: int, least: int) -> Dataset:
    """The training images without the last `count`, which stand in for the test images.

    Raises
    ------
    ValueError
        Fewer than `least` are left.
    """
    left = len(data.train_images) - count
    if left < least:
        raise ValueError(
            f"argument --held-out: {count}; allowed: 1 to {len(data.train_images) - least}"
        )
    return dataclasses.replace(
        data,
        train_images=data.train_images[:left],
        train_labels=data.train_labels[:left],
        test_images=data.train_images[left:],
        test_labels=data.train_labels[left:],
        fingerprint=f"{data.fingerprint}, the last {count} training images held out",
    )
