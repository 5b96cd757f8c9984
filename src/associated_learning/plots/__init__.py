"""The figures, a module a kind, each with `draw(inputs)`: editing one redraws that one alone."""

import pkgutil


def kinds() -> list[str]:
    """Names of all figures."""
    return [module.name for module in pkgutil.iter_modules(__path__) if module.name != "style"]
