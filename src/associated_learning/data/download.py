"""The official files of config/datasets/: fetched, unpacked, verified.

No byte is used before its SHA-256 has been found right, and no incomplete file ever carries a final
name.
"""

import gzip
import hashlib
import json
import logging
import sys
import tarfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from associated_learning import registry
from associated_learning.errors import DataError
from associated_learning.files import atomic_write

log = logging.getLogger(__name__)

IN_PLACE = "found in place"


@dataclass(frozen=True)
class DataFile:
    """A file to fetch, or a member of an archive, as config/datasets/ lists it.

    Attributes
    ----------
    path : str
        Path below the raw data folder, in torchvision's layout.
    bytes : int
        Size.
    sha256 : str
        SHA-256 of its bytes, in hexadecimal.
    archive : str
        Path of the archive it is a member of, empty if it is fetched itself.
    addresses : sequence of str
        Where to fetch it from, the primary address first.
    """

    path: str
    bytes: int
    sha256: str
    archive: str = ""
    addresses: Sequence[str] = ()


def official_files(dataset: str) -> list[DataFile]:
    """Files of a data set of config/datasets/."""
    return [DataFile(**file) for file in registry.datasets()[dataset]["files"]]


def fetch_with_receipt(
    dataset: str, raw: Path, mirrors: Sequence[str], receipt: Path | None
) -> None:
    """Fetch a data set (see `fetch`) and write what was used as JSON, if a path is given."""
    files = fetch(dataset, raw, mirrors)
    if receipt:
        with atomic_write(receipt) as partial:
            said = json.dumps({"dataset": dataset, "files": files}, indent=2) + "\n"
            partial.write_text(said, encoding="utf-8")


def fetch(
    dataset: str,
    raw: Path,
    mirrors: Sequence[str] = (),
    files: Sequence[DataFile] | None = None,
    timeout: float = 30.0,
    pauses: Sequence[float] = (0.0, 2.0, 4.0),
) -> list[dict[str, Any]]:
    """Make every official file of a data set present and verified below a folder.

    A file that is there and right is used as it is, without network or writing; an archive is
    only needed while one of its members is not. Wrong bytes are renamed to
    `NAME.wrong-<start of their SHA-256>` and never used.

    Parameters
    ----------
    dataset : str
        A name of config/datasets/.
    raw : Path
        Folder of the official files, in torchvision's layout.
    mirrors : sequence of str
        Addresses of folders with copies of the files, tried before the files' own.
    files : sequence of DataFile
        Its official files, by default those of config/datasets/.
    timeout : float
        Seconds without an answer after which a server counts as silent.
    pauses : sequence of float
        Seconds to wait before each attempt at an address, so its length is their number.

    Returns
    -------
    list of dict
        `path`, `bytes`, `sha256` and `source` (an address, an archive or "found in place") of each
        file used.

    Raises
    ------
    DataError
        If a file cannot be had with the right bytes, or the folder cannot be written.
    """
    files = official_files(dataset) if files is None else files
    sources: dict[str, str] = {}
    try:
        for file in files:
            if file.archive:
                continue
            failures: list[str] = []
            members = [member for member in files if member.archive == file.path]
            missing = [member for member in members if not _in_place(member, raw, failures)]
            if missing or not members:
                if _in_place(file, raw, failures):
                    sources[file.path] = IN_PLACE
                else:
                    folders = [f"{mirror.rstrip('/')}/{Path(file.path).name}" for mirror in mirrors]
                    addresses = [*folders, *file.addresses]
                    failures += _set_aside_before((file, *members), raw, failures)
                    sources[file.path] = _download(file, raw, addresses, failures, timeout, pauses)
            for failure in failures:
                log.warning(failure)
            if missing:
                _extract(missing, raw / file.path, raw)
            sources |= {m.path: file.path if m in missing else IN_PLACE for m in members}
    except OSError as error:
        raise DataError(f"{dataset}: cannot read, or set aside, what is there: {error}") from error
    return [
        {"path": f.path, "bytes": f.bytes, "sha256": f.sha256, "source": sources[f.path]}
        for f in files
        if f.path in sources
    ]


