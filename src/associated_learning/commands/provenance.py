"""Print where a figure or table comes from: its runs, their config, code, data and machines."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from associated_learning import provenance
from associated_learning.commands import Parser
from associated_learning.runs import CELL

DIGITS = 12  # of a hash


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("provenance", __doc__ + " Run it in the repository's folder.")
    p.add_argument("output", type=Path, help="figure or table of any format, e.g. curves_mnist.png")
    output = p.parse_args(argv).output
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
                codes[run["fingerprints"]["code"]] = run["config"]["arch"]
                data[run["fingerprints"]["data"]] = folder.split("/")[1], run
    keys = dict.fromkeys(key for run in runs.values() for key in run)
    same = [key for key in keys if len({str(run.get(key)) for run in runs.values()}) == 1]
    differing = [key for key in keys if key not in same]

    show(f"{output} was made of", files, ["file", "SHA-256", "found"])
    rows = [[name, *(run.get(key, "") for key in differing)] for name, run in runs.items()]
    show(f"{len(runs)} run{'s' * (len(runs) != 1)}", rows, ["run", *differing])
    first = next(iter(runs.values()), {})
    show("The same in all of these", [[key, first[key]] for key in same])
    versions = [[k[:DIGITS], provenance.code_version(k, arch)] for k, arch in codes.items()]
    show("Code of the runs", versions)
    sources = [
        [fingerprint[:DIGITS], file, sha256]
        for fingerprint, (scale, run) in data.items()
        for file, sha256 in provenance.official_files(scale, run).items()
    ]
    show("Official data files of the runs", sources)


def show(title: str, rows: list[list[Any]], headers: Sequence[str] = ()) -> None:
    """Print a table, if it has rows."""
    from tabulate import tabulate

    if rows:
        table = tabulate(rows, headers, "plain", disable_numparse=True, missingval="-")
        print(f"{title}\n\n{textwrap.indent(table, '  ')}\n")


def _fields(run: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is shown of a run beside its folder, which names data set, network, method and seed."""
    if "test_accuracy" in run:
        yield "test_accuracy", f"{run['test_accuracy']:.4f}"
    for key, value in run.get("fingerprints", {}).items():
        if key in ("code", "data"):
            yield key, value[:DIGITS]
    for key, value in run["config"].items():
        if key not in CELL:
            yield key, value
    for part in ("versions", "hardware"):
        for key, value in run[part].items():
            yield f"{part}.{key}", value


if __name__ == "__main__":
    main()
