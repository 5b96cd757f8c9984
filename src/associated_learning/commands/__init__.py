"""Thin command lines, one module each. `python -m associated_learning` lists them."""

import argparse
import math
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType


class Parser(argparse.ArgumentParser):
    """Argument parser that answers a wrong value with one line and status 2."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(
            prog=f"python -m associated_learning {command}",
            description=description,
            allow_abbrev=False,
        )
        self.register("type", Path, _path)

    def error(self, message: str) -> None:
        """Print one line that names the flag, its value and what is allowed; exit with 2."""
        self.exit(2, f"error: {message}\n")


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("it is empty; allowed: a path")
    return Path(text)


def integer(least: int) -> Callable[[str], int]:
    """Parser of whole numbers from `least` up."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r}; allowed: whole numbers from {least} up")
        return int(text)

    return parse


def positive(text: str) -> float:
    """Parse a finite number above zero."""
    return _number(text, lambda value: value > 0, "finite numbers above 0")


def not_negative(text: str) -> float:
    """Parse a finite number, zero or above."""
    return _number(text, lambda value: value >= 0, "finite numbers from 0 up")


def share(text: str) -> float:
    """Parse a number from 0 to 1."""
    return _number(text, lambda value: 0 <= value <= 1, "numbers from 0 to 1")


def _number(text: str, allowed: Callable[[float], bool], what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and allowed(value)):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: {what}")
    return value


def modules_of(package: ModuleType, *others: str) -> list[str]:
    """Names of the modules of a package, but for `others`."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return [name for name in names if name not in others]
