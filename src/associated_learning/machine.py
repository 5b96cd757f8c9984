"""The machine that a job runs on, told without torch."""

import contextlib
import fcntl
import os
import platform
import socket
import struct
import sys
from pathlib import Path
from typing import Any

GET_FLAGS, UP = 0x8913, 1  # of a network interface: SIOCGIFFLAGS and IFF_UP of Linux


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
        There is none of that name, or it is down; gloo would wait for it without a word.
    """
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    named = os.environ.get("GLOO_SOCKET_IFNAME", loopback)
    there = [name for _, name in socket.if_nameindex() if _is_up(name)]
    if not set(named.split(",")) & set(there):
        sys.exit(
            f"error: processes speak by way of a network interface, and {named} is not there, or"
            f" down. GLOO_SOCKET_IFNAME names another; up are: {', '.join(there) or 'none'}"
        )
    return named


def _is_up(interface: str) -> bool:
    if sys.platform != "linux":
        return True  # not known
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        told = fcntl.ioctl(asked, GET_FLAGS, struct.pack("16s16x", interface.encode()))
    return bool(struct.unpack_from("16xH", told)[0] & UP)
