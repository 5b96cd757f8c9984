"""What to say when jobs of the workflow have failed, or nothing is what was asked for."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

LINES = 20  # of each log
# How commands of rules end, and what Snakemake adds where one has failed.
FAILED = re.compile(
    r"(?:> |--log )(logs/\S+\.log)(?: 2>&1)?[^\n]*' (?:returned non-zero|died with)"
)


def no_such(asked: str, known: Iterable[str]) -> str:
    """What is like something that was asked for in vain, and where the names of all stand."""
    near = difflib.get_close_matches(asked, list(known), n=3, cutoff=0.5)
    said = f"There is no {asked}." + f" The nearest: {', '.join(near)}." * bool(near)
    return (
        f"{said} config/scales/ names the scales, config/experiments.yaml their figures and tables."
    )


def describe(said: str | Iterable[str], folder: Path) -> str:
    """Path and end of the log of every job that failed.

    Parameters
    ----------
    said
        Snakemake's own log, or several, where the command of a failed job stands.
    folder
        Where paths of logs begin.
    """
    files = [said] if isinstance(said, str) else list(said)
    text = "".join(Path(file).read_text(encoding="utf-8", errors="replace") for file in files)
    parts = []
    for path in dict.fromkeys(FAILED.findall(text)):
        try:
            lines = (folder / path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            lines = [f"it cannot be read: {error.strerror}"]
        parts.append("\n".join([f"A job failed. The end of its log, {path}:", *lines[-LINES:]]))
    nothing = "Something failed or was stopped before a job ended: see above."
    return "\n\n".join(parts) or f"{nothing} The same command goes on."
