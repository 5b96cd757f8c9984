"""The tutorial is small, holds nothing of one machine, and shows what a fresh run shows."""

import base64
import re
import subprocess
import sys

import nbformat
import pytest
import tutorial

# Other processors round otherwise, and training magnifies that: what is measured after it, all
# numbers with a decimal point, may differ by so much (with other instructions, SSE 4 to AVX2, none
# differed by more than 0.014). All else is equal to the letter.
TOLERANCE = 0.05
DECIMAL = r"\d+\.\d+"


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(tutorial.PATH, as_version=4)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What `make tutorial` would write."""
    out = tmp_path_factory.mktemp("tutorial") / "fresh.ipynb"
    done = subprocess.run(
        [sys.executable, tutorial.PATH.with_suffix(".py"), out],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return nbformat.read(out, as_version=4)


def outputs(notebook):
    """Name of the cell and output, of all."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [(cell.id, output) for cell in cells for output in cell.outputs]


def texts(notebook):
    """What the cells show, as text, by their names."""
    found = {}
    for cell, output in outputs(notebook):
        found[cell] = found.get(cell, "") + (output.get("text") or output.data["text/plain"])
    return found


def differences(shown, wanted):
    """Both texts of the cells that show something else, up to the tolerance."""
    found = {}
    for cell in shown.keys() | wanted.keys():
        both = shown.get(cell, ""), wanted.get(cell, "")
        words = {re.sub(DECIMAL, "number", text) for text in both}
        pairs = zip(*(re.findall(DECIMAL, text) for text in both), strict=False)
        if len(words) > 1 or any(abs(float(a) - float(b)) > TOLERANCE for a, b in pairs):
            found[cell] = both
    return found


def test_a_fresh_run_shows_what_is_committed(committed, fresh):
    sources = [[(cell.id, cell.source) for cell in n.cells] for n in (committed, fresh)]
    assert sources[0] == sources[1]
    assert not differences(texts(fresh), texts(committed))
    kinds = [
        [(name, list(o.get("data", []))) for name, o in outputs(n)] for n in (committed, fresh)
    ]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("accuracy 0.97 of 300", True),
        ("accuracy 0.95 of 300", True),
        ("accuracy 0.88 of 300", False),
        ("accuracy 0.97 of 301", False),
        ("accuracy nan of 300", False),
        ("0.97 of 300", False),
    ],
)
def test_a_difference_is_seen(shown, same):
    assert differences({"cell": shown}, {"cell": "accuracy 0.97 of 300"}) == (
        {} if same else {"cell": (shown, "accuracy 0.97 of 300")}
    )


def test_it_says_that_gradients_stay_in_their_component(committed):
    _, *rows = texts(committed)["gradients"].splitlines()
    for k, row in enumerate(rows):  # A1: f1, b1; I1: g1, h1; A2: f2, b2; ...
        reached = [place for place, mark in enumerate(row.split()[1:]) if mark == "x"]
        assert reached == [2 * k, 2 * k + 1]
    assert len(rows) == 8


def test_all_cells_were_run_in_order_without_a_warning(committed):
    cells = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    assert {output.get("name", "stdout") for _, output in outputs(committed)} == {"stdout"}
    assert "error" not in {output.output_type for _, output in outputs(committed)}
    assert committed.metadata == tutorial.METADATA
    assert not any(cell.metadata for cell in committed.cells)


def test_it_is_small_and_has_small_figures(committed):
    assert tutorial.PATH.stat().st_size < 300_000
    figures = [
        o.data["image/png"] for _, o in outputs(committed) if "image/png" in o.get("data", {})
    ]
    assert len(figures) == 3
    for figure in figures:
        png = base64.b64decode(figure)
        width, height = (int.from_bytes(png[place : place + 4], "big") for place in (16, 20))
        assert width <= 800 and height <= 400


def test_it_shows_neither_times_nor_addresses_nor_folders(committed):
    for text in [*texts(committed).values(), *(cell.source for cell in committed.cells)]:
        assert not re.search(
            r"0x[0-9a-f]{6}|(?<![\w.])/(tmp|home|root|usr|var)\b|\d ?ms\b|\d s\b", text
        )
