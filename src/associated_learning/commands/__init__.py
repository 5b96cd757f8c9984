"""Thin command lines: python -m associated_learning.commands.NAME."""

import argparse


class Parser(argparse.ArgumentParser):
    """Argument parser that answers a wrong value with one line and status 2."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(
            prog=f"python -m associated_learning.commands.{command}",
            description=description,
            allow_abbrev=False,
        )

    def error(self, message: str) -> None:
        """Print one line that names the flag, its value and what is allowed; exit with 2."""
        self.exit(2, f"error: {message}\n")
