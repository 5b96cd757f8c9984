"""The tables, a module a kind, each with `make(inputs)`: editing one rewrites that one alone."""

import pkgutil


def kinds() -> list[str]:
    """Names of all tables."""
    return [module.name for module in pkgutil.iter_modules(__path__) if module.name != "output"]
