"""A table as CSV for programs; Markdown, LaTeX and, in the report, HTML for readers."""

import html
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from associated_learning import latex
from associated_learning.files import atomic_write
from associated_learning.results import read

NONE = "—"  # shown where there is no value
WIDE = 240  # characters: a wider Markdown table is not aligned by spaces
INTERVAL = "Brackets hold Welch's 95 % interval of the difference, where there are enough seeds."


@dataclass(frozen=True, eq=False)
class Table:
    """A table as computed and as shown.

    Attributes
    ----------
    frame
        Numbers as they are, for the CSV.
    caption
        What a reader has to know: unit, n, what the spread is.
    formatted
        The same in words, all strings, for Markdown, LaTeX and HTML; None to show `frame` plainly.
        Items of a cell, parted by "; ", have lines of their own where lines can be broken.
    """

    frame: pd.DataFrame
    caption: str
    formatted: pd.DataFrame | None = None


def write(table: Table, prefix: Path, mark: str = "", record: str = "") -> None:
    """Write `prefix`.csv, `prefix`.md, `prefix`.tex and `prefix`.html.

    Parameters
    ----------
    table
        What to write.
    prefix
        Path without the suffix.
    mark
        What the captions say last, such as that the scale gives no result.
    record
        What it was made of (see `results.provenance`), for a comment in each file but the CSV.
    """
    caption = f"{table.caption} {mark[0].upper()}{mark[1:]}." if mark else table.caption
    shown = table.frame.map(plain) if table.formatted is None else table.formatted
    # Columns of numbers to the right: those without a letter.
    right = [not shown[name].str.contains("[A-Za-z]").any() for name in shown]
    markdown = shown.replace("; ", "<br>", regex=True).to_markdown(  # a line for each item
        index=False,
        colalign=["right" if r else "left" for r in right],
        disable_numparse=True,
    )
    if markdown.index("\n") > WIDE:
        markdown = re.sub(" {2,}", " ", re.sub("-{4,}", "---", markdown))
    texts = {
        "csv": table.frame.to_csv(index=False, lineterminator="\n"),
        "md": f"{caption}\n\n{markdown}\n\n<!-- {record} -->\n",
        "tex": latex.source(shown, caption, right) + f"% {record}\n",
        "html": page(shown, caption, right) + f"<!-- {record} -->\n",
    }
    for suffix, text in texts.items():
        with atomic_write(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            partial.write_text(text, encoding="utf-8")


def caption(text: str, frame: pd.DataFrame, *facts: str) -> str:
    """Caption of a table of one data set: its text, and what was computed.

    Parameters
    ----------
    text
        The module's CAPTION.
    frame
        The table, with columns `dataset` and `n` (seeds).
    *facts
        More sentences.
    """
    values = "mean ± standard deviation over" if frame["n"].max() > 1 else "of"
    computed = (
        f"Data set: {read.only_dataset(frame)}. Values are {values} {read.seeds(frame['n'])}."
    )
    return " ".join([text, computed, *facts])


def percent(fraction: float, sign: str = "") -> str:
    """A fraction in percent: "97.70"; with "+" as `sign`, "+0.60" and "−0.60".

    The sign of a bound that rounds to zero is kept: it tells on which side of zero it lies.
    """
    return f"{100 * fraction:{sign}.2f}".replace("-", "−")


def plus_minus(
    mean: float,
    deviation: float,
    show: Callable[[float], str] = percent,
    show_deviation: Callable[[float], str] | None = None,
) -> str:
    """Mean and deviation: "97.70 ± 0.82", or the mean alone where there is no other."""
    if math.isnan(deviation):
        return show(mean)
    return f"{show(mean)} ± {(show_deviation or show)(deviation)}"


def difference(row: Mapping[str, float]) -> str:
    """`difference` of a row in points, and its interval: "+0.60 [−0.10, +1.30]"."""
    if math.isnan(row["difference"]):
        return NONE
    shown = percent(row["difference"], "+")
    if math.isnan(row["ci_low"]):
        return shown
    return f"{shown} [{percent(row['ci_low'], '+')}, {percent(row['ci_high'], '+')}]"


def page(shown: pd.DataFrame, caption: str, right: list[bool]) -> str:
    """HTML page of a table of strings, with nothing to load from elsewhere."""

    def row(cells: list[str], tag: str) -> str:
        sides = ("right" if r else "left" for r in right)
        return "".join(
            f'<{tag} style="text-align: {side}">{"<br>".join(map(html.escape, items))}</{tag}>'
            for items, side in zip((cell.split("; ") for cell in cells), sides, strict=True)
        )

    body = "\n".join(f"<tr>{row(cells, 'td')}</tr>" for cells in shown.to_numpy())
    return f"""<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(caption)}</title>
<style>
body {{ font: 14px sans-serif; margin: 2em }}
table {{ border-collapse: collapse; border-bottom: 2px solid; border-top: 2px solid }}
caption {{ caption-side: top; padding-bottom: 1em; text-align: left }}
th {{ border-bottom: 1px solid }}
th, td {{ font-variant-numeric: tabular-nums; padding: 0.2em 0.8em; vertical-align: top }}
td[style*="right"], th {{ white-space: nowrap }}
</style>
<table><caption>{html.escape(caption)}</caption>
<thead><tr>{row(list(shown.columns), "th")}</tr></thead>
<tbody>
{body}
</tbody></table></html>
"""


def plain(value: object) -> str:
    """A value as a reader wants it: four digits of a fraction, a dash for what is missing."""
    if pd.isna(value):
        return NONE
    return f"{value:.4g}" if isinstance(value, float) else str(value)
