"""What the figures and tables of a scale read, in one small file with their SHA-256."""

import hashlib
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from associated_learning import places, plan
from associated_learning.cells import Config
from associated_learning.errors import ArchiveError
from associated_learning.files import atomic_write
from associated_learning.results.current import RUN, TUNING, others

MANIFEST = "manifest.json"
JOBS = "jobs.csv"  # what the jobs of a scale cost


def pack(files: Sequence[Path], folder: Path, out: Path) -> None:
    """Pack files; the same files give the same bytes.

    Parameters
    ----------
    files
        What to pack, below `folder`.
    folder
        What their names in the archive are relative to.
    out
        The archive, a zip. Its manifest.json names code, data, hardware and versions of the runs,
        and the SHA-256 of every file. What makes it a research object (see `crate`) lies beside
        the files, and is never unpacked.

    Raises
    ------
    ArchiveError
        A file is missing, or a run damaged.
    """
    from associated_learning.results import crate  # its library is needed for nothing else

    contents = {}
    for path in files:
        try:
            contents[path.relative_to(folder).as_posix()] = path.read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"{path} cannot be read ({error.strerror}): run the job that makes it"
            ) from error
    manifest = _provenance(contents) | {"files": _hashes(contents)}
    around = crate.files(contents)
    contents |= around
    manifest["crate"] = _hashes(around)
    with atomic_write(out) as partial, zipfile.ZipFile(partial, "w") as archive:
        contents[MANIFEST] = json.dumps(manifest, indent=1).encode()
        for name, content in sorted(contents.items()):
            info = zipfile.ZipInfo(name)  # of 1980, whenever it is packed
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compresslevel=9)


def read(archive: Path) -> dict[str, bytes]:
    """Files of an archive by name, each found equal to its SHA-256 in the manifest.

    Those of the crate are compared, too, and left out; archives of old have none.

    Raises
    ------
    ArchiveError
        One is not, or the archive is missing or damaged in any other way.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            contents = {name: file.read(name) for name in file.namelist()}
        manifest = json.loads(contents.pop(MANIFEST))
        around = dict(manifest.get("crate", {}))
        hashes = dict(manifest["files"]) | around
    except FileNotFoundError as error:
        raise ArchiveError(
            f"there is no {archive}: make archive SCALE={archive.stem} packs a finished scale"
        ) from error
    except Exception as error:  # a dozen kinds: each damaged field of a zip has its own
        raise _unusable(archive, error) from error
    for name in sorted(hashes.keys() | contents.keys()):
        if name not in contents or name not in hashes:
            raise _unusable(archive, f"{name} is not both in it and in its manifest")
        if (found := hashlib.sha256(contents[name]).hexdigest()) != hashes[name]:
            raise _unusable(archive, f"{name} has SHA-256 {found}, not {hashes[name]}")
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise _unusable(archive, f"{name} would be written elsewhere")
    return {name: content for name, content in contents.items() if name not in around}


def held(config: Config) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Files that figures and tables can be made of, by scale, where nothing is trained.

    Of the source "archive" all that a scale's archive holds, verified as a whole. Of "finished"
    what lies among the results and is what the scale asks for, and what it cost, which is gathered
    from that; what is left out is said on standard error.

    Returns
    -------
    Those files, and why there are none of other scales: no archive, or one that cannot be used.
    """
    results, found, refused = plan.folder(config), {}, {}
    for scale in config["scales"]:
        if config["source"] == "archive":
            packed = places.archive(scale)
            try:
                found[scale] = {f"{results}/{file}" for file in read(packed)}
            except ArchiveError as error:
                refused[scale] = str(error)
            continue
        folder = Path(results, scale)
        paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
        jobs = {n: p.read_bytes() for n, p in paths.items() if n.endswith((RUN, TUNING))}
        left = others(config, scale, jobs, code=False)
        for run, why in sorted(left.items()):
            print(f"left out: {folder / run}: {why}", file=sys.stderr)
        kept = [p for name, p in paths.items() if not left.keys() & _above(name)]
        found[scale] = {path.as_posix() for path in (*kept, folder / JOBS)}
    return found, refused


def _above(name: str) -> set[str]:
    return {parent.as_posix() for parent in PurePosixPath(name).parents}


def unpack(archive: Path, folder: Path, overwrite: bool = False) -> None:
    """Verify an archive as a whole, then write its files below `folder`, all with one time.

    Raises
    ------
    ArchiveError
        See `read`; or other files of these names lie there, unless `overwrite` says that they may
        be replaced. Nothing is written then.
    """
    _write(archive, read(archive), folder, overwrite)


def resume(archive: Path, folder: Path, config: Config, overwrite: bool = False) -> None:
    """Unpack the runs that the config's scale would train alike, so that it goes on from them.

    Runs of other settings or code, and comparisons of learning rates, are left out, and said on
    standard error; so is what a scale has one of, such as its throughput, which is measured here.

    Parameters
    ----------
    archive
        Its name is that of the scale.
    folder
        That of all results.
    config
        The workflow's.
    overwrite
        Whether other files of these names may be replaced.

    Raises
    ------
    ArchiveError
        As `unpack` does.
    """
    scale, contents = archive.stem, read(archive)
    of_runs = {
        name.removeprefix(f"{scale}/"): content
        for name, content in contents.items()
        if len(PurePosixPath(name).parts) > 4
    }
    left = others(config, scale, of_runs)
    for run, why in sorted(left.items()):
        print(f"left out: {run}: {why}", file=sys.stderr)
    kept = {
        f"{scale}/{name}": content
        for name, content in of_runs.items()
        if not left.keys() & _above(name)
    }
    _write(archive, kept, folder, overwrite)
    print(f"{len(kept)} of {len(contents)} files of {archive} are in {folder}")


def _write(archive: Path, contents: dict[str, bytes], folder: Path, overwrite: bool) -> None:
    there = [name for name in contents if _differs(folder / name, contents[name])]
    if there and not overwrite:
        raise ArchiveError(
            f"{len(there)} files in {folder} are not those of {archive}, such as {there[0]}."
            " Nothing was unpacked. Unpack into another folder, or replace them by --overwrite"
        )
    now = time.time()
    for name, content in contents.items():
        with atomic_write(folder / name) as partial:
            partial.write_bytes(content)
        os.utime(folder / name, (now, now))  # none is older than what it was made of


def _differs(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() != content


def _hashes(contents: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}


def _provenance(contents: dict[str, bytes]) -> dict[str, Any]:
    runs = []
    for name, content in contents.items():
        if Path(name).name == "metrics.json":
            try:
                run = json.loads(content)
                runs.append({key: run[key] for key in ("fingerprints", "hardware", "versions")})
            except (ValueError, KeyError, TypeError) as error:
                raise ArchiveError(f"{name} is damaged ({error}): train it again") from error
    return {
        "runs": len(runs),
        "code": distinct(run["fingerprints"]["code"] for run in runs),
        "data": distinct(run["fingerprints"]["data"] for run in runs),
        "hardware": distinct(run["hardware"] for run in runs),
        "versions": distinct(run["versions"] for run in runs),
    }


def distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once, in an order of their own."""
    return [json.loads(text) for text in sorted({json.dumps(v, sort_keys=True) for v in values})]


def _unusable(archive: Path, reason: object) -> ArchiveError:
    return ArchiveError(
        f"{archive} cannot be used: {reason}. Nothing was unpacked. Get it anew, e.g. by"
        f" git checkout {archive}, or make it of your own runs by make archive SCALE={archive.stem}"
    )
