"""Fills tables and single values from tables/ into README.md and docs/: `make docs`.

A page holds blocks of Python in comments, which cog (https://cog.readthedocs.io) runs:

    <!-- [[[cog import fill; cog.outl(fill.table("laptop/accuracy_mnist")) ]]] -->
    <!-- [[[end]]] -->

What a block prints stands between its two comments. `make docs` writes it, `make lint` compares it.
So a number is never typed: a text names it, and `text` looks it up in tables/workstation/*.csv, or
in those of the scale that the block names.

    {accuracy_mnist[arch=cnn,method=al].mean:percent}   one cell
    {accuracy_mnist[arch=cnn,method=al]:difference}     AL - BP of one row, with its interval
    {accuracy_mnist[arch=cnn,method=al]:hundredths}     the same with two decimals
    {equal_time_*[method=al].times_bp.greatest:.1f}     the greatest of several rows and files
    {benchmarks/results/step.speedup.median:.1f}        of a CSV file elsewhere in the repository
"""

import csv
import functools
import re
import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from associated_learning import configuration, plan

ROOT = Path(__file__).parents[1]
SCALE = "workstation"  # whose tables a text reads, if it names no other
WIDTH = 120
NOT_RUN = "*Not run yet.*"

FORMATS = {
    "hundredfold": lambda value: f"{100 * value:.1f}",
    "percent": lambda value: f"{100 * value:.1f}\N{NO-BREAK SPACE}%",
    "percent2": lambda value: f"{100 * value:.2f}\N{NO-BREAK SPACE}%",
    "points": lambda value: f"{100 * value:+.1f}",
    "hundredths": lambda value: f"{100 * value:+.2f}",
    "hours": lambda value: f"{value / 3600:.1f} hours",
}


class NotRun(Exception):
    """A value's table is one that the workflow has not made yet."""


class Values:
    """A column of the rows that were asked for.

    Parameters
    ----------
    name : str
        What is shown in an error.
    cells : Sequence[str]
        The column's cells, as the CSV file has them.
    """

    def __init__(self, name: str, cells: Sequence[str]) -> None:
        self.name, self.cells = name, cells

    @property
    def least(self) -> "Values":
        """The least of the numbers; empty cells do not count."""
        return Values(self.name, [str(min(self._numbers()))])

    @property
    def greatest(self) -> "Values":
        """The greatest of the numbers; empty cells do not count."""
        return Values(self.name, [str(max(self._numbers()))])

    @property
    def median(self) -> "Values":
        """The median of the numbers; empty cells do not count."""
        return Values(self.name, [str(statistics.median(self._numbers()))])

    def __format__(self, spec: str) -> str:
        """The one value, by a name of `FORMATS` or by Python's own format; without either as it is.

        Raises
        ------
        ValueError
            If there is not exactly one value.
        """
        if len(self.cells) != 1:
            raise ValueError(f"{self.name}: {len(self.cells)} values; a text needs one")
        if not spec:
            return self.cells[0]
        number = float(self.cells[0])
        shown = FORMATS[spec](number) if spec in FORMATS else format(number, spec)
        return shown.replace("-", "−")

    def _numbers(self) -> list[float]:
        return [float(cell) for cell in self.cells if cell]


class Rows:
    """Rows of one CSV file or of several alike.

    Parameters
    ----------
    name : str
        What is shown in an error.
    rows : Sequence[Mapping[str, str]]
        Each row by its columns' names.
    """

    def __init__(self, name: str, rows: Sequence[Mapping[str, str]]) -> None:
        self.name, self.rows = name, rows

    def __getitem__(self, conditions: str) -> "Rows":
        """The rows that meet `conditions`, for example `arch=cnn,method=al`."""
        wanted = [condition.split("=", 1) for condition in conditions.split(",")]
        rows = [row for row in self.rows if all(row[key] == value for key, value in wanted)]
        return Rows(f"{self.name}[{conditions}]", rows)

    def __getattr__(self, column: str) -> Values:
        """One column of the rows."""
        name = f"{self.name}.{column}"
        if any(column not in row for row in self.rows):
            raise AttributeError(f"{name}: there is no such column")
        return Values(name, [row[column] for row in self.rows])

    def __format__(self, spec: str) -> str:
        """The one row as `accuracy` (mean and deviation), or its difference and the interval of it.

        `difference` has one decimal, `hundredths` two.
        """
        if spec == "accuracy":
            return f"{self.mean:hundredfold} ± {self.std:percent}"
        if spec in ("difference", "hundredths"):
            form = "points" if spec == "difference" else spec
            low, high = format(self.ci_low, form), format(self.ci_high, form)
            return f"{format(self.difference, form)} [{low}, {high}]"
        raise ValueError(f"{self.name}: {spec!r}; allowed: accuracy, difference, hundredths")