def _in_place(file: DataFile, raw: Path, failures: list[str]) -> bool:
    target = raw / file.path
    if not target.is_file():
        return False
    failure = _set_aside_if_wrong(target, file, target, origin=IN_PLACE)
    if failure:
        failures.append(failure)
    return not failure


def _set_aside_if_wrong(path: Path, file: DataFile, target: Path, origin: str) -> str | None:
    """Move the bytes at `path` out of the way unless they are right; the reason."""
    found = _sha256(path)
    if found == file.sha256:
        return None
    aside = target.with_name(f"{target.name}.wrong-{found[:8]}")
    failure = (
        f"{origin}: wrong bytes, set aside as {aside}: expected SHA-256 {file.sha256}"
        f" ({file.bytes} bytes), found {found} ({path.stat().st_size} bytes)"
    )
    if aside.exists():  # the same bytes, set aside before
        path.unlink()
    else:
        path.rename(aside)
    return failure


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _set_aside_before(files: Sequence[DataFile], raw: Path, said: Sequence[str]) -> list[str]:
    """What an earlier attempt said of these files' wrong bytes, unless it is said now."""
    found = [
        path for f in files for path in (raw / f.path).parent.glob(f"{Path(f.path).name}.wrong-*")
    ]
    return [
        f"{path}: wrong bytes, set aside before"
        for path in sorted(found)
        if str(path) not in str(said)
    ]


def _as_sent(response: Any, **_: Any) -> None:
    """Have a response's bytes as they come: some servers call every .gz file compressed."""
    if "gzip" in response.headers.get("Content-Encoding", ""):
        del response.raw.headers["Content-Encoding"]


def _decompress_if_that_is_right(path: Path, file: DataFile) -> None:
    """Undo a compression by the server: the right bytes inside take the place of its answer."""
    try:
        with gzip.open(path, "rb") as packed:
            content = packed.read(file.bytes + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
    if hashlib.sha256(content).hexdigest() == file.sha256:
        path.write_bytes(content)


def _download(
    file: DataFile,
    raw: Path,
    addresses: Sequence[str],
    failures: list[str],
    timeout: float,
    pauses: Sequence[float],
) -> str:
    """Fetch a file from the first address that has its right bytes, and return that address."""
    import requests
    from pooch import HTTPDownloader

    target = raw / file.path
    downloader = HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=1 << 16,
        timeout=timeout,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": _as_sent},
    )
    with atomic_write(target) as part:
        for address in addresses:
            for pause in pauses:
                time.sleep(pause)
                log.info(f"fetching {address}")
                try:
                    downloader(address, str(part), pooch=None)
                except requests.RequestException as error:
                    failure = f"{address}: {error}"
                    response = error.response
                    if response is not None and 400 <= response.status_code < 500:
                        break  # asking again does not help
                except OSError as error:
                    if error.errno:  # the disk's
                        raise
                    failure = f"{address}: {error} (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE)"
                    break
                else:
                    if _sha256(part) != file.sha256:
                        _decompress_if_that_is_right(part, file)
                    failure = _set_aside_if_wrong(part, file, target, origin=address)
                    if failure is None:
                        return address
                    break
            failures.append(failure)
        raise DataError(
            f"{file.path} could not be had:\n  "
            + "\n  ".join(failures)
            + f"\nFetch it by other means and put it at {target} ({file.bytes} bytes, SHA-256"
            f" {file.sha256}), or name the address of a folder that holds a copy with --mirror,"
            " then run this again."
        )


def _extract(members: Sequence[DataFile], archive: Path, raw: Path) -> None:
    """Read the named members of a verified archive, as regular files only; nothing else."""
    missing = {member.path: member for member in members}
    with tarfile.open(archive) as tar:
        for entry in tar:
            # Entry names are looked up, never used as paths: links and `..` lead nowhere.
            if not entry.isreg() or entry.name not in missing:
                continue
            member = missing.pop(entry.name)
            target = raw / member.path
            with atomic_write(target) as part:
                part.write_bytes(tar.extractfile(entry).read())
                origin = f"{entry.name} in {archive}"
                if failure := _set_aside_if_wrong(part, member, target, origin):
                    raise DataError(f"{failure}\nDelete {archive}, then run this again.")
    if missing:
        raise DataError(
            f"{archive} holds no regular file {', '.join(missing)}. Delete it, then run this again."
        )
