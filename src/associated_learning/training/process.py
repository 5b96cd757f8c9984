"""What makes a process that trains deterministic, and quick."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from associated_learning.training.config import Config


def set_up_process(config: Config) -> None:
    """Make this process deterministic, and quick, before it trains."""
    # Read when CUDA starts: its matrix products are reproducible only with a fixed workspace.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(config.threads)
    torch.set_deterministic_debug_mode("error")
    # It would fill all memory before its first use, for programs that read what they never wrote.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = config.tf32
    # Vanishing gradients fill Adam's moments with denormal numbers, which cost 100 times as much.
    torch.set_flush_denormal(True)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next step instead of giving it back to the system.

    By default every tensor above 32 MB is mapped anew, page by page, at every step: networks with
    large bridges then train much slower.
    """
    if platform.libc_ver()[0] == "glibc":
        libc, trim_threshold, mmap_max = ctypes.CDLL(None), -1, -4  # as in malloc.h
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, -1)
