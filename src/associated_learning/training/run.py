"""A training between two of its steps, for every kind of network (thesis appendix A).

This and what it imports decide the numbers of a run, and are its fingerprint. How a run is told to
go on, saved and written down stands in `loop`, `checkpoint` and `record`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from associated_learning import build
from associated_learning.data import images
from associated_learning.errors import TrainingError
from associated_learning.training import evaluation, step
from associated_learning.training.process import set_up_process

if TYPE_CHECKING:
    from associated_learning.data.load import Dataset
    from associated_learning.training.config import Config

LOSS_CHECK_STEPS = 50  # how often losses are looked at: a look waits for the device
# What a checkpoint holds besides network, optimisers and generators.
PLAIN_STATE = (
    "step",
    "history",
    "losses",
    "past_seconds",
    "training_seconds",
    "initial_gradient_norms",
    "before",
)


class Run:
    """A training: first `begin` it or `restore` an earlier state, then train it epoch by epoch.

    Parameters
    ----------
    config
        What to compute.
    data
        The prepared data set.

    Attributes
    ----------
    fingerprints
        Of config, code and data (see `record.fingerprints`), set where the run is started.

    Raises
    ------
    TrainingError
        There are fewer images than one batch holds.
    """

    workers = 1  # processes
    fingerprints: dict[str, Any]

    def __init__(self, config: Config, data: Dataset) -> None:
        set_up_process(config)
        self.started = time.monotonic()
        self.config, self.data = config, data
        self.device = torch.device(config.device)
        # Another method draws otherwise, so that runs of two methods are independent samples.
        seeds = np.random.SeedSequence([config.seed, *config.method.encode()]).generate_state(3)
        self.order = torch.Generator().manual_seed(int(seeds[0]))
        self.augmentation = torch.Generator(self.device).manual_seed(int(seeds[1]))
        torch.manual_seed(int(seeds[2]))

        self.images = data.train_images[: config.train_subset].to(self.device)
        self.labels = data.train_labels[: config.train_subset].to(self.device)
        self.mean_image = data.mean_image.to(self.device)
        # An incomplete last batch is left out; the next epoch's shuffle uses its images again.
        self.steps_per_epoch = len(self.images) // config.batch_size
        if self.steps_per_epoch == 0:
            raise TrainingError(f"--batch-size: {config.batch_size} > {len(self.images)} images")
        self.total_steps = max(1, int(config.epochs * self.steps_per_epoch / config.shorten))
        self.looks = evaluation.looks(
            self.total_steps, self.steps_per_epoch, config.batch_size, len(data.test_images)
        )

        self.network = build.build(
            config.arch,
            config.method,
            tuple(data.train_images.shape[1:]),
            len(data.classes),
            config.width,
            config.target_width,
        ).to(self.device)
        self.columns = loss_columns(self.network)

    def begin(self) -> None:
        """Make the state before the first step."""
        self.step, self.history, self.past_seconds, self.training_seconds = 0, [], 0.0, 0.0
        self.losses = torch.zeros(self.steps_per_epoch, len(self.columns), device=self.device)
        self.order_state = self.order.get_state()  # as it was when the current epoch began
        self.before = self.network.before_training(self.device, self.config.name)
        self.optimisers = self.make_optimisers(self.network)
        self.initial_gradient_norms = self.gradient_norms()

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimisers = self.make_optimisers(self.network)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state(saved)
        self.augmentation.set_state(state["augmentation"].cpu())
        self.order_state = state["order_state"].cpu()
        for name in PLAIN_STATE:
            setattr(self, name, state[name])

    def state(self) -> dict[str, Any]:
        """All that a checkpoint has to hold."""
        return {name: getattr(self, name) for name in PLAIN_STATE} | {
            "past_seconds": self.total_seconds(),
            "order_state": self.order_state,
            "augmentation": self.augmentation.get_state(),
            "optimisers": [optimiser.state() for optimiser in self.optimisers],
            "network": self.network.state_dict(),
        }

    def epoch(self) -> Iterator[bool]:
        """Train to the end of the current epoch or the run; yields after a step whether it came."""
        size = self.config.batch_size
        self.order.set_state(self.order_state)
        shuffled = torch.randperm(len(self.images), generator=self.order).to(self.device)
        for index in range(self.step % self.steps_per_epoch, self.steps_per_epoch):
            started = time.monotonic()
            self.losses[index] = self.step_on(shuffled[index * size : (index + 1) * size])
            self.step += 1
            last = self.ends_epoch()
            if last:
                self.order_state = self.order.get_state()
            if last or self.step % LOSS_CHECK_STEPS == 0:
                self.check_finite(index + 1)
            self.training_seconds += time.monotonic() - started
            yield last
            if last:
                return

    def ends_epoch(self) -> bool:
        """Whether the last step was that of an epoch; the run's last epoch may be shorter."""
        return self.step % self.steps_per_epoch == 0 or self.step == self.total_steps

    def evaluate(self) -> dict[str, float]:
        """Add a row to the history, on as many test images as `looks` says; returns that row.

        Losses are means since the last row, or since the epoch began where that was later.
        """
        count = self.looks[self.step]
        test = (evaluation.evenly(t, count) for t in (self.data.test_images, self.data.test_labels))
        accuracies = evaluation.prefix_accuracies(self.network, *test, self.prepared)
        epoch_began = (self.step - 1) // self.steps_per_epoch * self.steps_per_epoch
        last = max(self.history[-1]["step"] if self.history else 0, epoch_began)
        losses = self.losses[last - epoch_began : self.step - epoch_began].mean(0).tolist()
        row = {
            "epoch": self.step / self.steps_per_epoch,
            "step": self.step,
            "learning_rate": self.config.learning_rate * self.schedule_factor(self.step - 1),
            **dict(zip(self.columns, losses, strict=True)),
            "test_images": count,
            "test_accuracy": accuracies[-1],
            **{f"test_accuracy_prefix_{k}": a for k, a in enumerate(accuracies, start=1)},
            "training_seconds": self.training_seconds,
        }
        self.history.append(row)
        return row

    def step_on(self, batch: Tensor) -> Tensor:
        """Take one step on training images, given by their indices; returns all losses, flat."""
        augmentation = self.augmentation if self.config.augment else None
        return self.update(self.prepared(self.images[batch], augmentation), self.labels[batch])

    def update(self, x: Tensor, labels: Tensor) -> Tensor:
        """Take one step; returns all losses, flat."""
        return step.train_step(
            self.network, self.optimisers, x, labels, self.schedule_factor(self.step)
        )

    def make_optimisers(self, network: Any) -> list[step.Adam]:
        """The optimiser of each part of such a network, as the config and the thesis have it."""
        config = self.config
        protocol = build.protocol(config.arch, config.method, len(self.data.classes))
        rates = config.learning_rate, config.target_lr_factor
        return step.make_optimisers(network, *rates, config.l2, protocol.l2_layers)

    def schedule_factor(self, at: int) -> float:
        """Factor on the learning rates at a step."""
        return step.schedule_factor(self.config.schedule, at, self.total_steps)

    def prepared(self, some: Tensor, augmentation: torch.Generator | None = None) -> Tensor:
        """Images as the network's input."""
        some = some.to(self.device)
        return images.prepare(some, self.mean_image, self.data.standardised, augmentation)

    def gradient_norms(self) -> list[float]:
        """Norms by forward layer, on the first training images (see `evaluation`)."""
        some = slice(evaluation.GRADIENT_IMAGES)
        x = self.prepared(self.images[some])
        return evaluation.gradient_norms(self.network, x, self.labels[some])

    def check_finite(self, steps: int) -> None:
        """Stop at the first loss of this epoch that is not finite."""
        wrong = (~torch.isfinite(self.losses[:steps])).nonzero()
        if len(wrong):
            index, column = wrong[0].tolist()
            epoch = (self.step - 1) // self.steps_per_epoch
            raise TrainingError(
                f"{self.config.name}: epoch {epoch + 1}, step "
                f"{epoch * self.steps_per_epoch + index + 1}: the loss {self.columns[column]} is "
                f"{self.losses[index, column].item()} (the number is the component's). Nothing is "
                "written as finished. A smaller --learning-rate may help"
            )

    def total_seconds(self) -> float:
        """Since the run began, without the time between a stop and the next start."""
        return self.past_seconds + time.monotonic() - self.started


def loss_columns(network: Any) -> list[str]:
    """Names of the losses, flat: associated_1, inverse_1, associated_2, ...; cross_entropy."""
    names, parts = network.loss_names, len(network.parts())
    if parts == 1 and len(names) == 1:
        return list(names)
    return [f"{name}_{k}" for k in range(1, parts + 1) for name in names]
