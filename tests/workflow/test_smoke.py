"""Real jobs from end to end, as a user starts them; `make smoke` runs all there are."""

import re
import zlib
from pathlib import Path

from project import Project


def words_of(pdf: Path) -> str:
    """What is written on a page: Matplotlib sets every letter as two bytes in parentheses."""
    text = b""
    for stream in pdf.read_bytes().split(b"stream\n"):
        if stream.startswith(b"x"):  # deflated
            content = zlib.decompressobj().decompress(stream)
            text += b"".join(re.findall(rb"\(\x00(.)\)", content))
    return text.decode("latin-1")


def test_a_fresh_clone_makes_a_table_and_a_figure_marked_as_smoke_and_makes_them_once(
    tmp_path: Path,
) -> None:
    project = Project.cloned(tmp_path / "project")
    wanted = ["tables/smoke/datasets.md", "figures/smoke/samples_digits.png"]

    first = project.run("--cores", "2", *wanted)
    assert first.returncode == 0, first.stdout
    table, figure = (project.folder / path for path in wanted)
    assert "Smoke scale: no result" in table.read_text()
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert "smoke scale: no result" in words_of(figure.with_suffix(".pdf"))

    for path in ("data/prepared/digits.safetensors", "src/associated_learning/data/overview.py"):
        (project.folder / path).touch()  # what they hold has not changed
    second = project.run("--cores", "2", *wanted)
    assert second.returncode == 0, second.stdout
    assert "Nothing to be done" in second.stdout
    by_date = project.run("--dry-run", "--max-checksum-file-size", "1", *wanted)
    assert "overview" in by_date.stdout
    assert "Nothing to be done" not in by_date.stdout


def test_what_is_left_is_considered_once_for_every_job_that_ends(tmp_path: Path) -> None:
    """Not every second: with hundreds of jobs left that takes a third of a core."""
    project = Project.cloned(tmp_path / "project")
    wanted = ["results/smoke/parameters.csv", "data/prepared/digits.safetensors"]
    run = project.run("--cores", "1", "--verbose", *wanted)
    assert run.returncode == 0, run.stdout
    assert run.stdout.count("Finished jobid: ") == 2
    assert run.stdout.count("Resources before job selection: ") == 2


def test_the_end_of_a_failed_job_s_log_is_shown_with_its_path(tmp_path: Path) -> None:
    project = Project.cloned(tmp_path / "project")
    failing = "src/associated_learning/figures/samples.py"
    draw = "def draw(inputs: list[Path]) -> Figure:\n"
    project.edit(failing, draw, f"{draw}    raise SystemExit('error: planted here')\n")
    run = project.run("--cores", "1", "figures/smoke/samples_digits.png")
    assert run.returncode != 0
    end = run.stdout.split("A job failed. The end of its log, ")[1]
    path, message = end.splitlines()[:2]
    assert path == "logs/smoke/figure/samples_digits.log:"
    assert message == "error: planted here"
    assert "TypeError" not in run.stdout
