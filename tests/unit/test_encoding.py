"""Text is UTF-8 in every file and log, whatever the locale."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from finished import write_run

from associated_learning import __main__ as commands

ROOT = Path(__file__).parents[2]
PYTHON = [
    *(path for folder in ("src", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")),
]
RULES = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
# A locale of ASCII, with none of Python's own ways out of it.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NO_TEXT = {"os", "tarfile", "Image"}  # modules whose `open` opens no text


def without_encoding(code: str) -> list[str]:
    """Calls that read or write text in the locale's encoding, as far as their names tell."""
    found = []
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        owner = getattr(getattr(call.func, "value", None), "id", "")
        named = {word.arg: word.value for word in call.keywords}
        mode = [*call.args, named.get("mode")]
        binary = any(re.fullmatch(r"[rwxa+]*b[+]?", str(getattr(m, "value", ""))) for m in mode)
        text = (
            name in ("read_text", "write_text", "FileHandler")
            or (name in ("open", "fdopen") and not binary and owner not in NO_TEXT)
            or named.keys() & {"text", "universal_newlines"}
        )
        if text and "encoding" not in named:
            found.append(ast.unparse(call))
    return found


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_is_opened_without_an_encoding(path):
    assert not without_encoding(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_no_rule_opens_text_without_an_encoding(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        assert not re.search(r"\b(read_text|write_text|open)\(", line) or "encoding=" in line


def test_what_is_looked_for_would_be_found():
    code = "a.read_text(); open('x'); a.open('w'); open('x', 'rb'); run(text=True); os.open('x')"
    assert len(without_encoding(code)) == 4


def said(*arguments: object, **options: str) -> str:
    """What a command says where the locale is ASCII."""
    done = subprocess.run(
        [sys.executable, "-m", "associated_learning", *map(str, arguments)],
        env=os.environ | ASCII | options,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode("utf-8")


TEXT = "−0.60 ± 0.82"
SPEAKS = f"""
import sys
from associated_learning import terminal
terminal.use_utf8()
print({TEXT!a})
print({TEXT!a}, file=sys.stderr)
"""


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_command_says_any_character_where_the_locale_has_none_of_them(encoding):
    done = subprocess.run(
        [sys.executable, "-c", SPEAKS],
        env=os.environ | ASCII | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("utf-8") == done.stderr.decode("utf-8") == f"{TEXT}\n"


def test_a_path_is_named_though_the_locale_has_no_characters_for_it(tmp_path):
    text = said("provenance", tmp_path / "Läufe–±.png")
    assert "cannot be read" in text and "UnicodeEncodeError" not in text


def test_a_terminal_keeps_its_encoding_and_shows_escapes():
    main = f"import pty, sys; pty.spawn([sys.executable, '-c', {SPEAKS!r}])"
    done = subprocess.run(
        [sys.executable, "-c", main],
        env=os.environ | ASCII | {"PYTHONIOENCODING": "iso-8859-1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == rb"\u22120.60 " + "± 0.82".encode("latin-1")


@pytest.mark.parametrize("name", commands.listed())
def test_every_command_explains_itself_where_the_locale_is_ascii(name):
    assert said(name, "--help").startswith(f"usage: python -m associated_learning {name}")


def test_a_table_is_the_same_to_the_byte_where_the_locale_is_ascii(tmp_path):
    paths = [write_run(tmp_path, "al", s, [[0.9]]) for s in range(2)]
    flags = ("table", "accuracy", *paths, "--out")
    assert said(*flags, tmp_path / "ascii/x") == ""
    assert said(*flags, tmp_path / "utf8/x", PYTHONUTF8="1") == ""
    for suffix in ("csv", "md", "tex", "html"):
        found = [(tmp_path / locale / f"x.{suffix}").read_bytes() for locale in ("ascii", "utf8")]
        assert found[0] == found[1]
    assert "±" in found[0].decode("utf-8")


# What these files test makes every kind of table, figure, measurement, training and archive.
MAKERS = [
    *("archive", "checkpoint", "datasets", "distances", "embedding", "exits", "fill", "loop"),
    *("experiment_figures", "experiment_tables", "probe", "provenance", "record", "steps"),
    *("tables", "throughput", "trained", "tuning", "benchmarks"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_written_in_the_locale_s_encoding(name):
    """Python itself warns where the locale decides, and here that is an error."""
    ours = "(associated_learning|fill|step|step_page|peer|pipeline|late_start|finished)"
    done = subprocess.run(
        [
            *(sys.executable, "-X", "warn_default_encoding", "-m", "pytest", "-q"),
            *("-p", "no:cacheprovider", f"tests/unit/test_{name}.py"),
            *("-o", rf"filterwarnings=error::EncodingWarning:{ours}(\..*)?"),
        ],
        cwd=ROOT,
        env=os.environ | ASCII,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout
