"""Files that are written completely or not at all, in folders with one writer at a time."""

import contextlib
import csv
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes that name if the block ends without an error.

    Raises
    ------
    SystemExit
        The file cannot be written, no space, no permission; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.part")  # a killed process may have left one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, completely or not at all (see `atomic_write`)."""
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write dicts as CSV, completely or not at all; columns are all keys, in their order."""
    columns = dict.fromkeys(key for row in rows for key in row)
    with (
        atomic_write(path) as partial,
        partial.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=list(columns))
        writer.writeheader()
        writer.writerows(rows)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, made if need be, against other processes that ask for it by this function.

    It is free again when the process ends, however it ends.

    Raises
    ------
    SystemExit
        Another process holds it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SystemExit(
            f"error: another process is at work in {folder}: wait for it, or end it; then run this "
            "again"
        ) from error
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(held)


def _unwritable(path: Path, error: OSError) -> SystemExit:
    advice = (
        "Make room there, or make the folder writable, and start again: what was finished before is"
        " kept"
    )
    if isinstance(error, FileExistsError | NotADirectoryError):
        advice = "A file has the name of a folder here: give another path"
    elif isinstance(error, IsADirectoryError):
        advice = "A folder has that name: give another path"
    return SystemExit(f"cannot write {path}: {error.strerror or error}. {advice}")
