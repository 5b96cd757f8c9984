"""Lay the wheel out as the repository is: src/ beside config/, where `registry` looks for it.

Both lie within the package's folder, every file as it is here, so that a run's fingerprint is the
same. `envs/installed.py` there leads to src/, and a .pth file leads type checkers to it. An
editable installation needs none of this. Nothing is left behind in the repository.
"""

import shutil
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PACKAGE = "associated_learning"


class Layout(build_py):
    """Copies the package to where it lies in the wheel, and config/ with it."""

    def run(self) -> None:
        """Copy."""
        if self.editable_mode:
            return super().run()
        wheel = Path(self.build_lib)
        self.build_lib = str(wheel / PACKAGE / "src")
        super().run()
        shutil.copytree("config", wheel / PACKAGE / "config", dirs_exist_ok=True)
        shutil.copy("envs/installed.py", wheel / PACKAGE / "__init__.py")
        (wheel / f"{PACKAGE}.pth").write_text(f"{PACKAGE}/src\n", encoding="utf-8")
        return None


with tempfile.TemporaryDirectory() as scratch:
    setup(
        cmdclass={"build_py": Layout},
        options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}},
    )
