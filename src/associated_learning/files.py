"""Files that appear whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes that name if the block ends without an error.

    Raises
    ------
    SystemExit
        The file cannot be written, for want of space or of permission; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.part")  # that of a killed process is written over
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise SystemExit(
            f"cannot write {path}: {error.strerror or error}. Make room there, or make the folder "
            "writable, and start again: what was finished before is kept"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
