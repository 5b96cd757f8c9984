"""Which files of this project a module's results depend on: what it imports, directly or not.

Read from the source, so nothing is imported for it. This alone feeds the inputs of rules, the
records that outputs carry, and the fingerprints of runs. Imports for type checkers alone do not
count, nor does a module that is imported by a computed name: those are asked for besides.
"""

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from associated_learning import registry

PACKAGE = Path(__file__).parent
SOURCE = PACKAGE.parent
ROOT = SOURCE.parent


def files(*modules: str) -> list[str]:
    """Paths, relative to the repository, of modules and of all that they import of this project.

    Parameters
    ----------
    *modules
        Dotted names.
    """
    found, waiting = set(), list(modules)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += _imported(name)
    return sorted(_path(name).relative_to(ROOT).as_posix() for name in found)


def run_files(arch: str, method: str) -> list[str]:
    """Files that the numbers of a run come from: how it is trained, its method, its network."""
    return files(
        f"{PACKAGE.name}.training.run",
        registry.method_module(method),
        registry.network_module(arch),
    )


def command_files(command: str, *modules: str) -> list[str]:
    """Files that the result of a command depends on, with what it imports by a computed name."""
    return files(f"{PACKAGE.name}.__main__", f"{PACKAGE.name}.commands.{command}", *modules)


def prepare_files(dataset: str) -> list[str]:
    """Files that the tensors of a data set come from, with its reader.

    Not its command, nor how that is called: prepared anew, data make all trainings begin anew.
    """
    reader = registry.datasets()[dataset]["reader"].rpartition(".")[0]
    return files(f"{PACKAGE.name}.data.prepare", *filter(_is_module, [reader]))


def tuning_files(arch: str, method: str) -> list[str]:
    """Files that what is found of learning rates comes from: those of the runs, and the choice.

    Of the module that chooses, itself alone: what else it imports decides no number.
    """
    module = f"{PACKAGE.name}.measure.tuning"
    return sorted({*run_files(arch, method), _path(module).relative_to(ROOT).as_posix()})


def count_files(cells: Iterable[str]) -> list[str]:
    """Files that the counts of parameters of networks (see `plan.parameter_cells`) depend on."""
    named = [cell.split(":") for cell in cells]
    modules = [registry.network_module(arch) for _, arch, *_ in named]
    modules += [registry.method_module(method) for _, _, method, *_ in named]
    return command_files("count", *modules)


def throughput_files(archs: Iterable[str]) -> list[str]:
    """Files that the throughput of networks, by the thesis' method and its baseline, comes from."""
    modules = [registry.network_module(arch) for arch in archs]
    modules += map(registry.method_module, (registry.thesis_method(), registry.baseline()))
    return command_files("throughput", *modules)


def steps_files(cells: Iterable[tuple[str, str, str]]) -> list[str]:
    """Files that the times of steps of networks (see `plan.step_cells`) depend on."""
    found = [(registry.network_module(a), registry.method_module(m)) for _, a, m in cells]
    return command_files("steps", *(module for modules in found for module in modules))


def hashes(paths: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files of this project by path."""
    return {path: hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for path in paths}


def constant(module: str, name: str) -> str:
    """A text that a module assigns to a name, read without importing it.

    Raises
    ------
    KeyError
        It assigns none.
    """
    for node in _tree(_path(module)).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == [name]:
            return ast.literal_eval(node.value)
    raise KeyError(f"{module} assigns no {name}")


def _path(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return name.split(".")[0] == PACKAGE.name and _path(name).is_file()


@functools.cache
def _imported(module: str) -> list[str]:
    """Modules of this project that one module imports, and the packages that it is in."""
    parents = module.split(".")
    found = {".".join(parents[:k]) for k in range(1, len(parents))}
    for node in _nodes(_tree(_path(module))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return [name for name in found if _is_module(name)]


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _nodes(child)
