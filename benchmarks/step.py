"""How long a training step takes, beside a plain PyTorch loop and beside the least it must take.

Every network of the thesis (3.2) at full width, by backpropagation and by Associated Learning, on
the CPU. Images are random, of the data sets' shapes: a step costs what it costs on real ones.
"""

import argparse
import csv
import dataclasses
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import step_page
import torch
from torch import Tensor, nn

from associated_learning import build, registry, terminal
from associated_learning.commands import train
from associated_learning.data import images
from associated_learning.files import atomic_write
from associated_learning.training import config as settings
from associated_learning.training.process import set_up_process
from associated_learning.training.step import make_optimisers, train_step

train.fix_threads()  # also of the processes that this one begins

Cell = dict[str, Any]  # fields of config.Config

NETWORKS = {
    "mnist": ("mlp", "cnn"),
    "cifar10": ("mlp", "cnn", "resnet20", "resnet32", "vgg"),
    "cifar100": ("mlp", "cnn", "resnet20", "resnet32", "vgg"),
}
CELLS: list[Cell] = [
    {"dataset": dataset, "arch": arch, "method": method, "batch_size": 32, "threads": threads}
    for dataset, archs in NETWORKS.items()
    for arch in archs
    for method in ("bp", "al")
    for threads in (1, 2)
]
IMAGES = 10_000
SECONDS = 3.0  # a cell
TURN = 0.1  # of these: a turn of a loop, or one step if that is longer
LONGEST = 2.0  # times these: where three rounds of turns take longer there are fewer
STAGES = ("prepare", "forward", "backward")
# Of a parameter: weight and Adam's two moments, read and written; the weight read to go forward.
MOVED_BYTES = 2 * 3 * 4 + 4
RESULTS = Path(__file__).parent / "results"
# The loops that a process of ours can go on with, by name.
LOOPS: dict[str, Callable[[Tensor], Iterator[None]]] = {}
# Its threads, its allocator and its peak memory are its own.
fresh_process = partial(ProcessPoolExecutor, 1, multiprocessing.get_context("spawn"))


def name(cell: Cell) -> str:
    """The cell in a word, as --only takes it."""
    return "{dataset}_{arch}_{method}_b{batch_size}_t{threads}".format(**cell)


def rates(threads: int, repeats: int) -> dict[str, float]:
    """Operations and bytes per second that this machine attains, medians.

    Products of float32 matrices of 2048 x 2048; and an array of 256 MiB added to another in place:
    like Adam, it reads, computes, and writes where it has read.
    """
    torch.set_num_threads(threads)
    a, b, c = torch.rand(3, 2048, 2048)
    x, y = torch.rand(2, 2**26)

    def rate(work: int, kernel: Callable[[], object]) -> float:
        stamps = []
        for _ in range(repeats + 2):  # the first one warms up
            kernel()
            stamps.append(time.perf_counter())
        return work / float(np.median(np.diff(stamps)))

    return {
        "operations": rate(2 * 2048**3, lambda: torch.mm(a, b, out=c)),
        "bytes": rate(3 * x.nbytes, lambda: x.add_(y)),
    }


def floors(row: dict[str, Any], measured: list[dict[str, float]]) -> dict[str, float]:
    """Least seconds of a step, by its operations and by the bytes that must move; step / floor.

    The machine may be shared: of the measured rates the best ones are what it can do.
    """
    by_operations = row["operations"] / max(rate["operations"] for rate in measured)
    by_bytes = MOVED_BYTES * row["parameters"] / max(rate["bytes"] for rate in measured)
    return {
        "floor_operations": by_operations,
        "floor_bytes": by_bytes,
        "step_over_floor": row["step"] / max(by_operations, by_bytes),
    }


