"""Where a figure or table comes from: the record it carries, and what that leads to.

A record names the code and the files that an output was made of, each with its SHA-256. It is a
line of plain text, uncompressed in every PDF, PNG, Markdown, LaTeX and HTML file, where
`grep -a 'Made of:'` finds it. A CSV has no place for it and shares that of the files beside it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

LABEL = "Made of:"
ENTRY = rb" ([\w./%~-]+)=([0-9a-f]{64})"
PACKAGE = "src/associated_learning"
OWN, UNPACKED = "results/", "results/archive/"  # where runs lie, and what an archive held

Place = Path | zipfile.Path


def record(code: Sequence[Path], inputs: Sequence[Path]) -> str:
    """Record of an output; the same whether runs are one's own or from an archive.

    Parameters
    ----------
    code
        The modules that make it.
    inputs
        What it is made of. Of a run's folder, metrics and history are named too: they tell where
        the other files come from.
    """
    words = [
        f"{path.relative_to(Path(__file__).parents[2]).as_posix()}={_sha256(path)}" for path in code
    ]
    beside = {path.with_name(name) for path in inputs for name in ("metrics.json", "history.csv")}
    for path in sorted({*inputs, *filter(Path.is_file, beside)}):
        name = path.as_posix().replace(UNPACKED, OWN)
        words.append(f"{quote(name)}={_sha256(path)}")
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
        if name.startswith("tables/") and find(name, found[name]):
            found |= read_record(Path(name))
    return found


def find(name: str, sha256: str) -> Place | None:
    """A file of a record, if it is here with the same content, be it in an archive."""
    for place in _places(name):
        if place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == sha256:
            return place
    return None


def _places(name: str) -> Iterator[Place]:
    yield Path(name)
    if name.startswith(OWN):
        yield Path(name.replace(OWN, UNPACKED))
        packed = name.removeprefix(OWN)
        archive = Path("archives", packed.split("/")[0]).with_suffix(".zip")
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


def code_version(fingerprint: str, arch: str) -> str:
    """Where the code of a training is to be had, in words: a commit, this checkout, or neither.

    Parameters
    ----------
    fingerprint
        The run's (see `training.fingerprints`).
    arch
        Its architecture.
    """
    found = []
    here = functools.partial(_read, None)
    log = _git("log", "--reverse", "--format=%h of %cs", "--", *code_files(here, arch))
    for line in (log or b"").decode().splitlines():
        if code_fingerprint(functools.partial(_read, line.split()[0]), arch) == fingerprint:
            found = [f"commit {line}"]
            break
    if code_fingerprint(here, arch) == fingerprint:
        found.append("as in this checkout")
    return ", ".join(found) or "in no commit of this checkout's history"


def code_fingerprint(read: Callable[[str], bytes], arch: str) -> str | None:
    """What `training.fingerprints` says of the code, without torch and of any version of it.

    Parameters
    ----------
    read
        Gives the content of a file of this repository.
    arch
        An architecture.

    Returns
    -------
    None where that version has no such architecture.
    """
    try:
        content = b"".join(read(file) for file in code_files(read, arch))
    except OSError:
        return None
    return hashlib.sha256(content).hexdigest()


def code_files(read: Callable[[str], bytes], arch: str) -> list[str]:
    """Files that a training's numbers come from: training.CODE and the architecture's."""
    code = re.search(rb"^CODE = (\(.*?\))", read(f"{PACKAGE}/training.py"), re.M | re.S)
    names = ast.literal_eval(code[1].decode()) if code else ()
    parts = ["__init__", "layers", arch.rstrip("0123456789")]
    return [f"{PACKAGE}/{name}" for name in (*names, *(f"architectures/{p}.py" for p in parts))]


def _read(commit: str | None, path: str) -> bytes:
    """A file of a commit, or of this checkout."""
    if commit is None:
        return Path(path).read_bytes()
    content = _git("show", f"{commit}:./{path}")
    if content is None:
        raise FileNotFoundError(path)
    return content


@functools.cache
def _git(*arguments: str) -> bytes | None:
    """What git says; None where it fails, is missing, or this is no clone."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
