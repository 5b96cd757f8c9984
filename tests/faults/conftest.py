"""Faults are counted: a run of these tests ends with the table that docs/engineering.md shows."""

from collections import Counter
from collections.abc import Callable

import pytest

TALLY = pytest.StashKey[dict[str, Counter]]()


@pytest.fixture
def survived(request) -> Callable[[str], Callable[[], None]]:
    """Call it with a fault's name when that is brought about, and what it gives at the good end."""
    tally = request.config.stash.setdefault(TALLY, {})

    def met(fault: str) -> Callable[[], None]:
        tally.setdefault(fault, Counter())["tried"] += 1

        def done() -> None:
            tally[fault]["survived"] += 1

        return done

    return met


def pytest_terminal_summary(terminalreporter, config):
    """Print the table."""
    tally = config.stash.get(TALLY, {})
    if tally:
        terminalreporter.write_sep("-", "faults")
        terminalreporter.write_line("| fault | tried | survived |\n|---|---:|---:|")
        for fault, counts in tally.items():
            terminalreporter.write_line(f"| {fault} | {counts['tried']} | {counts['survived']} |")
