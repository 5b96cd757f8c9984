"""Checkpoints: written completely, tied to what they belong to, loaded without running any code."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import torch

from associated_learning.files import atomic_write


def save(path: Path, belongs_to: dict[str, str], state: dict[str, Any]) -> None:
    """Write `state` (tensors and plain values) for the run that `belongs_to` describes."""
    with atomic_write(path) as partial, partial.open("wb") as file:
        try:
            torch.save({"belongs_to": belongs_to, "state": state}, file)
        except RuntimeError as error:
            # torch's writer hides the disk's error behind one of its own.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise


def load(path: Path, belongs_to: dict[str, str], device: torch.device) -> dict[str, Any] | None:
    """State of an earlier part of this very run; None where there is none.

    A checkpoint that is damaged, or of another run, is set aside under another name, with a warning
    on stderr: nothing is lost, nothing wrong is used.
    """
    if not path.exists():
        return None
    try:
        # torch does not compare the check sums of the archive's members: zipfile does.
        with zipfile.ZipFile(path) as archive:
            if bad := archive.testzip():
                raise zipfile.BadZipFile(f"check sum of {bad} is wrong")
        found = torch.load(path, map_location=device, weights_only=True)
        theirs, state = found["belongs_to"], found["state"]
    except Exception as error:  # whatever a damaged file leads to
        _set_aside(path, f"it is damaged ({type(error).__name__})")
        return None
    keys = belongs_to.keys() | theirs.keys()
    if different := sorted(key for key in keys if belongs_to.get(key) != theirs.get(key)):
        _set_aside(path, f"it is of another run: {', '.join(different)} differ")
        return None
    return state


def _set_aside(path: Path, reason: str) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}.aside{number}")).exists():
        number += 1
    path.replace(aside)
    print(f"warning: {path} is not used, {reason}; kept as {aside.name}", file=sys.stderr)
