"""A table as CSV for programs; Markdown, LaTeX and, in the report, HTML for readers."""

import html
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from associated_learning.files import whole

NONE = "—"  # shown where there is no value

# What is special in LaTeX, and what its fonts may lack.
LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{character: rf"\{character}" for character in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "−": "$-$",
        "×": r"$\times$",
        "–": "--",
        "—": "---",
        "†": r"\textdagger{}",
        "‡": r"\textdaggerdbl{}",
        "∞": r"$\infty$",
    }
)


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
        The same in words, all strings, for Markdown and LaTeX; None to show `frame` plainly.
    """

    frame: pd.DataFrame
    caption: str
    formatted: pd.DataFrame | None = None


def write(table: Table, prefix: Path, smoke: bool = False, record: str = "") -> None:
    """Write `prefix`.csv, `prefix`.md, `prefix`.tex and `prefix`.html.

    Parameters
    ----------
    table
        What to write.
    prefix
        Path without the suffix.
    smoke
        Say in the captions that the table shows no result.
    record
        What it was made of (see `provenance.record`), for a comment in each file but the CSV.
    """
    caption = f"{table.caption} Smoke scale: no result." if smoke else table.caption
    shown = table.frame.map(plain) if table.formatted is None else table.formatted
    # Columns of numbers to the right: those without a letter.
    right = [not shown[name].str.contains("[A-Za-z]").any() for name in shown]
    markdown = shown.to_markdown(
        index=False,
        colalign=["right" if r else "left" for r in right],
        disable_numparse=True,
    )
    texts = {
        "csv": table.frame.to_csv(index=False, lineterminator="\n"),
        "md": f"{caption}\n\n{markdown}\n\n<!-- {record} -->\n",
        "tex": latex(shown, caption, _latex_columns(shown, right)) + f"% {record}\n",
        "html": page(shown, caption, right) + f"<!-- {record} -->\n",
    }
    for suffix, text in texts.items():
        with whole(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            partial.write_text(text)


def page(shown: pd.DataFrame, caption: str, right: list[bool]) -> str:
    """HTML page of a table of strings, with nothing to load from elsewhere."""

    def row(cells: list[str], tag: str) -> str:
        sides = ("right" if r else "left" for r in right)
        return "".join(
            f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
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


def _latex_columns(shown: pd.DataFrame, right: list[bool]) -> str:
    """Alignment of the columns; sentences are broken into lines."""
    long = shown.map(len).max() > 60
    kinds = zip(right, long, strict=True)
    return "".join("r" if r else r"p{0.4\linewidth}" if text else "l" for r, text in kinds)


def plain(value: object) -> str:
    """A value as a reader wants it: four digits of a fraction, a dash for what is missing."""
    if pd.isna(value):
        return NONE
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def latex(shown: pd.DataFrame, caption: str, alignment: str) -> str:
    """LaTeX source of a table of strings, for the booktabs package."""
    header, *rows = (
        " & ".join(cell.translate(LATEX) for cell in row) + r" \\"
        for row in (shown.columns, *shown.to_numpy())
    )
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption.translate(LATEX)}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            header,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )
