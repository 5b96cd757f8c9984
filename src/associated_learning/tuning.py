"""Choosing a learning rate on training images held out; no test image is looked at."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from associated_learning import training
from associated_learning.datasets import Dataset


def measure(
    config: training.Config,
    data: Dataset,
    rates: Sequence[float],
    held_out: int,
    out: Path,
    checkpoint_seconds: float = 300.0,
) -> dict[str, Any]:
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
        Folder of the checkpoints: stopped and called again, it goes on from them.
    checkpoint_seconds
        Least time between two checkpoints.

    Returns
    -------
    `config`, `held_out`, `steps` of each training, `versions`, `hardware`, `fingerprints` (see
    `training.Run.metrics`), and `trainings`, each with its `learning_rate`, the `accuracy` on the
    held-out images at its end (None where its losses were not finite) and its `seconds`.

    Raises
    ------
    ValueError
        No training images are left, or fewer than the config's subset.
    SystemExit
        As `training.train`.
    """
    data = hold_out(data, held_out, config.train_subset or 1)
    training.require_writable(out)
    trainings = []
    checkpoints = [out / f"tuning_{rate:g}.pt" for rate in rates]
    for rate, saved in zip(rates, checkpoints, strict=True):
        run = training.Run(dataclasses.replace(config, learning_rate=rate), data, saved)
        accuracy = None
        with training.stop_signals() as stop:
            try:
                training.run_to_end(run, stop, checkpoint_seconds)
                run.save()
                accuracy = run.history[-1]["test_accuracy"]
            except training.TrainingError as error:
                print(f"{error}; rate {rate:g} is out", flush=True)
        found = {"learning_rate": rate, "accuracy": accuracy, "seconds": run.training_seconds}
        trainings.append(found)
    for saved in checkpoints:
        saved.unlink(missing_ok=True)
    described = dataclasses.asdict(config)
    del described["learning_rate"]
    return {
        "config": described,
        "held_out": held_out,
        "steps": run.total_steps,
        "trainings": trainings,
        "fingerprints": {key: run.fingerprints[key] for key in ("code", "data", "torch")},
        "versions": training.versions(),
        "hardware": training.hardware(torch.device(config.device)),
    }


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
