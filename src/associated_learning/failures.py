"""What to say when jobs of the workflow have failed: where their logs lie, and how they end."""

import re
from collections.abc import Iterable
from pathlib import Path

LINES = 20  # of each log
# How commands of rules end, and what Snakemake adds where one has failed.
FAILED = re.compile(r"(?:> |--log )(logs/\S+\.log)(?: 2>&1)?[^\n]*' returned non-zero")


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
    return "\n\n".join(parts) or "Something failed before any job: see above."
