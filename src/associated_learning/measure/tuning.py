"""Choosing a learning rate on training images held out; no test image is looked at."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from associated_learning.data.load import Dataset
from associated_learning.errors import TrainingError
from associated_learning.files import write_json
from associated_learning.training import loop, record
from associated_learning.training.config import Config
from associated_learning.training.graph import make_run

FACTOR = 3  # between the end of the grid of rates and the next one beyond it
EXTENSIONS = 2  # at most, beyond each end


def write(
    config: Config,
    data: Dataset,
    rates: Sequence[float],
    held_out: int,
    out: Path,
    checkpoint_seconds: float = 300.0,
    overwrite: bool = False,
) -> None:
    """Train once with each learning rate and look at training images that none was trained on.

    Where the best rate is at an end of the grid, one more beyond it is tried, twice at most.

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
    overwrite
        Whether another comparison that is finished in that folder may be replaced.

    Raises
    ------
    ValueError
        No training images are left, or fewer than the config's subset.
    SystemExit
        As `loop.train`; or another comparison lies there.

    Notes
    -----
    tuning.json holds `config`, `held_out`, `steps` of each training, `versions`, `hardware`,
    `fingerprints` (see `record.fingerprints`) with the `rates` asked for, and `trainings`, each
    with its `learning_rate`, whether that is an `extension` of the grid, the `accuracy` on the
    held-out images at its end, that of all `prefixes` (None where its losses were not finite), and
    its `seconds`.
    """
    data = hold_out(data, held_out, config.train_subset or 1)
    fingerprints = record.fingerprints(config, data) | {"rates": list(rates)}
    if record.finished(out / "tuning.json", fingerprints, overwrite):
        return
    loop.require_writable(out)
    trainings: list[dict[str, Any]] = []
    checkpoints = []
    waiting = list(rates)
    print(f"{config.name} | test accuracies below are of {held_out} held-out training images")
    while waiting:
        rate = waiting.pop(0)
        print(f"{config.name} | learning rate {rate:g}", flush=True)
        checkpoints.append(saved := out / f"tuning_{rate:g}.pt")
        run = loop.start(make_run(dataclasses.replace(config, learning_rate=rate), data), saved)
        accuracy, prefixes = None, None
        with loop.stop_signals() as stop:
            try:
                loop.run_to_end(run, saved, stop, checkpoint_seconds)
                loop.save(run, saved)
                prefixes = [v for k, v in run.history[-1].items() if "prefix" in k]
                accuracy = prefixes[-1]
            except TrainingError as error:
                print(f"{error}; rate {rate:g} is out", flush=True)
        found = {"learning_rate": rate, "extension": rate not in rates, "accuracy": accuracy}
        trainings.append(found | {"prefixes": prefixes, "seconds": run.training_seconds})
        if not waiting and (beyond := extension(trainings)):
            waiting.append(beyond)
    described = dataclasses.asdict(config)
    del described["learning_rate"]
    found = {
        "config": described,
        "held_out": held_out,
        "steps": run.total_steps,
        "trainings": trainings,
        "fingerprints": fingerprints,
        "versions": record.versions(),
        "hardware": record.hardware(torch.device(config.device)),
    }
    write_json(out / "tuning.json", found)
    for saved in checkpoints:
        saved.unlink(missing_ok=True)
    for one in trainings:
        accuracy = "losses not finite" if one["accuracy"] is None else f"{one['accuracy']:.4f}"
        print(f"{config.name} | learning rate {one['learning_rate']:g}: {accuracy}")
    print(f"{config.name} | finished: {out / 'tuning.json'}", flush=True)


def extension(trainings: Sequence[dict[str, Any]]) -> float | None:
    """The rate to try next, beyond that end of the rates where the best one is; None if it is not.

    Nor is there one where the best is no better than its neighbour, as of a network at chance.

    Parameters
    ----------
    trainings
        With `learning_rate`, `extension` and `accuracy` (see `write`). Of equals the lowest rate is
        the best; where all losses were not finite, it lies below all.
    """
    found = {one["learning_rate"]: one["accuracy"] for one in trainings}
    grid = [one["learning_rate"] for one in trainings if not one["extension"]]
    rates = sorted(found)
    finite = [rate for rate in rates if found[rate] is not None]
    best = max(finite, key=found.__getitem__) if finite else rates[0]
    below = best == rates[0]
    beyond = [rate for rate in rates if (rate < min(grid) if below else rate > max(grid))]
    if not (below or best == rates[-1]) or len(beyond) == EXTENSIONS:
        return None
    if finite and found[best] in [found[rate] for rate in (rates[1:2] if below else rates[-2:-1])]:
        return None
    # In three digits: 0.0003 / 3 is 0.0001.
    return float(f"{best / FACTOR if below else best * FACTOR:.3g}")


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
