"""Files are fetched from a real server on this machine, which can misbehave in every known way."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import termios
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from web import (
    CONTENT,
    SHA256,
    Handler,
    Server,
    busy,
    compressed,
    cut,
    not_found,
    one_file,
    right,
    slow,
    web_page,
    wrong,
)

from associated_learning import registry
from associated_learning.commands import download as command
from associated_learning.data import download
from associated_learning.data.download import DataFile, official_files
from associated_learning.errors import DataError

# As `download.fetch`, but short of patience.
fetch = partial(download.fetch, timeout=0.3, pauses=(0.0, 0.0))
OFFICIAL = [(name, file) for name in registry.downloaded() for file in official_files(name)]


def archive(entries: list[tarfile.TarInfo], content: bytes = CONTENT) -> bytes:
    """A .tar.gz whose regular files all hold `content`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
    return buffer.getvalue()


def one_archive(packed: bytes, *addresses: str) -> list[DataFile]:
    sha256 = hashlib.sha256(packed).hexdigest()
    return [
        DataFile("set.tar.gz", len(packed), sha256, addresses=addresses),
        DataFile("set/batch", len(CONTENT), SHA256, archive="set.tar.gz"),
    ]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def wrong_name(name: str, content: bytes) -> str:
    return f"{name}.wrong-{hashlib.sha256(content).hexdigest()[:8]}"


# ---------------------------------------------------------------------------- config/datasets/


@pytest.mark.parametrize(("dataset", "file"), OFFICIAL, ids=[file.path for _, file in OFFICIAL])
def test_an_official_file_is_well_described(dataset: str, file: DataFile) -> None:
    assert re.fullmatch("[0-9a-f]{64}", file.sha256)
    assert file.bytes > 0
    if file.archive:
        assert not file.addresses
        assert file.archive in {other.path for other in official_files(dataset)}
    else:
        assert len(set(file.addresses)) == len(file.addresses) >= 2, "a primary and a mirror"
    for address in file.addresses:
        assert re.fullmatch(r"https?://[^/]+/.*" + re.escape(Path(file.path).name), address)


# ---------------------------------------------------------------------------- one file


def test_a_file_is_fetched_from_its_primary_address(server: Server, tmp_path: Path) -> None:
    server.answers = {"primary": right, "mirror": right}
    primary = server.address("primary")
    receipt = fetch("mnist", tmp_path, files=one_file(primary, server.address("mirror")))
    assert (tmp_path / "raw/file.gz").read_bytes() == CONTENT
    assert files_below(tmp_path) == {"raw/file.gz"}
    assert server.asked == ["primary"]
    assert receipt == [
        {"path": "raw/file.gz", "bytes": len(CONTENT), "sha256": SHA256, "source": primary}
    ]


@pytest.mark.parametrize("answer", [wrong, web_page, cut, slow, not_found, busy])
def test_the_mirror_stands_in_for_a_primary_that_fails(
    answer: Callable[[Handler], None], server: Server, tmp_path: Path
) -> None:
    server.answers = {"primary": answer, "mirror": right}
    mirror = server.address("mirror")
    (entry,) = fetch("mnist", tmp_path, files=one_file(server.address("primary"), mirror))
    assert entry["source"] == mirror
    assert (tmp_path / "raw/file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "attempts"), [(cut, 2), (slow, 2), (busy, 2), (not_found, 1), (wrong, 1)]
)
def test_only_failures_that_may_pass_are_tried_again(
    answer: Callable[[Handler], None], attempts: int, server: Server, tmp_path: Path
) -> None:
    server.answers = {"primary": answer}
    with pytest.raises(DataError):
        fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert server.asked == ["primary"] * attempts
    assert not (tmp_path / "raw/file.gz").exists()


def test_an_address_that_recovers_is_used(server: Server, tmp_path: Path) -> None:
    server.answers = {"primary": lambda handler: (cut, right)[len(server.asked) - 1](handler)}
    fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert files_below(tmp_path) == {"raw/file.gz"}


