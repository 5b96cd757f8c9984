"""A table of strings as LaTeX, in whose pages every word of it has room.

What is too wide for a line is broken within its columns. What would be broken at nearly every word
lies in landscape. What is too long for a page goes on to the next one, which takes text in one
column. Widths are estimated, since LaTeX alone knows them.
"""

import math
from collections.abc import Sequence

import pandas as pd

# What is special in LaTeX, and what its fonts may lack.
SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{character: rf"\{character}" for character in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": "$<$",
        ">": "$>$",
        "|": "$|$",
        '"': "''",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
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
# Of the class `article` at 10 points, in em of \footnotesize: a line, and one in landscape; lines
# of a page; what lies between two columns.
PORTRAIT, LANDSCAPE, LINES, GAP = 40.0, 64.0, 48, 0.75
NARROW, WIDE = " !'(),.:;I[]fijlrt|", "%+<=>MWmw±×−–—∞"


def source(shown: pd.DataFrame, caption: str, right: Sequence[bool]) -> str:
    """LaTeX source of a table, which begins with the packages that it needs.

    Parameters
    ----------
    shown
        The table, all strings.
    caption
        What stands above it.
    right
        For each column whether it is set to the right.
    """
    columns = [[name, *shown[name]] for name in shown]
    widths, line = _layout(columns)
    sides = ["r" if r else "l" for r in right]
    for place, (texts, width) in enumerate(zip(columns, widths, strict=True)):
        if width < max(map(_width, texts)):
            ragged = r"\raggedleft" if right[place] else r"\raggedright"
            share = rf"p{{{width / line:.3f}\linewidth}}"
            sides[place] = rf">{{{ragged}\arraybackslash}}{share}"
    alignment = rf"{{@{{}}{''.join(sides)}@{{}}}}"
    header, *rows = (
        " & ".join(cell.translate(SPECIAL) for cell in row) + r" \\"
        for row in zip(*columns, strict=True)
    )
    head = [r"\toprule", header, r"\midrule"]
    caption_line = rf"\caption{{{caption.translate(SPECIAL)}}}"
    look = [r"\footnotesize", r"\setlength{\tabcolsep}{3pt}"]
    if line == PORTRAIT and _lines(columns, widths) + _width(caption) / line <= LINES:
        body = [r"\begin{table}", r"\centering", *look, caption_line]
        body += [rf"\begin{{tabular}}{alignment}", *head, *rows, r"\bottomrule"]
        body += [r"\end{tabular}", r"\end{table}"]
    else:
        body = [r"\begingroup", *look, r"\setlength{\LTcapwidth}{\linewidth}"]
        body += [rf"\begin{{longtable}}{alignment}", caption_line + r" \\", *head, r"\endfirsthead"]
        body += [*head, r"\endhead", r"\bottomrule", r"\endfoot", *rows]
        body += [r"\end{longtable}", r"\endgroup"]
    if line == LANDSCAPE:
        body = [r"\begin{landscape}", *body, r"\end{landscape}"]
    text = "\n".join(body)
    needed = {"array": "arraybackslash", "longtable": "longtable", "lscape": "landscape"}
    packages = ["booktabs", *(name for name, sign in needed.items() if sign in text)]
    return rf"% \usepackage{{{','.join(packages)}}}" + f"\n{text}\n"


def _layout(columns: Sequence[Sequence[str]]) -> tuple[list[float], float]:
    """Width of each column, and of the line that they stand in."""
    most = [max(map(_width, texts)) for texts in columns]
    least = [max(_width(word) for text in texts for word in text.split(" ")) for texts in columns]
    gaps = GAP * (len(columns) - 1)
    if sum(most) + gaps <= PORTRAIT:
        return most, PORTRAIT
    line = PORTRAIT if sum(least) + gaps <= PORTRAIT else LANDSCAPE
    # What the longest words leave of the line goes to where there is more to say.
    share = (line - gaps - sum(least)) / (sum(most) - sum(least) or 1)
    share = min(max(share, 0), 1)
    return [low + share * (high - low) for low, high in zip(least, most, strict=True)], line


def _lines(columns: Sequence[Sequence[str]], widths: Sequence[float]) -> int:
    """About how many lines the rows take; a line that is broken is not quite full."""
    return sum(
        max(
            math.ceil(_width(text) / width * (1 if _width(text) <= width else 1.2))
            for text, width in zip(row, widths, strict=True)
        )
        for row in zip(*columns, strict=True)
    )


def _width(text: str) -> float:
    """About how wide a text is in Computer Modern, in em: rather more than less."""
    return sum(
        0.39 if c in NARROW else 0.88 if c in WIDE else 0.76 if c.isupper() else 0.53 for c in text
    )
