"""Two folders: that of the workflow, which is only read, and the working directory, for the rest.

They are the same where the workflow is run in its own folder; all paths are then relative to it.
With `snakemake -s .../Snakefile -d elsewhere`, what belongs to the workflow is named in full.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_WORKFLOW = ("config/", "src/")  # how paths begin that are not below the working directory
# Snakemake takes braces for wildcards, and names the file of a long command in double quotes.
# PYTHONPATH and PATH cannot hold their own separator, the first line of a script no line break.
REFUSED = '{}"$`\\'


def seen(paths: Iterable[str]) -> list[str]:
    """Paths, relative to the workflow's folder, as the working directory sees them.

    Those of results and data lie in the working directory, wherever it is, and stay as they are.
    """
    if ROOT.samefile(Path()):
        return list(paths)
    return [str(ROOT / path) if path.startswith(OF_WORKFLOW) else path for path in paths]


def name(path: Path) -> str:
    """The path of a file as records name it: of the workflow's own, relative to its folder."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def archive(scale: str) -> Path:
    """A scale's archive: in the working directory or, where none is there, the workflow's own."""
    own = Path("archives", f"{scale}.zip")
    shipped = ROOT / own
    return shipped if shipped.exists() and not own.exists() else own


def gone(files: Iterable[str]) -> set[str]:
    """Those of some files of runs that only training a finished run again would give.

    They are not there, and neither are its weights, which no archive holds.
    """
    return {
        file for file in files if not Path(file).exists() and without_weights(Path(file).parent)
    }


def without_weights(run: Path) -> bool:
    """Whether a run is finished, and its weights are gone."""
    return (run / "metrics.json").exists() and not (run / "weights.safetensors").exists()


def trained_again(run: str) -> str:
    """Whether a finished run without weights is trained again: "True" if so, and said."""
    if again := without_weights(folder := Path(run)):
        print(
            f"{folder} is trained again: it was finished, but its weights are not there (archives"
            " hold none)",
            file=sys.stderr,
        )
    return str(again)


def refusal(workflow: str, working: str, conda: bool = False) -> str:
    """Why the workflow cannot run where it lies, or in a working directory; "" if it can.

    With conda's environments an apostrophe is refused, too: Snakemake puts them into the working
    directory, and names them in single quotes.
    """
    for what, folder, refused in (
        ("the workflow's folder", workflow, REFUSED + os.pathsep),
        ("the working directory", working, REFUSED + "'" * conda),
    ):
        found = sorted({sign for sign in folder if sign in refused or not sign.isprintable()})
        if found:
            return (
                f"{what} is {folder!r}, and Snakemake cannot work in a path with"
                f" {' '.join(map(repr, found))}: move or rename the folder"
            )
    return ""