def test_a_users_mirror_is_asked_first(server: Server, tmp_path: Path) -> None:
    server.answers = {"primary": right, "copies/file.gz": right}
    files = one_file(server.address("primary"))
    fetch("mnist", tmp_path, mirrors=[server.address("copies/")], files=files)
    assert server.asked == ["copies/file.gz"]


def test_an_unreachable_file_is_asked_for_by_hand(server: Server, tmp_path: Path) -> None:
    server.answers = {"silent": slow}
    gone, silent = server.address("gone"), server.address("silent")
    refused = "http://127.0.0.1:9/refused"  # the discard port: nothing listens
    with pytest.raises(DataError) as error:
        fetch("mnist", tmp_path, files=one_file(gone, silent, refused))
    message = str(error.value)
    assert re.search(rf"{gone}: .*404", message)
    assert re.search(rf"{silent}: .*timed out", message)
    assert re.search(rf"{refused}: .*refused", message)
    assert f"put it at {tmp_path / 'raw/file.gz'}" in message
    assert SHA256 in message
    assert files_below(tmp_path) == set(), "no part of a file is left"


def test_wrong_bytes_are_set_aside_and_named(server: Server, tmp_path: Path) -> None:
    page = b"<html>Please log in.</html>"
    found = hashlib.sha256(page).hexdigest()
    server.answers = {"primary": web_page}
    primary = server.address("primary")
    with pytest.raises(DataError) as error:
        fetch("mnist", tmp_path, files=one_file(primary))
    assert files_below(tmp_path) == {wrong_name("raw/file.gz", page)}
    assert all(part in str(error.value) for part in (primary, SHA256, found, f"{len(page)} bytes"))


def test_what_was_set_aside_is_never_overwritten(server: Server, tmp_path: Path) -> None:
    server.answers = {"primary": web_page}
    aside = put(tmp_path / wrong_name("raw/file.gz", b"<html>Please log in.</html>"), b"kept")
    with pytest.raises(DataError):
        fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert aside.read_bytes() == b"kept"
    assert len(files_below(tmp_path)) == 1


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_a_gz_file_is_right_whatever_the_server_calls_its_encoding(
    encoding: str, server: Server, tmp_path: Path
) -> None:
    packed = gzip.compress(CONTENT)
    files = [DataFile("file.gz", len(packed), hashlib.sha256(packed).hexdigest())]
    server.answers = {"file.gz": lambda handler: handler.reply(packed, encoding=encoding)}
    fetch("mnist", tmp_path, mirrors=[server.address("")], files=files)
    assert (tmp_path / "file.gz").read_bytes() == packed


def test_what_a_server_compressed_on_its_own_is_decompressed(
    server: Server, tmp_path: Path
) -> None:
    server.answers = {"primary": compressed}
    fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert (tmp_path / "raw/file.gz").read_bytes() == CONTENT
    assert files_below(tmp_path) == {"raw/file.gz"}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_stale_list_of_authorities_is_named_and_the_next_address_is_asked(
    variable: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = {"mirror": right}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "gone.pem"))
    secure = server.address("secure").replace("http:", "https:")
    with pytest.raises(DataError) as error:
        fetch("mnist", tmp_path, files=one_file(secure))
    for part in (secure, "gone.pem", variable, "Fetch it by other means"):
        assert part in str(error.value)
    fetch("mnist", tmp_path, files=one_file(secure, server.address("mirror")))
    assert (tmp_path / "raw/file.gz").read_bytes() == CONTENT


# ---------------------------------------------------------------------------- files in place


def test_a_right_file_in_place_needs_no_network_and_no_writing(
    server: Server, tmp_path: Path
) -> None:
    target = put(tmp_path / "raw/file.gz", CONTENT)
    target.chmod(0o444)
    target.parent.chmod(0o555)
    before = target.stat().st_mtime_ns, target.parent.stat().st_mtime_ns
    (entry,) = fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert (target.stat().st_mtime_ns, target.parent.stat().st_mtime_ns) == before
    assert entry["source"] == "found in place"
    assert server.asked == []


