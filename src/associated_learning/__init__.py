"""Associated Learning (Kao, 2019): the method, its training and its analysis."""

import importlib

__all__ = ["LoadError", "load"]


def __getattr__(name: str) -> object:
    """What `__all__` names, imported when it is asked for: without it, no torch (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.trained"), name)