def count(cell: Cell) -> tuple[int, int]:
    """Operations of a step's matrix products and convolutions; trainable parameters."""
    from torch.utils.flop_counter import FlopCounterMode  # takes memory: after its measurement

    config, make_network = resolve(cell)
    shape = registry.datasets()[config.dataset]["shape"]
    with torch.device("meta"):  # shapes without numbers
        network = make_network()
        x = torch.zeros(config.batch_size, *shape)
        labels = torch.zeros(config.batch_size, dtype=torch.int64)
        with FlopCounterMode(display=False) as counter:
            _loss(network, x, labels).backward()
    return counter.get_total_flops(), sum(p.numel() for p in network.parameters())


def begin(cell: Cell, loop: str) -> None:
    """Make this process train a cell, by the "project" or the "plain" loop; `turn` goes on."""
    config, make_network = resolve(cell)
    torch.set_num_threads(config.threads)
    if loop == "project":
        set_up_process(config)
    torch.manual_seed(config.seed)
    entry = registry.datasets()[config.dataset]
    shape, standardised = entry["shape"], entry["preprocessing"]["standardise"]
    pictures = torch.randint(256, (IMAGES, *shape), dtype=torch.uint8)
    labels = torch.randint(entry["classes"], (IMAGES,))
    mean_image = torch.full(shape, 0.5)
    augmentation = torch.Generator().manual_seed(config.seed) if config.augment else None
    network = make_network()

    def prepare(batch: Tensor) -> tuple[Tensor, Tensor]:
        x = images.prepare(pictures[batch], mean_image, standardised, augmentation)
        return x, labels[batch]

    # A loop takes one step and yields at the end of each of its stages.
    if loop == "project":
        protocol = build.protocol(config.arch, config.method, entry["classes"])
        rates = config.learning_rate, config.target_lr_factor
        optimisers = make_optimisers(network, *rates, config.l2, protocol.l2_layers)

        def step(batch: Tensor) -> Iterator[None]:
            train_step(network, optimisers, *prepare(batch))
            yield

        fed = prepare(torch.arange(config.batch_size))

        def prepared(_: Tensor) -> Iterator[None]:
            train_step(network, optimisers, *fed)
            yield

        def stages(batch: Tensor) -> Iterator[None]:
            x, y = prepare(batch)
            yield
            loss = _loss(network, x, y)
            yield
            loss.backward()
            yield
            network.zero_grad()

        LOOPS.update(step=step, prepared=prepared, stages=stages)
    else:
        adam = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)

        def plain(batch: Tensor) -> Iterator[None]:
            _loss(network, *prepare(batch)).backward()
            adam.step()
            adam.zero_grad()
            yield

        LOOPS.update(plain=plain)
    for _ in next(iter(LOOPS.values()))(torch.arange(2)):
        pass  # a step on two images, after which the optimiser has its state


def turn(loop: str, batch_size: int, least: float) -> tuple[np.ndarray, int]:
    """Take steps for `least` seconds, one at least.

    Returns
    -------
    Seconds, (steps, stages), and the peak memory of this process so far, in bytes.
    """
    started, steps = time.perf_counter(), []
    while not steps or time.perf_counter() - started < least:
        batch = torch.randint(IMAGES, (batch_size,))
        stamps = [time.perf_counter(), *(time.perf_counter() for _ in LOOPS[loop](batch))]
        steps.append(np.diff(stamps))
    unit = 1 if sys.platform == "darwin" else 1024
    return np.array(steps), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(cell: Cell, seconds: float) -> dict[str, Any]:
    """Time both loops by turns, each in a process of its own.

    Returns
    -------
    The cell; its times, in seconds, medians; peak memory, in bytes; its counts.
    """
    with fresh_process() as project, fresh_process() as plain:
        for begun in [project.submit(begin, cell, "project"), plain.submit(begin, cell, "plain")]:
            begun.result()
        rounds, peaks, started = [], [], time.perf_counter()
        # Three rounds at least, the first of which warms up, unless they take too long.
        while not rounds or (
            (spent := time.perf_counter() - started) < seconds
            or (len(rounds) < 3 and spent < LONGEST * seconds)
        ):
            turns = [
                process.submit(turn, loop, cell["batch_size"], TURN * seconds).result()
                for process, loop in ((project, "step"), (plain, "plain"), (project, "stages"))
            ]
            rounds.append([taken for taken, _ in turns])
            peaks.append([peak for _, peak in turns])
        operations, parameters = plain.submit(count, cell).result()
    rounds = rounds[1:] or rounds
    steps, plain_steps, stages = (np.concatenate(turns) for turns in zip(*rounds, strict=True))
    speedups = [theirs.mean() / own.mean() for own, theirs, _ in rounds]
    return {
        **cell,
        "step": float(np.median(steps)),
        **dict(zip(STAGES, np.median(stages, axis=0).tolist(), strict=True)),
        "plain": float(np.median(plain_steps)),
        "speedup": float(np.median(speedups)),
        "speedup_least": float(min(speedups)),
        "speedup_most": float(max(speedups)),
        "rounds": len(rounds),
        "peak_memory": peaks[0][0],  # before `stages`, which keeps all gradients
        "plain_peak_memory": peaks[-1][1],
        "operations": operations,
        "parameters": parameters,
    }


