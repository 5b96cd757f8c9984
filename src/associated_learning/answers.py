"""What the claims table of a scale answers, as the first page of the report says it."""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path


def found(scales: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Claims and their answers, in reStructuredText, of the scales whose table is there.

    Parameters
    ----------
    scales
        Names; a scale's table is tables/SCALE/claims.csv in the working directory.
    """
    tables = {scale: Path("tables", scale, "claims.csv") for scale in scales}
    rows = {scale: _rows(path) for scale, path in tables.items() if path.exists()}
    return {scale: told for scale, told in rows.items() if told}


def _rows(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        # A damaged table tells nothing: it must not keep the workflow from making it anew.
        rows = [row for row in csv.DictReader(file) if row.get("claim") and row.get("answer")]
        # Which cells are meant stands in brackets: the table tells.
        told = ((_claim(row), re.sub(r" \([^()]*\)", "", row["answer"])) for row in rows)
        return [(_plain(claim), _plain(answer)) for claim, answer in told]


def _claim(row: Mapping[str, str]) -> str:
    """The claim, and whose it is."""
    where = row.get("thesis") or "ours"
    return f"{row['claim']} ({where if where == 'ours' else f'thesis, {where}'})"


def _plain(text: str) -> str:
    """A text without markup."""
    return re.sub(r"([\\*`_|])", r"\\\1", text)
