"""Does the form of Adam's epsilon make AL start late? Steps until each component starts.

AL's CNN on MNIST and CIFAR-10 at the laptop's widths, with TensorFlow's form of the epsilon (the
published code's, and this project's) and with torch's, three seeds each. A component has started at
the first look, every 25 steps, at which its prefix is right more than twice as often as chance on
the first 1,000 test images.
"""

import argparse
import csv
import dataclasses
from pathlib import Path

import numpy as np

from associated_learning import terminal
from associated_learning.data import load
from associated_learning.files import atomic_write
from associated_learning.machine import processor
from associated_learning.training import config as settings
from associated_learning.training import evaluation, step
from associated_learning.training.run import Run

RESULTS = Path(__file__).parent / "results"
FORMS = {"TensorFlow": step.epsilon, "torch": lambda count: step.EPSILON}
CELLS = {"mnist": {"learning_rate": 3e-3}, "cifar10": {"learning_rate": 1e-3}}
COMMON = {
    "arch": "cnn",
    "method": "al",
    "epochs": 5,
    "train_subset": 20_000,
    "schedule": "cosine",
    "width": 0.25,
    "target_width": 64,
    "threads": 1,
    "device": "cpu",
}
EVERY, IMAGES = 25, 1000


def starts(dataset: str, form: str, seed: int, data: Path) -> list[int | None]:
    """Step at which each component started, None where it did not."""
    options = dict.fromkeys(field.name for field in dataclasses.fields(settings.Config))
    options |= COMMON | CELLS[dataset] | {"dataset": dataset, "seed": seed}
    step.epsilon = FORMS[form]
    run = Run(settings.resolve(options), load.load(data, dataset))
    run.begin()
    images, labels = run.data.test_images[:IMAGES], run.data.test_labels[:IMAGES]
    found: list[int | None] = [None] * len(run.network.parts())
    while run.step < run.total_steps and None in found:
        for _ in run.epoch():
            if run.step % EVERY == 0 and None in found:
                accuracies = evaluation.prefix_accuracies(run.network, images, labels, run.prepared)
                chance = 1 / len(run.data.classes)
                found = [
                    at or (run.step if accuracy > 2 * chance else None)
                    for at, accuracy in zip(found, accuracies, strict=True)
                ]
            if None not in found:
                break
    return found


def main(argv: list[str] | None = None) -> None:
    """Train, and write the page and a CSV."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data", type=Path, default=Path("data/prepared"))
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--out", type=Path, default=RESULTS)
    args = p.parse_args(argv)
    rows = []
    for dataset in CELLS:
        for seed in range(args.seeds):
            for form in FORMS:
                found = starts(dataset, form, seed, args.data)
                rows += [
                    {"dataset": dataset, "epsilon": form, "seed": seed, "component": k, "step": at}
                    for k, at in enumerate(found, start=1)
                ]
                print(dataset, form, seed, found, flush=True)
    lines = [
        "# AL's late start, and the form of Adam's epsilon",
        "",
        f"{__doc__.partition(chr(10))[2].strip()}",
        "",
        f"Median and range of {args.seeds} seeds; {processor()['processor']}.",
        "",
        "| data set | component | TensorFlow's form | torch's form |",
        "|---|---|---:|---:|",
    ]
    for dataset in CELLS:
        components = sorted({row["component"] for row in rows if row["dataset"] == dataset})
        for k in components:
            cells = [
                [
                    np.inf if row["step"] is None else row["step"]
                    for row in rows
                    if (row["dataset"], row["component"], row["epsilon"]) == (dataset, k, form)
                ]
                for form in FORMS
            ]
            shown = (f"{np.median(steps):g} [{min(steps):g}, {max(steps):g}]" for steps in cells)
            lines.append(f"| {dataset} | {k} | {' | '.join(shown)} |")
    text = "\n".join(lines).replace("inf", "not started") + "\n"
    print(text)
    with atomic_write(args.out / "late_start.md") as partial:
        partial.write_text(text, encoding="utf-8")
    with (
        atomic_write(args.out / "late_start.csv") as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    terminal.use_utf8()
    main()