def main(argv: list[str] | None = None) -> None:
    """Measure; print the page, and write it and a CSV."""
    p = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    p.add_argument("--only", nargs="+", default=[""], help="parts of names: mnist_mlp, vgg_al_b32")
    p.add_argument("--quick", action="store_true", help="less time a cell, for a first look")
    p.add_argument("--out", type=Path, help="folder to write to (default: results, if all is run)")
    args = p.parse_args(argv)
    cells = [cell for cell in CELLS if any(part in name(cell) for part in args.only)]
    if not cells:
        p.error(f"argument --only: no cell's name has this in it; a name: {name(CELLS[0])}")
    out = args.out or (RESULTS if cells == CELLS and not args.quick else None)
    seconds, repeats = (SECONDS / 10, 2) if args.quick else (SECONDS, 15)
    threads = sorted({cell["threads"] for cell in cells})

    rate, rows = {}, []
    try:
        rate["start"] = {n: _apart(rates, n, repeats) for n in threads}
        for cell in cells:
            rows.append(measure(cell, seconds))
            line = f"{len(rows)}/{len(cells)} {name(cell)}: {1000 * rows[-1]['step']:.1f} ms"
            print(line, file=sys.stderr, flush=True)
        rate["end"] = {n: _apart(rates, n, repeats) for n in threads}
    except BrokenProcessPool:
        what = name(cells[len(rows)]) if len(rows) < len(cells) else "the rates"
        sys.exit(f"error: {what}: the process was killed. There may be too little memory for it")
    for row in rows:
        row |= floors(row, [by_threads[row["threads"]] for by_threads in rate.values()])

    page = step_page.markdown(rows, rate)
    print(page)
    if out:
        with atomic_write(out / "step.md") as partial_file:
            partial_file.write_text(page, encoding="utf-8")
        with (
            atomic_write(out / "step.csv") as partial_file,
            partial_file.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def resolve(cell: Cell) -> tuple[settings.Config, Callable[[], nn.Module]]:
    """What the thesis' protocol makes of a cell, and what builds its network."""
    options = dict.fromkeys(field.name for field in dataclasses.fields(settings.Config))
    config = settings.resolve(options | {"seed": 0, "device": "cpu"} | cell)
    entry = registry.datasets()[config.dataset]
    widths = (config.width, config.target_width)
    what = (config.arch, config.method, tuple(entry["shape"]), entry["classes"], *widths)
    return config, partial(build.build, *what)


def _loss(network: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    losses = network.losses(x, labels)
    return torch.stack([loss for component in losses for loss in component]).sum()


def _apart(function: Callable[..., Any], *arguments: Any) -> Any:
    with fresh_process() as process:
        return process.submit(function, *arguments).result()


if __name__ == "__main__":
    terminal.use_utf8()
    main()
