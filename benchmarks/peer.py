"""Another implementation's training step beside ours, in turns: images a second, and the ratio.

The command is told the cell by its place holders, {dataset}, {arch}, {method}, {threads} and
{batch_size}, in this project's names. It prints a line once it is ready; then, for every line that
it reads, a number, it trains for that many seconds and prints images a second of its median step.
The authors' published graph, with TensorFlow in an environment of its own:

    python3 -m venv tf && tf/bin/pip install tensorflow-cpu tf_keras
    git clone https://github.com/SamYWK/Associated_Learning authors
    python benchmarks/peer.py "tf/bin/python benchmarks/authors_graph.py --repository authors \
        --dataset {dataset} --arch {arch} --method {method} --threads {threads}"
"""

import argparse
import csv
import io
import shlex
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import step

from associated_learning import terminal
from associated_learning.files import atomic_write
from associated_learning.machine import processor

DATASETS = ("mnist", "cifar10")
ARCHS = ("mlp", "cnn", "resnet20", "vgg")
CELLS = [cell for cell in step.CELLS if cell["dataset"] in DATASETS and cell["arch"] in ARCHS]
ROUNDS, SECONDS = 7, 1.0  # of which the first round warms up
COLUMNS = ("network", "method", "threads", "theirs", "ours", "with preparation", "ratio", "range")


class Peer:
    """The other implementation's process.

    Parameters
    ----------
    command
        With place holders.
    cell
        What it trains.
    """

    def __init__(self, command: str, cell: step.Cell) -> None:
        self.command = command.format_map(cell)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(shlex.split(self.command), encoding="utf-8", **pipes)
        self._line()

    def turn(self, seconds: float) -> float:
        """Images a second."""
        print(seconds, file=self.process.stdin, flush=True)
        return float(self._line())

    def close(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()

    def _line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: it ended with status {self.process.wait()}: {self.command}")
        return line


def measure(command: str, cell: step.Cell) -> dict[str, Any]:
    """Time both by turns; images a second, medians, and the ratio of ours to theirs by rounds.

    Like for like: a step of ours on a batch that is prepared already. With its preparation, which
    the other does not do, it is timed besides.
    """
    peer = Peer(command, cell)
    with step.fresh_process() as ours:
        ours.submit(step.begin, cell, "project").result()

        def turn(loop: str) -> float:
            steps, _ = ours.submit(step.turn, loop, cell["batch_size"], SECONDS).result()
            return cell["batch_size"] / statistics.median(steps.sum(1))

        rounds = [(peer.turn(SECONDS), turn("prepared"), turn("step")) for _ in range(ROUNDS)][1:]
    peer.close()
    ratios = [own / theirs for theirs, own, _ in rounds]
    theirs, own, prepared = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "network": f"{cell['dataset']} {cell['arch']}",
        "method": cell["method"],
        "threads": cell["threads"],
        "theirs": f"{theirs:.1f}",
        "ours": f"{own:.1f}",
        "with preparation": f"{prepared:.1f}",
        "ratio": f"{statistics.median(ratios):.2f}",
        "range": f"{min(ratios):.2f} to {max(ratios):.2f}",
    }


def page(rows: list[dict[str, Any]]) -> str:
    """Markdown: the table, and the medians by method and threads."""
    lines = [
        "# The training step beside another implementation's",
        "",
        f"Images a second at batch 32, full width: medians of {ROUNDS - 1} rounds in turns of",
        f"{SECONDS:g} s. Both are fed with a batch that is ready: a step is the passes and the",
        "optimisers. Ours is timed also with the preparation of its batch. The ratio is ours to",
        "theirs without it: median and range of the rounds.",
        "{processor}, {cores} cores.".format_map(processor()),
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    lines += ["| " + " | ".join(str(row[column]) for column in COLUMNS) + " |" for row in rows]
    lines.append("")
    groups = {(row["method"], row["threads"]): [] for row in rows}
    for row in rows:
        groups[row["method"], row["threads"]].append(float(row["ratio"]))
    for (method, threads), ratios in groups.items():
        ahead = sum(ratio >= 1 for ratio in ratios)
        median = f"{statistics.median(ratios):.2f}, at least 1 in {ahead} of {len(ratios)}"
        lines.append(f"- {method}, threads: {threads}: median {median}")
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Measure; print the page, and write it and a CSV if all was measured."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("command")
    p.add_argument("--only", nargs="+", default=[""], help="parts of names: mnist_mlp, vgg_al")
    p.add_argument("--out", type=Path, default=step.RESULTS, help="folder (default: results)")
    args = p.parse_args(argv)
    cells = [cell for cell in CELLS if any(part in step.name(cell) for part in args.only)]
    if not cells:
        p.error(f"argument --only: no cell's name has this in it; a name: {step.name(CELLS[0])}")
    rows = []
    for cell in cells:
        rows.append(measure(args.command, cell))
        print(*rows[-1].values(), file=sys.stderr, flush=True)
    print(page(rows))
    if cells != CELLS:
        return
    with atomic_write(args.out / "peer.md") as partial_file:
        partial_file.write_text(page(rows), encoding="utf-8")
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(args.out / "peer.csv") as partial_file:
        partial_file.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    terminal.use_utf8()
    main()
