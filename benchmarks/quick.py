"""How long a user waits: for help, a figure, a scale drawn anew from its archive, the smoke scale.

Each is a command, run in a new working directory, on all cores.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from associated_learning import terminal
from associated_learning.files import atomic_write
from associated_learning.machine import processor, usable_cores

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results"
WORKFLOW = ["snakemake", "-s", str(ROOT / "Snakefile"), "--cores", str(usable_cores())]
ARCHIVE = ["--config", "source=archive"]
FIGURE = "figures/laptop/curves_mnist.png"
# Commands by what they do, with the seconds that they should not exceed; the last is timed.
CASES = {
    "`--help` of the train command": (
        0.3,
        [[sys.executable, "-m", "associated_learning", "train", "--help"]],
    ),
    "one figure from an archive, drawn again": (
        3.0,
        [[*WORKFLOW, FIGURE, *ARCHIVE], [*WORKFLOW, "--force", FIGURE, *ARCHIVE]],
    ),
    "all of the laptop scale from its archive": (30.0, [[*WORKFLOW, "laptop", *ARCHIVE]]),
    "the smoke scale": (80.0, [[*WORKFLOW, "smoke"]]),
}


def seconds(commands: list[list[str]]) -> float:
    """Wall seconds of the last of several commands, in a new working directory."""
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            started = time.perf_counter()
            done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
            taken = time.perf_counter() - started
            if done.returncode:
                sys.exit(f"error: {' '.join(command)}:\n{done.stdout}{done.stderr}")
    return taken


def page(found: dict[str, list[float]]) -> str:
    """Markdown: a table, with the machine."""
    counts = {len(times) for times in found.values()}
    runs = f"{counts.pop()} runs" if counts != {1} else "one run"
    lines = [
        "# How long a user waits",
        "",
        f"Wall seconds, each time in a new working directory: median and range of {runs}.",
        "{processor}, {cores} cores.".format_map(processor()),
        "",
        "| what | seconds | range | goal |",
        "|---|---:|---:|---:|",
    ]
    for what, times in found.items():
        middle, (goal, _) = statistics.median(times), CASES[what]
        lines.append(f"| {what} | {middle:.1f} | {min(times):.1f} to {max(times):.1f} | {goal:g} |")
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Measure; print the page and write it."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, default=RESULTS, help="folder (default: results)")
    p.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    args = p.parse_args(argv)
    found: dict[str, list[float]] = {what: [] for what in CASES}
    for _ in range(args.rounds):
        for what, (_, commands) in CASES.items():
            found[what].append(seconds(commands))
            print(f"{what}: {found[what][-1]:.2f} s", file=sys.stderr, flush=True)
    print(page(found))
    with atomic_write(args.out / "quick.md") as partial:
        partial.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    terminal.use_utf8()
    main()
