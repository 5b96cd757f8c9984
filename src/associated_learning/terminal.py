"""What a command says, in an encoding in which no character can fail."""

import io
import sys


def use_utf8() -> None:
    """Write UTF-8 into logs and pipes, whatever the locale.

    A terminal keeps its own encoding. What cannot be written in it is shown as an escape.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
