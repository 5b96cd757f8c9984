# What a type checker is told of `__init__.py`, which imports nothing before it is asked for.
from associated_learning.trained import LoadError as LoadError
from associated_learning.trained import load as load

__all__ = ["LoadError", "load"]
