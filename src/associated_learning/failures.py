"""What to say when jobs of the workflow have failed: where their logs lie, and how they end."""

import re
from pathlib import Path

LINES = 20  # of each log


def describe(said: str, folder: Path) -> str:
    """Path and end of the log of every job that failed.

    Parameters
    ----------
    said
        What Snakemake said, where the command of a failed job stands with its log.
    folder
        Where paths of logs begin.
    """
    paths = dict.fromkeys(re.findall(r"> (logs/\S+\.log) 2>&1' returned non-zero", said))
    parts = []
    for path in paths:
        try:
            lines = (folder / path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            lines = [f"it cannot be read: {error.strerror}"]
        parts.append("\n".join([f"A job failed. The end of its log, {path}:", *lines[-LINES:]]))
    return "\n\n".join(parts)
