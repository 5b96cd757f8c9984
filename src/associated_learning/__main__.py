"""List the commands, or run one: python -m associated_learning COMMAND."""

import ast
import importlib
import os
import pkgutil
import select
import signal
import sys
from pathlib import Path

from associated_learning import commands, terminal


def listed() -> dict[str, str]:
    """The commands by name, with the first line of what each says of itself."""
    found = {}
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda m: m.name):
        source = Path(commands.__path__[0], f"{module.name}.py").read_text(encoding="utf-8")
        found[module.name] = ast.get_docstring(ast.parse(source)).splitlines()[0]
    return found


def main(argv: list[str]) -> None:
    """Run the command that the first argument names."""
    if argv and argv[0].isidentifier() and argv[0] in listed():
        importlib.import_module(f"associated_learning.commands.{argv[0]}").main(argv[1:])
        return
    lines = "".join(f"  {name:<12} {line}\n" for name, line in listed().items())
    text = f"usage: python -m associated_learning COMMAND [--help] ...\n\n{lines}"
    if argv in ([], ["-h"], ["--help"]):
        sys.stdout.write(text)
    else:
        sys.exit(f"error: there is no command {argv[0]!r}; there are {', '.join(listed())}")


def run(argv: list[str]) -> None:
    """Run `main`; end without a word where nobody reads its output further, as behind `head`."""
    try:
        main(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        output = select.poll()
        output.register(sys.stdout, 0)
        if not output.poll(0):  # it was another pipe
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


if __name__ == "__main__":
    terminal.use_utf8()
    run(sys.argv[1:])
