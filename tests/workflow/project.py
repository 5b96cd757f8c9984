"""A copy of the workflow in which snakemake can run without touching this checkout."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ["CITATION.cff", "Snakefile", "pyproject.toml"]
PARTS += ["config", "docs", "envs", "profiles", "report", "rules", "src"]


@dataclass
class Job:
    """A job of a dry run."""

    rule: str
    input: list[str]
    output: list[str]
    shell: str


@dataclass
class Project:
    """The files the workflow is made of, with or without results."""

    folder: Path

    @classmethod
    def cloned(cls, folder: Path) -> Self:
        """Copy of this checkout without its results."""
        folder.mkdir(parents=True)
        for name in PARTS:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
            else:
                shutil.copy2(ROOT / name, folder / name)
        return cls(folder)

    def copy(self, folder: Path) -> Self:
        """Copy with results and Snakemake's notes on them."""
        return type(self)(Path(shutil.copytree(self.folder, folder)))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run snakemake; `stdout` is what it says on both streams."""
        return self.python("-m", "snakemake", *arguments)

    def run_from(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run snakemake as a user would who works in another folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        snakefile, directory = str(self.folder / "Snakefile"), str(folder)
        snakemake = [sys.executable, "-m", "snakemake", "-s", snakefile, "-d", directory]
        return self._run([*snakemake, *arguments], folder)

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Within it nothing can be written to its folder: the modes say so and, for root, a mount.

        Skips the test where root may not mount.
        """
        folder = str(self.folder)
        if os.geteuid():
            subprocess.run(["chmod", "-R", "a-w", folder], check=True)
        elif subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
            pytest.skip("mounting a folder takes more than root has here")
        try:
            if not os.geteuid():
                subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
            with pytest.raises(OSError):
                (self.folder / "written").touch()
            yield
        finally:
            undo = ["chmod", "-R", "u+w", folder] if os.geteuid() else ["umount", "--lazy", folder]
            subprocess.run(undo, check=True)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the project's own package."""
        return self._run([sys.executable, *arguments])

    def shell(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Run commands as a user would, who has activated the environment."""
        return self._run(["sh", "-e", "-c", commands])

    def _run(
        self, command: list[str], folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        # Rules call `python`: that of these tests, whether its environment is activated or not.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.run(
            command,
            cwd=folder or self.folder,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(self.folder / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def plan(self, *arguments: str) -> list[Job]:
        """Jobs that a run would start, without those that only collect others."""
        # The profile's own choice would hide them.
        run = self.run("--quiet", "host", "--dry-run", "--printshellcmds", *arguments)
        assert run.returncode == 0, run.stdout
        jobs = []
        for block in re.split(r"^rule ", run.stdout, flags=re.MULTILINE)[1:]:
            said = dict(re.findall(r"^ *(input|output|Shell command): (.+)$", block, re.MULTILINE))
            if "output" in said:
                said["output"] = said["output"].replace(" (update)", "")
                files = [said.get(key, "").split(", ") for key in ("input", "output")]
                jobs.append(Job(block.split(":")[0], *files, said["Shell command"]))
        assert bool(jobs) == ("Nothing to be done" not in run.stdout), run.stdout
        return jobs

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text of a file."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")

    def add_comment(self, file: str) -> None:
        """Change a Python file or rule file, not what it does."""
        with (self.folder / file).open("a") as stream:
            stream.write("\n# Edited.\n")
