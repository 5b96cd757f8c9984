"""How much faster components train side by side: pipelined AL against one process, and against BP.

The networks of the thesis (3.2) at full width, batch 32, on the CPU; a run of the train command is
one measurement, and the ways to train take turns. Images are random, of MNIST's shape.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch

from associated_learning import registry, terminal
from associated_learning.data import load
from associated_learning.files import atomic_write
from associated_learning.training import record

WAYS = {  # method, workers, threads a worker
    "AL, one process, one thread": ("al", 1, 1),
    "AL, two workers, one thread each": ("al", 2, 1),
    "AL, one process, two threads": ("al", 1, 2),
    "BP, one process, one thread": ("bp", 1, 1),
    "BP, one process, two threads": ("bp", 1, 2),
}
RESULTS = Path(__file__).parent / "results" / "pipeline.md"


def write_images(folder: Path, steps: int) -> None:
    """Write a prepared data set of `steps` random batches of 32 and hardly any test images."""
    sizes = {"train": 32 * steps, "test": 20}
    tensors = {"mean_image": torch.zeros(1, 28, 28)}
    for name, size in sizes.items():
        tensors[f"{name}_images"] = torch.randint(256, (size, 1, 28, 28), dtype=torch.uint8)
        tensors[f"{name}_labels"] = torch.randint(10, (size,))
    preprocessing = json.dumps(registry.datasets()["mnist"]["preprocessing"])
    metadata = {"dataset": "mnist", "classes": json.dumps(list("0123456789")), "sources": "{}"}
    metadata["preprocessing"] = preprocessing
    metadata["fingerprint"] = load.fingerprint_of(tensors, metadata)
    safetensors.torch.save_file(tensors, folder / "mnist.safetensors", metadata)


def samples_per_second(arch: str, way: str, data: Path) -> float:
    """Train one epoch and read what the run says of itself; evaluation is not in it."""
    method, workers, threads = WAYS[way]
    with tempfile.TemporaryDirectory() as out:
        command = [
            *(sys.executable, "-m", "associated_learning", "train", "--dataset", "mnist"),
            *("--arch", arch, "--method", method, "--workers", str(workers), "--epochs", "1"),
            *("--threads", str(threads), "--data", str(data), "--out", out, "--device", "cpu"),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        metrics = json.loads(Path(out, "metrics.json").read_text(encoding="utf-8"))
        return metrics["times"]["samples_per_second"]


def main(argv: list[str] | None = None) -> None:
    """Measure, and write the page."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--archs", nargs="+", default=["mlp", "cnn"])
    p.add_argument("--steps", type=int, default=60)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--out", type=Path, default=RESULTS)
    args = p.parse_args(argv)
    hardware = record.hardware(torch.device("cpu"))
    lines = [
        "# Pipelined Associated Learning",
        "",
        f"{hardware['processor']}, {hardware['cores']} cores, torch {torch.__version__}. MNIST's "
        f"networks at full width, batch 32: samples per second, median of {args.rounds} runs of "
        f"{args.steps} steps, least to most in brackets; the ways take turns. Ratio: median over "
        "rounds of the ratio to the first row of the network. Made by `make bench`.",
        "",
        "| network | way | samples/s | ratio |",
        "|---|---|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), args.steps)
        for arch in args.archs:
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(args.rounds):
                for way, rates in found.items():
                    rates.append(samples_per_second(arch, way, Path(folder)))
            first = next(iter(found.values()))
            for way, rates in found.items():
                ratio = statistics.median(a / b for a, b in zip(rates, first, strict=True))
                spread = f"{statistics.median(rates):.0f} [{min(rates):.0f}, {max(rates):.0f}]"
                lines.append(f"| {arch} | {way} | {spread} | {ratio:.2f} |")
                print(lines[-1], flush=True)
    with atomic_write(args.out) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    terminal.use_utf8()
    main()
