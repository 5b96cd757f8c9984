"""The one training loop, for every kind of network (thesis appendix A; deviations: README)."""

import contextlib
import copy
import csv
import ctypes
import dataclasses
import hashlib
import json
import math
import os
import platform
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from tqdm import tqdm

from associated_learning import architectures, checkpoint, images
from associated_learning.datasets import Dataset
from associated_learning.files import whole
from associated_learning.network import (
    AssociatedNetwork,
    BackpropNetwork,
    SamePathMSENetwork,
    SamePathNetwork,
)
from associated_learning.optimiser import Adam, optimisers

# How a network learns. The last three are ours: the target path trained first, and AL's inference
# path trained end to end by backpropagation with cross-entropy or mean squared error.
METHODS: dict[str, type[AssociatedNetwork | BackpropNetwork]] = {
    "bp": BackpropNetwork,
    "al": AssociatedNetwork,
    "al_target_first": AssociatedNetwork,
    "same_path": SamePathNetwork,
    "same_path_mse": SamePathMSENetwork,
}
# What decides numbers, beside architectures/.
CODE = ("training.py", "network.py", "optimiser.py", "images.py")
# The thesis' protocol where it is the same for every cell; architectures/ holds the rest.
PROTOCOL = {"epochs": 200, "batch_size": 32, "schedule": "step", "width": 1.0}
SCHEDULES = ("step", "cosine", "constant")
TEST_BATCH = 500
GRADIENT_IMAGES = 500  # the first training images, on which norms of gradients are taken
# Networks are evaluated after every epoch and, as AL's components start within the first, here.
EVALUATED_STEPS = {digit * 10**power for power in range(1, 4) for digit in (1, 2, 5)} - {10, 20}
LOSS_CHECK_STEPS = 50  # how often losses are looked at: a look waits for the device


class TrainingError(Exception):
    """A run that cannot go on, with a message that says where it stands and what to do."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a run computes; `resolve` fills in the thesis' protocol."""

    dataset: str
    arch: str
    method: str
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float  # of f and b, or of the whole BP network
    target_lr_factor: float  # times that for g and h; 1 where there is no target path
    schedule: str
    l2: float
    width: float
    target_width: int
    train_subset: int | None  # the first N training images; None for all
    augment: bool
    device: str
    threads: int
    tf32: bool  # matrix products on a GPU with 10 bits of mantissa

    @property
    def name(self) -> str:
        """The run in words, for messages."""
        return f"{self.dataset} {self.arch} {self.method} seed {self.seed}"


def resolve(options: dict[str, Any]) -> Config:
    """Complete what a user gave by the thesis' protocol (thesis appendix A).

    Parameters
    ----------
    options
        The fields of Config; None, where the protocol depends on the cell, stands for its value.

    Raises
    ------
    ValueError
        The protocol has no value for this cell, or the device is not there.
    """
    dataset, arch, method = options["dataset"], options["arch"], options["method"]
    protocol = architectures.family(arch)[0].protocol(dataset, method)
    has_target_path = method in ("al", "al_target_first")
    if options["target_lr_factor"] and not has_target_path:
        raise ValueError(f"argument --target-lr-factor: not allowed with --method {method}")
    defaults = PROTOCOL | {
        "learning_rate": protocol.learning_rate,
        "l2": protocol.l2,
        "target_width": protocol.target_width,
        "target_lr_factor": 2.0 if has_target_path else 1.0,
        "augment": dataset in images.STANDARDISED,
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "tf32": False,
    }
    chosen = {key: defaults.get(key) if value is None else value for key, value in options.items()}
    if chosen["device"] == "cuda" and not torch.cuda.is_available():
        raise ValueError("argument --device: 'cuda': there is none here; allowed: auto, cpu")
    if chosen["tf32"] and chosen["device"] == "cpu":
        raise ValueError("argument --tf32: not allowed with --device cpu")
    if chosen["target_width"] is None:
        raise ValueError(
            f"argument --target-width: missing; the thesis has no {arch} on {dataset}; allowed: "
            "whole numbers from 1 up"
        )
    return Config(**chosen)


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
    run = Run(config, data, out / "checkpoint.pt")
    with stop_signals() as stop:
        run_to_end(run, stop, checkpoint_seconds)
    return write_results(run, out)


def require_writable(out: Path) -> None:
    """Try to write in a run's folder: better to fail now than after days."""
    with whole(out / "checkpoint.pt.probe") as probe:
        probe.write_bytes(b"")
    (out / "checkpoint.pt.probe").unlink()