class Files(dict[str, Rows]):
    """The rows of CSV files by name: a pattern in the scale's tables, or in the repository.

    Parameters
    ----------
    scale : str
        The scale whose tables are read.
    """

    def __init__(self, scale: str = SCALE) -> None:
        super().__init__()
        self.scale = scale

    def __missing__(self, name: str) -> Rows:
        folder = ROOT if "/" in name else ROOT / "tables" / self.scale
        paths = sorted(folder.glob(f"{name}.csv"))
        if not paths:
            if "/" not in name and f"tables/{self.scale}/{name}.csv" in _made(self.scale):
                raise NotRun
            raise FileNotFoundError(f"{folder / name}.csv: there is no such file")
        rows = []
        for path in paths:
            with path.open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file)
        return Rows(name, rows)


def table(name: str) -> str:
    """The Markdown table of `tables/{name}.md`, without its caption and its record.

    What the workflow makes but has not made yet says so.

    Parameters
    ----------
    name : str
        Scale and name, for example `laptop/accuracy_mnist`; or the path of another Markdown file
        in the repository, with its suffix.
    """
    if _not_run(_markdown(name)):
        return NOT_RUN
    return "\n".join(line for line in _lines(name) if line.startswith("|"))


def figure(name: str, words: str) -> str:
    """`figures/{name}.png`, described in words; nothing where it is not made yet."""
    path = f"figures/{name}.png"
    return "" if _not_run(path) else f"![{words}](../{path})"


def caption(name: str) -> str:
    """The caption of `tables/{name}.md`, which explains its columns and signs."""
    lines = _lines(name)
    return textwrap.fill(lines[0], WIDTH, break_long_words=False, break_on_hyphens=False)


def captioned(name: str) -> str:
    """The caption of `tables/{name}.md` above its table."""
    return NOT_RUN if _not_run(_markdown(name)) else f"{caption(name)}\n\n{table(name)}"


def text(template: str, scale: str = SCALE) -> str:
    """A paragraph with its values filled in, wrapped; says so where one is not there yet.

    Parameters
    ----------
    template : str
        Text with values in braces, as this module's head shows them.
    scale : str
        The scale whose tables are read.

    Raises
    ------
    ValueError
        If a value's conditions are met by no row or by several.
    """
    try:
        filled = " ".join(template.split()).format_map(Files(scale))
    except NotRun:
        return NOT_RUN
    return textwrap.fill(filled, WIDTH, break_long_words=False, break_on_hyphens=False)


def finding(name: str) -> str:
    """The paragraph `name` of findings.yaml."""
    return text(_findings()[name])


def claims() -> str:
    """The README's table of claims: the rows of findings.yaml, each about one claim or several.

    Answers come from the scale's table of claims. Of one that counts cells their names, in
    brackets, are left out. A row none of whose claims was run is left out.

    Raises
    ------
    ValueError
        If findings.yaml leaves out a claim of the table, or names one that is not in it.
    """
    answers = {row["claim"]: row["answer"] for row in Files()["claims"].rows}
    rows = _findings()["claims"]
    named = [claim for row in rows for claim in row["answers"].values()]
    if sorted(named) != sorted(answers):
        differing = sorted(set(named) ^ set(answers)) or "named twice"
        raise ValueError(f"findings.yaml: claims other than those of tables/{SCALE}: {differing}")
    lines = ["| Claim | Reproduced | Finding |", "|---|---|---|"]
    for row in rows:
        found = {name: _short(answers[claim]) for name, claim in row["answers"].items()}
        if set(found.values()) == {"not run yet"}:
            continue
        answer = "; ".join(f"{name}: {short}" if name else short for name, short in found.items())
        finding = row["finding"].strip().format_map(Files())
        lines.append(f"| {row['claim']} | {answer} | {finding} |")
    return "\n".join(lines)


def _short(answer: str) -> str:
    """An answer in the fewest words: "1 of 4 networks, 1 not, 2 open"."""
    said = re.sub(r" \([^)]*\)", "", answer)
    said = re.sub(r"^reproduced (?:in|at) ", "", said).replace("hidden layers", "layers")
    # The one that others begin with comes last.
    for words, short in (("not decided", "open"), ("not run yet", "not run"), ("not", "not")):
        said = re.sub(rf"\b{words} (?:in|at) (\d+)", rf"\1 {short}", said)
    return said


def _findings() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docs" / "findings.yaml").read_text(encoding="utf-8"))


def _not_run(path: str) -> bool:
    """Whether a file is not there, as the workflow has not made it yet."""
    if (ROOT / path).is_file():
        return False
    if path in _made(path.split("/")[1]):
        return True
    raise FileNotFoundError(f"{path}: there is no such file, and no rule makes it")


def _markdown(name: str) -> str:
    return name if name.endswith(".md") else f"tables/{name}.md"


@functools.cache
def _made(scale: str) -> frozenset[str]:
    config = configuration.shipped(ROOT / "config")
    return frozenset(plan.files(config, scale) if scale in config["scales"] else ())


def _lines(name: str) -> list[str]:
    return (ROOT / _markdown(name)).read_text(encoding="utf-8").splitlines()
