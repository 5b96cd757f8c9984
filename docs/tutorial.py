"""Runs docs/tutorial.ipynb and writes it with what its cells show: `make tutorial`.

A file can be named that is written in its place.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PATH = Path(__file__).with_suffix(".ipynb")
SECONDS = 600  # that a cell may take; on a quiet core the longest takes twenty
# The kernel would add its version of Python.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(notebook: nbformat.NotebookNode) -> None:
    """Run all cells, in order, in a kernel of this Python, and keep what they show.

    Neither the user's own kernels nor settings of IPython and Matplotlib are used.
    """
    with tempfile.TemporaryDirectory() as folder:
        owned = ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
        os.environ |= dict.fromkeys(owned, folder) | {"JUPYTER_PATH": ""}
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=SECONDS,
            startup_timeout=SECONDS,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(PATH.parent)}},
        )
        # By way of files, not of ports, for which trainings and tests beside this one would race.
        client.config.KernelManager.update(transport="ipc", ip=f"{folder}/kernel")
        # Figures are shown by the notebook's own backend.
        client.execute(env={k: v for k, v in os.environ.items() if k != "MPLBACKEND"})
    notebook.metadata = nbformat.from_dict(METADATA)


def main(out: Path = PATH) -> None:
    """Read, run and write the notebook."""
    notebook = nbformat.read(PATH, as_version=4)
    execute(notebook)
    nbformat.write(notebook, out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