def run_to_end(run: "Run", stop: list[int], checkpoint_seconds: float) -> None:
    """Train, evaluate and save until the last step, or until there is a signal in `stop`."""
    last_save, name = time.monotonic(), run.config.name
    if run.step:
        print(f"{name} | goes on from step {run.step} of {run.total_steps}", flush=True)
    bar = tqdm(total=run.total_steps, initial=run.step, desc=name, unit="step", disable=None)
    with bar:
        while run.step < run.total_steps:
            for end_of_epoch in run.epoch():
                bar.update()
                if end_of_epoch or run.step in EVALUATED_STEPS:
                    line = run.evaluate()
                    if end_of_epoch:
                        with tqdm.external_write_mode():
                            print(line, flush=True)
                if stop or time.monotonic() - last_save >= checkpoint_seconds:
                    run.save()
                    last_save = time.monotonic()
                if stop:
                    raise SystemExit(128 + stop[0])


def write_results(run: "Run", out: Path) -> dict[str, Any]:
    """Write the files of a finished run, metrics.json last; returns what that holds."""
    metrics = run.metrics()
    with whole(out / "weights.safetensors") as partial:
        weights = {name: w.contiguous() for name, w in run.network.state_dict().items()}
        # Python's own writing: a full disk is then an OSError.
        partial.write_bytes(safetensors.torch.save(weights))
    with whole(out / "history.csv") as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(run.history[0]))
        writer.writeheader()
        writer.writerows(run.history)
    with whole(out / "metrics.json") as partial:
        partial.write_text(json.dumps(metrics, indent=1) + "\n")
    run.saved.unlink(missing_ok=True)
    return metrics


