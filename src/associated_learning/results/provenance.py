"""Where a figure or table comes from: the record it carries, and what that leads to.

A record names the code and the files that an output was made of, each with its SHA-256. It is a
line of plain text, uncompressed in every PDF, PNG, Markdown, LaTeX and HTML file, where
`grep -a 'Made of:'` finds it. A CSV has no place for it and shares that of the files beside it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from associated_learning import closure, places

LABEL = "Made of:"
ENTRY = rb" ([\w./%~-]+)=([0-9a-f]{64})"
OWN, UNPACKED = "results/", "results/archive/"  # where runs lie, and what an archive held

Place = Path | zipfile.Path


def record(command: str, module: str, inputs: Sequence[Path]) -> str:
    """Record of an output; the same whether runs are one's own or from an archive.

    Parameters
    ----------
    command
        The command that makes it.
    module
        The module that it calls for it.
    inputs
        What it is made of. Of a run's folder, metrics and history are named too: they tell where
        the other files come from.
    """
    code = closure.hashes(closure.command_files(command, module))
    words = [f"{path}={sha256}" for path, sha256 in code.items()]
    beside = {path.with_name(name) for path in inputs for name in ("metrics.json", "history.csv")}
    for path in sorted({*inputs, *filter(Path.is_file, beside)}):
        name = places.name(path).replace(UNPACKED, OWN)
        words.append(f"{quote(name)}={hashlib.sha256(path.read_bytes()).hexdigest()}")
    return " ".join([LABEL, *words])


def read_record(output: Path) -> dict[str, str]:
    """SHA-256 by name of what an output was made of.

    Raises
    ------
    SystemExit
        It is missing or carries no record.
    """
    beside = [output.with_suffix(suffix) for suffix in (".md", ".html", ".tex")]
    carriers = [path for path in beside if path.exists()] if output.suffix == ".csv" else [output]
    if not carriers:
        raise SystemExit(f"error: the record of {output} stands in {beside[0]}, which is missing")
    try:
        content = carriers[0].read_bytes()
    except OSError as error:
        raise SystemExit(f"error: {output} cannot be read: {error.strerror}") from error
    line = re.search(LABEL.encode() + rb"(?:" + ENTRY + rb")+", content)
    if not line:
        raise SystemExit(f"error: {output} carries no record: this workflow did not make it")
    found = re.findall(ENTRY, line.group())
    return {unquote(name.decode()): sha256.decode() for name, sha256 in found}


def origins(output: Path) -> dict[str, str]:
    """Record of an output, and those of the tables that it was made of."""
    found = read_record(output)
    for name in list(found):
        if name.startswith("tables/") and (place := find(name, found[name])):
            found |= read_record(place)
    return found


def find(name: str, sha256: str) -> Place | None:
    """A file of a record, if it is here with the same content, be it in an archive."""
    for place in _places(name):
        if place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == sha256:
            return place
    return None


def _places(name: str) -> Iterator[Place]:
    yield Path(name)
    yield places.ROOT / name
    if name.startswith(OWN):
        yield Path(name.replace(OWN, UNPACKED))
        packed = name.removeprefix(OWN)
        archive = places.archive(packed.split("/")[0])
        if zipfile.is_zipfile(archive):
            yield zipfile.Path(archive, packed)


def metrics(place: Place) -> dict[str, Any] | None:
    """What a file tells of the training, or trainings, that wrote it; None where it does not."""
    if place.name not in ("metrics.json", "tuning.json", "throughput.json"):
        return None
    return json.loads(place.read_bytes())


def official_files(scale: str, run: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of the official data files that a run was trained on; empty if they are not known."""
    for place in _places(f"{OWN}{scale}/data/{run['config']['dataset']}.safetensors"):
        if place.is_file():
            content = place.read_bytes()
            header = content[8 : 8 + int.from_bytes(content[:8], "little")]
            found = json.loads(header)["__metadata__"]
            # Behind a comma: what a choice of learning rates held out of them.
            if found["fingerprint"] == run["fingerprints"]["data"].partition(",")[0]:
                return json.loads(found["sources"])
    return {}


def digest(code: Mapping[str, str]) -> str:
    """One hash for the code of a run, to tell codes apart."""
    return hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()


def code_version(code: Mapping[str, str]) -> str:
    """Where the code of a training is to be had, in words: a commit, this checkout, or neither.

    Parameters
    ----------
    code
        SHA-256 by path (see `record.fingerprints`).
    """
    if why := _no_history():
        found = f"commit not known ({why})"
    else:
        log = _git("log", "--reverse", "--format=%h of %cs", "--", *code).decode().splitlines()
        commits = (f"commit {line}" for line in log if _matches(code, line.split()[0]))
        found = next(commits, "in no commit of this checkout's history")
    return f"{found}, as in this checkout" if _matches(code, None) else found


def _no_history() -> str:
    """Why git cannot tell here since when the code is as it is; empty where it can."""
    above = _git("rev-parse", "--show-prefix")
    if above is None:
        return "no git history here"
    if above.strip():
        return "this folder is a part of another repository"
    shallow = _git("rev-parse", "--is-shallow-repository")
    return "shallow clone: git fetch --unshallow" if shallow.strip() == b"true" else ""


def _matches(code: Mapping[str, str], commit: str | None) -> bool:
    contents = ((_read(commit, path), sha256) for path, sha256 in code.items())
    return all(
        content is not None and hashlib.sha256(content).hexdigest() == sha256
        for content, sha256 in contents
    )


def _read(commit: str | None, path: str) -> bytes | None:
    """A file of a commit, or of this checkout; None where it is not there."""
    if commit is None:
        file = places.ROOT / path
        return file.read_bytes() if file.is_file() else None
    return _git("show", f"{commit}:./{path}")


@functools.cache
def _git(*arguments: str) -> bytes | None:
    """What git says; None where it fails, is missing, or this is no clone."""
    try:
        done = subprocess.run(["git", *arguments], cwd=places.ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout
