"""What a rule says of cells, and how the cells of a claim make its answer.

A cell is a network on a data set, a depth of a network or a layer of it.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from associated_learning import registry
from associated_learning.results import statistics
from associated_learning.results.statistics import ERROR, Sample

YES, NO, OPEN, NOT_RUN = "reproduced", "not reproduced", "not decided", "not run yet"
SIDES = {1: YES, -1: NO, 0: OPEN}  # of `statistics.sides`
RUN = ["dataset", "arch", "method", "n", "mean", "std"]  # columns of a table of accuracies
Tables = dict[str, pd.DataFrame]


class Answer(NamedTuple):
    """Answer to a claim.

    Attributes
    ----------
    statistic
        What it follows from, in words.
    n
        The least number of seeds behind a mean, if there is any.
    answer
        One of the above, or a count of them.
    """

    statistic: str
    n: int | None
    answer: str


class Cell(NamedTuple):
    """What is compared in one cell.

    Attributes
    ----------
    place
        The cell's name, in two parts where several cells are of one network.
    a, b
        The method and what it is compared with; None where it was not run.
    p
        Of the one-sided test for yes (see `statistics.p_above`); NaN decides nothing.
    words
        What the statistic says of it.
    """

    place: tuple[str, ...]
    a: Sample | None
    b: Sample | None
    p: float = math.nan
    words: str = ""


class Runs:
    """Accuracies of all runs that the tables of accuracies hold."""

    def __init__(self, tables: Tables) -> None:
        found = [t for name, t in tables.items() if name.startswith(("accuracy_", "methods_"))]
        frame = pd.concat(found) if found else pd.DataFrame(columns=RUN)
        frame = frame.reindex(columns=[*RUN, "started"]).drop_duplicates(RUN[:3])
        self.rows = {tuple(row[key] for key in RUN[:3]): row for row in frame.to_dict("records")}

    def sample(self, dataset: str, arch: str, method: str) -> Sample | None:
        """Accuracies of one cell."""
        row = self.rows.get((dataset, arch, method))
        return row and Sample(row["mean"], row["std"], row["n"])

    def late(self, dataset: str, arch: str, method: str) -> str:
        """Which components of a network have not started, in words; else ""."""
        started = self.rows.get((dataset, arch, method), {}).get("started")
        some, _, components = ("" if pd.isna(started) else started).partition("/")
        return "" if some == components else f"{some} of {components} components started"

    def unlearnt(self, dataset: str, arch: str, method: str, control: str | None = None) -> str:
        """Why a network cannot be said to have learnt, in words; else "".

        Its accuracy must lie above that of random features, of its own network or of `control`, by
        Welch's one-sided test; where they were not run, above twice chance, in the mean.
        """
        learnt, name = self.sample(dataset, arch, method), registry.method_label(method)
        random = registry.control()
        bar = self.sample(dataset, control or arch, random) if random else None
        if learnt is None:
            return f"accuracy of {name} not known"
        if bar is None:
            chance = 2 / registry.classes(dataset)
            return "" if learnt.mean > chance else f"{name} not above twice chance"
        above = statistics.p_above(learnt, bar) < ERROR  # not so where seeds do not tell
        return "" if above else f"{name} not shown to be above {registry.method_label(random)}"

    def uncontrolled(self, networks: Iterable[tuple[str, str]], method: str) -> str:
        """Sentence about the networks that a method, but not the control, trained; else ""."""
        trained = [network for network in networks if (*network, method) in self.rows]
        missing = [cell for cell in trained if (*cell, registry.control()) not in self.rows]
        if not missing:
            return ""
        some = (
            f" for {len(missing)} of {len(trained)} networks" if len(missing) < len(trained) else ""
        )
        return f". The control was not run{some}: twice chance stands in its place"


def counted(verdicts: Iterable[tuple[tuple[str, ...], str]], noun: str, to: str = "in") -> str:
    """How many cells a claim is reproduced in and which not: "reproduced in 1 of 2 networks (...)".

    Parameters
    ----------
    verdicts
        Name and YES, NO, OPEN or NOT_RUN of each cell.
    noun
        What the cells are, in the plural.
    to
        The preposition.
    """
    verdicts = list(verdicts)
    places = {
        v: [place for place, found in verdicts if found == v] for v in (YES, NO, OPEN, NOT_RUN)
    }
    if len(places[NOT_RUN]) == len(verdicts):
        return NOT_RUN
    parts = [
        f"{YES} {to} {len(places[YES])} of {len(verdicts)} {noun}{_named(places[YES], verdicts)}"
    ]
    words = {NO: f"not {to}", OPEN: f"{OPEN} {to}", NOT_RUN: f"{NOT_RUN} {to}"}
    parts += [
        f"{words[v]} {len(places[v])}{_named(places[v], verdicts)}" for v in words if places[v]
    ]
    return ", ".join(parts)


def answered(
    cells: list[Cell],
    title: str,
    noun: str,
    to: str = "in",
    verdict: Callable[[Cell, int], str] | None = None,
    end: str = "",
) -> Answer:
    """Answer to a claim about several cells, whose p values are corrected together.

    Cells that decide nothing are counted in the correction, too: what they were left out for was
    found in the same runs. So are those that were not run, or answers would depend on when one
    looks.

    Parameters
    ----------
    cells
        All of them.
    title
        What their words are about.
    noun, to
        See `counted`.
    verdict
        Verdict of a cell and of the side that it lies on (see `statistics.sides`), where that is
        not YES above and NO below.
    end
        What the statistic says last.
    """
    run = [cell for cell in cells if cell.a is not None and cell.b is not None]
    if not run:
        return Answer(NOT_RUN, None, NOT_RUN)
    p_values = [cell.p for cell in cells]
    verdict = verdict or (lambda _, side: SIDES[side])
    found, words = {}, []
    for cell, side, *corrected in zip(
        cells, statistics.sides(p_values), *statistics.both_sides(p_values), strict=True
    ):
        if cell.a is not None and cell.b is not None:
            found[cell.place] = verdict(cell, side)
            words.append(f"{' '.join(cell.place)} {cell.words}{_p(cell.p, *corrected)}")
    least = min(min(cell.a.n, cell.b.n) for cell in run)
    answer = counted([(cell.place, found.get(cell.place, NOT_RUN)) for cell in cells], noun, to)
    return Answer(f"{title}: {'; '.join(words)}{end}", int(least), answer)


def _named(places: list[tuple[str, ...]], verdicts: list[Any]) -> str:
    """Names in brackets, those of one network together; nothing where they are all there are."""
    if not places or len(places) == len(verdicts):
        return ""
    by_network: dict[str, list[str]] = {}
    for network, *part in places:
        by_network.setdefault(network, []).extend(part)
    return f" ({', '.join(' '.join([network, *parts]) for network, parts in by_network.items())})"


def sample(row: Mapping[str, Any], prefix: str = "") -> Sample:
    """What a table's row says of the seeds: columns `mean` and `std`, behind a prefix, and `n`."""
    return Sample(row[f"{prefix}mean"], row[f"{prefix}std"], row["n"])


def difference(a: Sample, b: Sample, shown: Callable[[float], str] | None = None) -> str:
    """Difference of two means with Welch's 95 % interval: "+1.0 [+0.5, +1.5]"."""
    low, high = statistics.welch_interval(a, b)
    difference, low, high = map(shown or points, (a.mean - b.mean, low, high))
    return f"{difference} [{low}, {high}]"


def points(fraction: float) -> str:
    """A difference of fractions in percentage points, with its sign."""
    return number(100 * fraction, 1)


def number(value: float, digits: int = 2) -> str:
    """A difference, with its sign; a dash where there is none."""
    return "—" if math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def _p(p: float, for_yes: float, for_no: float) -> str:
    """The corrected p value of the side on which a difference lies."""
    if math.isnan(p):
        return ""
    name, corrected = ("p", for_yes) if p <= 0.5 else ("p of no", for_no)
    return f", {name} " + ("< 0.001" if corrected < 0.001 else f"{corrected:.3f}")