class Run:
    """A training between two of its steps: all that a checkpoint has to hold.

    Parameters
    ----------
    config, data
        As for `train`.
    saved
        Where the checkpoint lies; one that belongs to this run is taken up.
    """

    workers = 1  # processes

    def __init__(self, config: Config, data: Dataset, saved: Path) -> None:
        set_up_process(config)
        self.started = time.monotonic()
        self.config, self.data, self.saved = config, data, saved
        self.device = torch.device(config.device)
        # Another method draws otherwise, so that runs of two methods are independent samples.
        seeds = np.random.SeedSequence([config.seed, *config.method.encode()]).generate_state(3)
        self.order = torch.Generator().manual_seed(int(seeds[0]))
        self.augmentation = torch.Generator(self.device).manual_seed(int(seeds[1]))
        torch.manual_seed(int(seeds[2]))

        self.images = data.train_images[: config.train_subset].to(self.device)
        self.labels = data.train_labels[: config.train_subset].to(self.device)
        self.mean_image = data.mean_image.to(self.device)
        # An incomplete last batch is left out; the next epoch's shuffle takes its images up.
        self.steps_per_epoch = len(self.images) // config.batch_size
        if self.steps_per_epoch == 0:
            raise TrainingError(f"--batch-size: {config.batch_size} > {len(self.images)} images")
        self.total_steps = config.epochs * self.steps_per_epoch

        self.network = architectures.build(
            config.arch,
            METHODS[config.method],
            tuple(data.train_images.shape[1:]),
            len(data.classes),
            config.width,
            config.target_width,
        ).to(self.device)
        self.columns = loss_columns(self.network)
        self.fingerprints = fingerprints(config, data)
        state = checkpoint.load(saved, self.fingerprints, self.device)
        if state:
            self._take_up(state)
        else:
            self._begin()

    def _begin(self) -> None:
        self.step, self.history, self.past_seconds, self.training_seconds = 0, [], 0.0, 0.0
        self.losses = torch.zeros(self.steps_per_epoch, len(self.columns), device=self.device)
        self.order_state = self.order.get_state()  # as it was when the current epoch began
        self.target_first = {}
        if self.config.method == "al_target_first":
            self.target_first = train_target_path(self.network, self.device, self.config.name)
        self.optimisers = make_optimisers(self.network, self.config)
        self.initial_gradient_norms = self._gradient_norms()

    def _take_up(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimisers = make_optimisers(self.network, self.config)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state(saved)
        self.augmentation.set_state(state["augmentation"].cpu())
        self.order_state = state["order_state"].cpu()
        for name in _PLAIN_STATE:
            setattr(self, name, state[name])

    def save(self) -> None:
        """Write a checkpoint."""
        state = {name: getattr(self, name) for name in _PLAIN_STATE}
        state["past_seconds"] = self._total_seconds()
        state["order_state"] = self.order_state
        state["augmentation"] = self.augmentation.get_state()
        state["optimisers"] = [optimiser.state() for optimiser in self.optimisers]
        state["network"] = self.network.state_dict()
        checkpoint.save(self.saved, self.fingerprints, state)

    def epoch(self) -> Iterator[bool]:
        """Train to the end of the current epoch; yields after a step whether it was the last."""
        config, size = self.config, self.config.batch_size
        self.order.set_state(self.order_state)
        shuffled = torch.randperm(len(self.images), generator=self.order).to(self.device)
        for index in range(self.step % self.steps_per_epoch, self.steps_per_epoch):
            started = time.monotonic()
            batch = shuffled[index * size : (index + 1) * size]
            augmentation = self.augmentation if config.augment else None
            x = self.prepared(self.images[batch], augmentation)
            self.losses[index] = self._update(x, self.labels[batch])
            last = index + 1 == self.steps_per_epoch
            self.step += 1
            if last:
                self.order_state = self.order.get_state()
            if last or self.step % LOSS_CHECK_STEPS == 0:
                self.check_finite(index + 1)
            self.training_seconds += time.monotonic() - started
            yield last

    def evaluate(self) -> str:
        """Add a row to the history, losses being means since the last one; returns it in words."""
        accuracies = self._prefix_accuracies()
        step, config = self.step, self.config
        last = self.history[-1]["step"] if self.history else 0
        epoch_began = (step - 1) // self.steps_per_epoch * self.steps_per_epoch
        losses = self.losses[last - epoch_began : step - epoch_began].mean(0).tolist()
        row = {
            "epoch": step / self.steps_per_epoch,
            "step": step,
            "learning_rate": config.learning_rate
            * schedule_factor(config.schedule, step - 1, self.total_steps),
            **dict(zip(self.columns, losses, strict=True)),
            "test_accuracy": accuracies[-1],
            **{f"test_accuracy_prefix_{k}": a for k, a in enumerate(accuracies, start=1)},
            "training_seconds": self.training_seconds,
        }
        self.history.append(row)
        prefixes = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
        losses = " ".join(f"{column} {row[column]:.3g}" for column in self.columns)
        return (
            f"{config.name} | epoch {row['epoch']:g}/{config.epochs} step {step} | "
            f"test accuracy by prefix {prefixes} | {losses} | {self.training_seconds:.1f} s"
        )

    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        last = self.history[-1]
        samples = self.total_steps * self.config.batch_size
        return {
            "test_accuracy": last["test_accuracy"],
            "prefix_test_accuracy": [v for k, v in last.items() if "prefix" in k],
            "losses": {column: last[column] for column in self.columns},
            "steps": self.total_steps,
            "workers": self.workers,
            "gradient_norms": {
                "initial": self.initial_gradient_norms,
                "final": self._gradient_norms(),
            },
            "target_first_steps": self.target_first.get("steps"),
            "parameters": parameter_counts(self.network),
            "multiply_adds_by_prefix": multiply_adds(self.network, self.images.shape[1:]),
            "seed": self.config.seed,
            "config": dataclasses.asdict(self.config),
            "fingerprints": self.fingerprints,
            "versions": versions(),
            "hardware": hardware(self.device),
            "times": {
                "training_seconds": self.training_seconds,
                "target_first_seconds": self.target_first.get("seconds"),
                "total_seconds": self._total_seconds(),
                "samples_per_second": samples / self.training_seconds,
                "peak_memory_bytes": _peak_memory(self.device),
            },
        }

    def _update(self, x: Tensor, labels: Tensor) -> Tensor:
        return train_step(self.network, self.optimisers, x, labels, self.schedule_factor())

    def schedule_factor(self) -> float:
        """Factor on the learning rates at the step to come."""
        return schedule_factor(self.config.schedule, self.step, self.total_steps)

    def prepared(self, some_images: Tensor, augmentation: torch.Generator | None = None) -> Tensor:
        """The network's input."""
        standardised = self.config.dataset in images.STANDARDISED
        return images.prepare(some_images, self.mean_image, standardised, augmentation)

    def _prefix_accuracies(self) -> list[float]:
        """Accuracy on the whole test set of every prefix of components."""
        self.network.eval()
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        with torch.inference_mode():
            for some, labels in zip(
                self.data.test_images.split(TEST_BATCH),
                self.data.test_labels.split(TEST_BATCH),
                strict=True,
            ):
                predictions = self.network.prefix_predictions(self.prepared(some.to(self.device)))
                hits = torch.stack(predictions).argmax(2) == labels.to(self.device)
                correct = correct + hits.sum(1)
        self.network.train()
        return [right / len(self.data.test_labels) for right in correct.tolist()]

    def _gradient_norms(self) -> list[float]:
        """Norm of the loss's gradient by each forward layer's parameters, first training images."""
        # In training mode, as a step sees it; but batch norm's running statistics must not move.
        buffers = {name: buffer.clone() for name, buffer in self.network.named_buffers()}
        x = self.prepared(self.images[:GRADIENT_IMAGES])
        losses = self.network.losses(x, self.labels[:GRADIENT_IMAGES])
        sum(loss for component in losses for loss in component).backward()
        norms = [
            # In double precision: the squares of vanishing gradients underflow in single.
            torch.nn.utils.get_total_norm([p.grad.double() for p in layer.parameters()]).item()
            for layer in self.network.forward_layers()
        ]
        self.network.zero_grad(set_to_none=True)
        self.network.load_state_dict(buffers, strict=False)
        return norms

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

    def _total_seconds(self) -> float:
        return self.past_seconds + time.monotonic() - self.started


_PLAIN_STATE = (
    "step",
    "history",
    "losses",
    "past_seconds",
    "training_seconds",
    "initial_gradient_norms",
    "target_first",
)


def train_step(
    network: nn.Module, optimisers: list[Adam], x: Tensor, labels: Tensor, factor: float = 1.0
) -> Tensor:
    """One update of each part, at `factor` times its rates; returns all losses, flat, detached.

    Each part is updated before the next one is computed, which changes no bit of any of them: their
    losses share no parameter. So there is one part's gradients in memory at a time.
    """
    found = []
    for losses, optimiser in zip(network.losses(x, labels), optimisers, strict=True):
        sum(losses).backward()
        optimiser.step(factor)
        found += [loss.detach() for loss in losses]
    return torch.stack(found)


def train_target_path(
    network: AssociatedNetwork, device: torch.device, name: str, most_steps: int = 20_000
) -> dict[str, float]:
    """Train the target path alone on the C one-hot vectors until it decodes them (ours).

    The inverse losses depend on nothing else, so this needs no image: full batches of C vectors,
    Adam at 1e-3. It ends when, looked at every 100 steps, every prefix decodes every class to
    itself, with more than one half at its own place.

    Returns
    -------
    Steps taken and seconds.

    Raises
    ------
    TrainingError
        It does not decode after `most_steps`.
    """
    started = time.monotonic()
    targets = torch.eye(network.classes, device=device)
    params = list(network.target_parameters())
    optimiser = Adam([{"params": params, "learning_rate": 1e-3, "weight_decay": 0.0}])
    for step in range(1, most_steps + 1):
        t, losses = targets, []
        for component in network.components:
            loss, t = component.inverse_loss(t)
            losses.append(loss)
        sum(losses).backward()
        optimiser.step()
        if step % 100 == 0 and _decodes(network, targets):
            return {"steps": step, "seconds": time.monotonic() - started}
    raise TrainingError(
        f"{name}: after {most_steps} steps the target path alone does not decode its "
        f"{network.classes} classes. A larger --target-width may help"
    )


@torch.inference_mode()
def _decodes(network: AssociatedNetwork, targets: Tensor) -> bool:
    t = targets
    for k, component in enumerate(network.components, start=1):
        t = decoded = component.encoder(t)
        for below in reversed(network.components[:k]):
            decoded = below.decoder(decoded)
        right = decoded.argmax(1) == targets.argmax(1)
        if not (right & (decoded.diagonal() > 0.5)).all():
            return False
    return True


def make_optimisers(network: nn.Module, config: Config) -> list[Adam]:
    """The optimiser of each part of a network, as the config and the thesis have it."""
    protocol = architectures.family(config.arch)[0].protocol(config.dataset, config.method)
    return optimisers(
        network, config.learning_rate, config.target_lr_factor, config.l2, protocol.l2_layers
    )


def schedule_factor(schedule: str, step: int, total_steps: int) -> float:
    """Factor on the learning rate at a step, counted from 0.

    `step` is the thesis' schedule: x0.1 at 40 %, 60 % and 80 % of the steps, x0.5 at 90 %. `cosine`
    goes to 0 (Loshchilov and Hutter 2017), `constant` stays at 1.
    """
    done = step / total_steps
    if schedule == "step":
        return math.prod(
            f for at, f in ((0.4, 0.1), (0.6, 0.1), (0.8, 0.1), (0.9, 0.5)) if done >= at
        )
    return (1 + math.cos(math.pi * done)) / 2 if schedule == "cosine" else 1.0


def loss_columns(network: nn.Module) -> list[str]:
    """Names of the losses, flat: associated_1, inverse_1, associated_2, ...; cross_entropy."""
    names = network.loss_names
    if len(names) == 1:
        return list(names)
    return [f"{name}_{k}" for k in range(1, len(network.components) + 1) for name in names]


def parameter_counts(network: nn.Module) -> dict[str, int]:
    """Trainable parameters: total, effective, affiliated and, in AL, by map (thesis 2.6)."""

    def count(modules: list[nn.Module]) -> int:
        return sum(p.numel() for module in modules for p in module.parameters())

    total, effective = count([network]), sum(p.numel() for p in network.effective_parameters())
    counts = {"total": total, "effective": effective, "affiliated": total - effective}
    if isinstance(network, AssociatedNetwork):
        roles = {"f": "forward_map", "b": "bridge", "g": "encoder", "h": "decoder"}
        for short, role in roles.items():
            counts[short] = count([getattr(component, role) for component in network.components])
    return counts


def multiply_adds(network: nn.Module, image: torch.Size) -> list[int]:
    """Multiply-adds of dense and convolutional layers for an image, by prefix of components.

    Where prefixes do not predict, it is one number, that of the network.
    """
    counted = 0

    def count(layer: nn.Module, _inputs: tuple, output: Tensor) -> None:
        # Every value of the output is a weighted sum with as many weights as lead to one channel.
        nonlocal counted
        counted += output.numel() * layer.weight[0].numel()

    # A copy without memory: shapes are all that counts.
    network = copy.deepcopy(network).to("meta").eval()
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            layer.register_forward_hook(count)
    costs, x = [], torch.empty(1, *image, device="meta")
    prefixes = range(1, len(network.parts()) + 1)
    for prefix in [{"components": k} for k in prefixes] if len(prefixes) > 1 else [{}]:
        counted = 0
        network(x, **prefix)
        costs.append(counted)
    return costs


def fingerprints(config: Config, data: Dataset) -> dict[str, str]:
    """What a run's numbers depend on: config, the code that computes them, data, torch."""
    package = Path(__file__).parent
    code = hashlib.sha256()
    for name in (*CODE, *architectures.source_files(config.arch)):
        code.update((package / name).read_bytes())
    settings = json.dumps(dataclasses.asdict(config), sort_keys=True)
    return {
        "config": hashlib.sha256(settings.encode()).hexdigest(),
        "code": code.hexdigest(),
        "data": data.fingerprint,
        "torch": str(torch.__version__),
    }


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def hardware(device: torch.device) -> dict[str, Any]:
    """Processor, number of cores, and the accelerator if it is used."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), model)
    found = {"processor": model, "cores": os.cpu_count(), "device": device.type}
    if device.type == "cuda":
        found["accelerator"] = torch.cuda.get_device_name(device)
    return found


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def set_up_process(config: Config) -> None:
    """Make this process deterministic, and quick, before it trains."""
    # Read when CUDA starts: its matrix products are reproducible only with a fixed workspace.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(config.threads)
    torch.set_deterministic_debug_mode("error")
    # It would fill all memory before its first use, for programs that read what they never wrote.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = config.tf32
    # Vanishing gradients fill Adam's moments with denormal numbers, which cost 100 times as much.
    torch.set_flush_denormal(True)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next step instead of giving it back to the system.

    By default every tensor above 32 MB is mapped anew, page by page, at every step: networks with
    large bridges then train much slower.
    """
    if platform.libc_ver()[0] == "glibc":
        libc, trim_threshold, mmap_max = ctypes.CDLL(None), -1, -4  # as in malloc.h
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, -1)


@contextlib.contextmanager
def clear_errors(name: str) -> Iterator[None]:
    """Turn what a user can do something about into an end with a clear message."""
    try:
        yield
    except TrainingError as error:
        sys.exit(f"error: {error}")
    except (MemoryError, RuntimeError) as error:
        # torch reports memory that cannot be had on the CPU as a RuntimeError of this wording.
        memory = (MemoryError, torch.OutOfMemoryError)
        if not isinstance(error, memory) and "can't allocate memory" not in str(error):
            raise
        sys.exit(f"error: {name}: out of memory. A smaller --batch-size or --width needs less")


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
