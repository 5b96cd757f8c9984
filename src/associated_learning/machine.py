"""The machine that a job runs on, told without torch."""

import contextlib
import os
import platform
from pathlib import Path
from typing import Any


def processor() -> dict[str, Any]:
    """`processor`, its model, and `cores`."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), model)
    return {"processor": model, "cores": os.cpu_count()}


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def most_threads() -> int:
    """Threads that a process can make use of: those cores, or what OMP_THREAD_LIMIT says of it."""
    limit = os.environ.get("OMP_THREAD_LIMIT", "")
    return min(usable_cores(), int(limit)) if limit.isdecimal() and int(limit) else usable_cores()
