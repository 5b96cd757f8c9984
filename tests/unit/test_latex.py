"""Every word of a table lies on its page, and within the text there."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from associated_learning import latex

ROOT = Path(__file__).parents[2]
TABLES = sorted(ROOT.glob("tables/[!s]*/*.tex"))  # the smoke scale's are not committed
needs_latex = pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="no LaTeX, no pdftotext"
)
# Of the class `article` on letter paper, in points of 1/72 inch, and one more for round letters.
LEFT, RIGHT, TOP, BOTTOM = 132.3, 478.0, 124.0, 676.0
# A word broken at a line's end would be two; those that hold a hyphen are compared in parts.
WHOLE_WORDS = r"\hyphenpenalty=10000 \emergencystretch=3em \pagestyle{empty}"
HUGE = r"\usepackage[paperwidth=500cm,paperheight=500cm,margin=1cm]{geometry}"


def compiled(
    source: str, folder: Path, *preamble: str
) -> tuple[list[tuple[str, list[float]]], str]:
    """Words of a document with this source, with the box of each, and LaTeX's log."""
    packages = source.splitlines()[0].removeprefix("% ")
    parts = [r"\documentclass{article}", packages, *preamble, WHOLE_WORDS]
    parts += [r"\begin{document}", source, r"\end{document}"]
    folder.mkdir()
    (folder / "page.tex").write_text("\n".join(parts), encoding="utf-8")
    for _ in range(2):  # a long table knows its columns in the second
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        assert done.returncode == 0, done.stdout
    command = ["pdftotext", "-bbox", "page.pdf", "-"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=True)
    word = r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>'
    found = [(text, list(map(float, box))) for *box, text in re.findall(word, done.stdout)]
    return found, (folder / "page.log").read_text(encoding="utf-8", errors="replace")


def words(found: list[tuple[str, list[float]]]) -> Counter[str]:
    return Counter(part for text, _ in found for part in text.split("-") if part)


def assert_on_its_pages(source: str, folder: Path) -> None:
    found, log = compiled(source, folder / "article")
    outside = [
        text
        for text, (left, top, right, bottom) in found
        if left < LEFT or right > RIGHT or top < TOP or bottom > BOTTOM
    ]
    assert not outside
    assert not re.findall(r"Overfull \\hbox .*|.*too large.*", log)
    # On a huge page nothing is broken; a long table repeats its header on each of its own pages.
    whole, _ = compiled(source, folder / "huge", HUGE)
    pages = re.search(r"\((\d+) page", log)
    header = re.search(r"\\toprule\n(.*) \\\\\n\\midrule", source)[1]
    assert pages and header
    missing = words(whole) - words(found)
    assert not missing
    repeated = words(found) - words(whole)
    assert sum(repeated.values()) <= (int(pages[1]) - 1) * (len(header.split()) + header.count("-"))


@needs_latex
def test_what_is_special_or_missing_in_latex_s_fonts_is_what_is_printed(tmp_path):
    signs = list("<>|&%$#{}±×∞≤≥")
    shown = pd.DataFrame({"sign": [f"a{sign}b" for sign in signs]})
    found, _ = compiled(latex.source(shown, "signs", [False]), tmp_path / "signs")
    said = " ".join(text for text, _ in found)
    for sign, code in {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.items():
        said = said.replace(code, sign)
    assert [sign for sign in signs if sign not in said] == []


def test_there_are_tables_to_look_at():
    assert len(TABLES) > 15


@needs_latex
@pytest.mark.parametrize("path", TABLES, ids=[f"{p.parent.name}-{p.stem}" for p in TABLES])
def test_every_word_of_a_committed_table_is_on_the_pages_of_an_article(path, tmp_path):
    assert_on_its_pages(path.read_text(encoding="utf-8"), tmp_path)


def table(rows: int, *cells: str) -> str:
    """Source of a table of equal rows."""
    frame = pd.DataFrame([cells] * rows, columns=[f"Column {k}" for k in range(len(cells))])
    return latex.source(frame, "A caption. " * 20, [False] * len(cells))


@needs_latex
@pytest.mark.parametrize("rows", [2, 100])
@pytest.mark.parametrize(
    "cells",
    [
        ["short", "1.23"],
        ["words of a sentence " * 20, "1.23"],
        ["unbreakable12345"] * 5,
        ["MMMMM WWWWW", "±±±±±± ————", "%%%%%% @@@@@", "MNIST CIFAR"],
        ["a word", "words of a sentence " * 20, *["+9.64 [+8.69, +10.60]"] * 4],
    ],
)
def test_every_word_of_any_table_is_on_the_pages_of_an_article(rows, cells, tmp_path):
    assert_on_its_pages(table(rows, *cells), tmp_path)


def test_a_small_table_is_a_plain_float_which_needs_booktabs_alone():
    source = table(3, "short", "1.23")
    assert source.startswith("% \\usepackage{booktabs}\n\\begin{table}\n")
    assert r"\begin{tabular}{@{}ll@{}}" in source


def test_a_long_table_goes_on_to_the_next_page_under_its_header():
    source = table(100, "short", "1.23")
    assert source.startswith("% \\usepackage{booktabs,longtable}\n")
    assert source.count("Column 0 & Column 1") == 2 and r"\endhead" in source


def test_only_what_portrait_has_no_room_for_lies_in_landscape():
    narrow, wide = (table(3, *["unbroken unbroken"] * n) for n in (5, 10))
    assert r"\linewidth" in narrow and "landscape" not in narrow
    assert wide.count("landscape}") == 2
