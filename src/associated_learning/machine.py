"""The machine that a job runs on, told without torch."""

import contextlib
import os
import platform
import socket
import sys
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


def network_interface() -> str:
    """Interface by which processes of this machine speak: GLOO_SOCKET_IFNAME, or the loopback.

    Raises
    ------
    SystemExit
        There is none of that name; gloo would wait for it without a word.
    """
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    named = os.environ.get("GLOO_SOCKET_IFNAME", loopback)
    there = [name for _, name in socket.if_nameindex()]
    if not set(named.split(",")) & set(there):
        sys.exit(
            f"error: GLOO_SOCKET_IFNAME: {named}: there is no such network interface; allowed:"
            f" {', '.join(there) or 'none: several processes need one'}"
        )
    return named