def test_a_wrong_file_in_place_is_set_aside_and_replaced(server: Server, tmp_path: Path) -> None:
    server.answers = {"primary": right}
    put(tmp_path / "raw/file.gz", b"truncated")
    fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert (tmp_path / "raw/file.gz").read_bytes() == CONTENT
    assert (tmp_path / wrong_name("raw/file.gz", b"truncated")).read_bytes() == b"truncated"


def test_a_wrong_file_in_place_is_named_when_there_is_no_network(
    server: Server, tmp_path: Path
) -> None:
    put(tmp_path / "set/batch", b"truncated")
    files = one_archive(archive([tarfile.TarInfo("set/batch")]), server.address("gone"))
    with pytest.raises(DataError) as error:
        fetch("mnist", tmp_path, files=files)
    assert hashlib.sha256(b"truncated").hexdigest() in str(error.value)
    assert server.address("gone") in str(error.value)
    assert files_below(tmp_path) == {wrong_name("set/batch", b"truncated")}


def test_wrong_bytes_in_place_are_said_once_and_again_at_the_next_attempt(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path / "raw/file.gz", b"truncated")
    aside = str(tmp_path / wrong_name("raw/file.gz", b"truncated"))
    for words in ("expected SHA-256", "set aside before"):
        with pytest.raises(DataError) as error:
            fetch("mnist", tmp_path, files=one_file(server.address("gone")))
        assert (caplog.text + str(error.value)).count(aside) == 1
        assert words in str(error.value)
        assert str(tmp_path / "raw/file.gz") in str(error.value).splitlines()[-1]


