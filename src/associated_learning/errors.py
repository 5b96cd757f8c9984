"""Errors that end a command with a message, and no traceback."""


class DataError(SystemExit):
    """Data that cannot be had or trusted; the message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"error: {message}")


class ArchiveError(DataError):
    """An archive that cannot be made or trusted; the message says what to do."""


class TrainingError(Exception):
    """A run that cannot go on, with a message that says where it stands and what to do."""
