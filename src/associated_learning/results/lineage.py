"""Where a figure or table comes from, in words."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from associated_learning.results import provenance
from associated_learning.results.read import CELL

DIGITS = 12  # of a hash


def describe(output: Path) -> str:
    """All that the record of an output leads to: files, runs, their code, their official data.

    Raises
    ------
    SystemExit
        It is missing or carries no record.
    """
    files, runs, codes, data = [], {}, {}, {}
    for name, sha256 in provenance.origins(output).items():
        place = provenance.find(name, sha256)
        where = "not here with this content" if place is None else str(place)
        files.append([name, sha256[:DIGITS], "here" if where == name else where])
        run = provenance.metrics(place) if place else None
        if run:
            folder = name.rpartition("/")[0]
            runs[folder] = dict(_fields(run))
            if "fingerprints" in run:
                code = run["fingerprints"]["code"]
                codes[provenance.digest(code)] = code
                data[run["fingerprints"]["data"]] = folder.split("/")[1], run
    keys = dict.fromkeys(key for run in runs.values() for key in run)
    same = [key for key in keys if len({str(run.get(key)) for run in runs.values()}) == 1]
    differing = [key for key in keys if key not in same]
    first = next(iter(runs.values()), {})
    return "".join(
        [
            _table(f"{output} was made of", files, ["file", "SHA-256", "found"]),
            _table(
                f"{len(runs)} run{'s' * (len(runs) != 1)}",
                [[name, *(run.get(key, "") for key in differing)] for name, run in runs.items()],
                ["run", *differing],
            ),
            _table("The same in all of these", [[key, first[key]] for key in same]),
            _table(
                "Code of the runs",
                [[key[:DIGITS], provenance.code_version(code)] for key, code in codes.items()],
            ),
            _table(
                "Official data files of the runs",
                [
                    [fingerprint[:DIGITS], file, sha256]
                    for fingerprint, (scale, run) in data.items()
                    for file, sha256 in provenance.official_files(scale, run).items()
                ],
            ),
        ]
    )


def _table(title: str, rows: list[list[Any]], headers: Sequence[str] = ()) -> str:
    """A table under its title; empty if it has no rows."""
    from tabulate import tabulate

    if not rows:
        return ""
    table = tabulate(rows, headers, "plain", disable_numparse=True, missingval="-")
    return f"{title}\n\n{textwrap.indent(table, '  ')}\n\n"


def _fields(run: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is shown of a run beside its folder, which names data set, network, method and seed."""
    if "test_accuracy" in run:
        yield "test_accuracy", f"{run['test_accuracy']:.4f}"
    for key, value in run.get("fingerprints", {}).items():
        if key in ("code", "data"):
            yield key, provenance.digest(value)[:DIGITS]
    for key, value in run["config"].items():
        if key not in CELL:
            yield key, value
    for part in ("versions", "hardware"):
        for key, value in run[part].items():
            yield f"{part}.{key}", value