def test_why_a_file_came_from_elsewhere_is_said(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = {"primary": wrong, "mirror": right}
    put(tmp_path / "raw/file.gz", b"truncated")
    fetch("mnist", tmp_path, files=one_file(server.address("primary"), server.address("mirror")))
    assert caplog.text.count(wrong_name("file.gz", b"truncated")) == 1
    assert caplog.text.count(f"{server.address('primary')}: wrong bytes") == 1


def test_members_in_place_need_no_archive(server: Server, tmp_path: Path) -> None:
    put(tmp_path / "set/batch", CONTENT)
    (entry,) = fetch("mnist", tmp_path, files=one_archive(b"", server.address("archive")))
    assert (entry["path"], entry["source"]) == ("set/batch", "found in place")
    assert server.asked == []


def test_an_archive_in_place_is_unpacked_without_network(server: Server, tmp_path: Path) -> None:
    packed = archive([tarfile.TarInfo("set/batch")])
    put(tmp_path / "set.tar.gz", packed)
    receipt = fetch("mnist", tmp_path, files=one_archive(packed, server.address("archive")))
    assert (tmp_path / "set/batch").read_bytes() == CONTENT
    assert [entry["source"] for entry in receipt] == ["found in place", "set.tar.gz"]
    assert server.asked == []


# ---------------------------------------------------------------------------- archives


def test_only_the_named_members_leave_an_archive(server: Server, tmp_path: Path) -> None:
    names = ["../escaped", str(tmp_path / "absolute"), "set/other", "set/batch", "set/../up"]
    entries = [tarfile.TarInfo(name) for name in names]
    link = tarfile.TarInfo("set/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    packed = archive([link, *entries])
    server.answers = {"archive": lambda handler: handler.reply(packed)}
    raw = tmp_path / "raw"
    fetch("mnist", raw, files=one_archive(packed, server.address("archive")))
    assert files_below(tmp_path) == {"raw/set.tar.gz", "raw/set/batch"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_regular_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    secret = put(tmp_path / "secret", CONTENT)
    entry = tarfile.TarInfo("set/batch")
    entry.type, entry.linkname = kind, str(secret)
    packed = archive([entry])
    put(tmp_path / "raw/set.tar.gz", packed)
    with pytest.raises(DataError, match="no regular file set/batch"):
        fetch("mnist", tmp_path / "raw", files=one_archive(packed))
    assert files_below(tmp_path / "raw") == {"set.tar.gz"}


def test_a_member_with_wrong_bytes_is_set_aside(tmp_path: Path) -> None:
    packed = archive([tarfile.TarInfo("set/batch")], content=b"poison")
    put(tmp_path / "set.tar.gz", packed)
    with pytest.raises(DataError, match=r"set/batch in .*set\.tar\.gz: wrong bytes"):
        fetch("mnist", tmp_path, files=one_archive(packed))
    assert files_below(tmp_path) == {"set.tar.gz", wrong_name("set/batch", b"poison")}


# ---------------------------------------------------------------------------- the disk, the command


def test_a_file_that_does_not_fit_leaves_nothing_behind(
    server: Server, tmp_path: Path, little_space: Callable
) -> None:
    server.answers = {"primary": right}
    with little_space(1 << 16), pytest.raises(SystemExit, match=r"cannot write .*file\.gz.*"):
        fetch("mnist", tmp_path, files=one_file(server.address("primary")))
    assert files_below(tmp_path) == set()


def test_the_command_writes_a_receipt(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = {"primary": right}
    files = one_file(server.address("primary"))
    monkeypatch.setattr(download, "fetch", partial(fetch, files=files))
    receipt = tmp_path / "receipts/mnist.json"
    command.main(["--dataset=mnist", f"--raw={tmp_path}", f"--receipt={receipt}"])
    written = json.loads(receipt.read_text())
    assert written["dataset"] == "mnist"
    assert written["files"][0]["source"] == server.address("primary")


def test_every_mirror_of_the_command_line_is_asked_in_turn(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = {"second/file.gz": right}
    monkeypatch.setattr(download, "fetch", partial(fetch, files=one_file()))
    mirrors = [f"--mirror={server.address(name)}" for name in ("first", "second")]
    command.main(["--dataset=mnist", f"--raw={tmp_path}", *mirrors])
    assert server.asked == ["first/file.gz", "second/file.gz"]


def run_on_a_terminal(files: list[DataFile], *arguments: str) -> tuple[int, str]:
    """Run the command for `files`; its exit status and what the terminal shows."""
    code = (
        "import sys; from functools import partial\n"
        "from associated_learning.commands import download as command\n"
        "from associated_learning.data import download\n"
        "from associated_learning.data.download import DataFile\n"
        f"download.fetch = partial(download.fetch, files={files!r}, pauses=[0])\n"
        "command.main(sys.argv[1:])"
    )
    terminal, end = os.openpty()
    termios.tcsetwinsize(end, (24, 80))
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=end, stderr=end)
    os.close(end)
    shown = b""
    with contextlib.suppress(OSError):  # Linux: the terminal's other end is closed
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_progress_is_shown_on_the_terminal_and_the_log_has_the_messages(
    server: Server, tmp_path: Path
) -> None:
    server.answers = {"primary": right}
    log = tmp_path / "logs/mnist.log"
    files = one_file(server.address("primary"))
    status, shown = run_on_a_terminal(files, "--dataset=mnist", f"--raw={tmp_path}", f"--log={log}")
    assert status == 0
    assert "100%" in shown
    assert log.read_text() == f"fetching {server.address('primary')}\n"
    assert log.read_text() in shown


def test_the_log_of_a_failed_download_ends_with_what_to_do(server: Server, tmp_path: Path) -> None:
    log = tmp_path / "mnist.log"
    files = one_file(server.address("gone"))
    status, shown = run_on_a_terminal(files, "--dataset=mnist", f"--raw={tmp_path}", f"--log={log}")
    assert status == 1
    assert "could not be had" in log.read_text()
    assert log.read_text().endswith("then run this again.\n")
    assert shown.count("could not be had") == 1
    assert "Traceback" not in shown


def test_digits_are_not_downloaded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        command.main(["--dataset=digits", "--raw=raw"])
    assert stop.value.code == 2
    assert "mnist" in capsys.readouterr().err


def test_download_does_not_import_torch() -> None:
    code = "import sys, associated_learning.data.download; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
