"""Full and read-only disks: real ones, of memory, which only root may mount."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from helpers import command, interrupt, results
from web import CONTENT, Server, right

from associated_learning.training import checkpoint

SUDO = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """A disk of `size` bytes."""
    folder.mkdir()
    options = f"size={size},mode=777"
    mount = [*SUDO, "mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if not shutil.which(mount[0]) or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a disk takes root")
    try:
        yield folder
    finally:
        subprocess.run([*SUDO, "umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for some bytes; what to delete to make room."""
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - leave))
    return filler


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the project."""
    return begin(sys.executable, "-m", "associated_learning", *map(str, arguments))


def begin(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_clear(done: subprocess.CompletedProcess[str], path: Path) -> None:
    """One line that says which file cannot be written and what to do."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert f"cannot write {path}" in line and "Make room there" in line


def test_the_disk_is_full_while_downloading(server: Server, tmp_path, survived):
    server.answers = {"file.gz": right}
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        done = survived("full disk while downloading")
        filler = fill(disk, leave=len(CONTENT) // 2)
        code = (
            "from pathlib import Path; from web import one_file\n"
            "from associated_learning.data.download import fetch\n"
            f"files = one_file({server.address('file.gz')!r})\n"
            f"fetch('mnist', Path({str(disk)!r}), files=files)\n"
        )
        fetch = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path}; {code}"]
        assert_clear(begin(*fetch), disk / "raw/file.gz")
        assert visible(disk / "raw") == set()
        filler.unlink()
        assert begin(*fetch).returncode == 0
        assert (disk / "raw/file.gz").read_bytes() == CONTENT
        done()


def test_the_disk_is_full_while_preparing(tmp_path, survived):
    prepare = ("prepare", "--dataset", "digits")
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        done = survived("full disk while preparing data")
        filler = fill(disk, leave=100_000)
        flags = ("--raw", tmp_path, "--out", disk / "data")
        assert_clear(run(*prepare, *flags), disk / "data/digits.safetensors")
        assert visible(disk / "data") == set()
        filler.unlink()
        assert run(*prepare, *flags).returncode == 0
        done()


def test_the_disk_is_full_at_a_checkpoint(digits, prepared, commanded, tmp_path, survived):
    done = survived("full disk at a checkpoint")
    interrupt(digits, tmp_path, arch="cnn")  # a checkpoint of that size
    size = (tmp_path / "checkpoint.pt").stat().st_size
    # Room for one checkpoint, but not for the next beside it.
    with mounted(tmp_path / "disk", size * 3 // 2) as disk:
        out = disk / "run"
        failed = begin(*command(prepared, out, "--checkpoint-seconds", "0"))
        assert_clear(failed, out / "checkpoint.pt")
        assert visible(out) == {"checkpoint.pt"}
        shutil.copytree(out, tmp_path / "more room")
    out = tmp_path / "more room"
    assert "goes on from step 1 of" in begin(*command(prepared, out)).stdout
    assert results(out) == results(commanded[1])
    done()


def test_the_disk_is_full_at_the_end_of_a_training(prepared, commanded, tmp_path, survived):
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        done = survived("full disk at the end of a training")
        filler = fill(disk, leave=10_000)
        out = disk / "run"
        assert_clear(begin(*command(prepared, out)), out / "weights.safetensors")
        assert visible(out) == set()
        filler.unlink()
        assert begin(*command(prepared, out)).returncode == 0
        assert results(out) == results(commanded[1])
        done()


@pytest.mark.parametrize(
    ("name", "kind", "first"), [("figure", "curves", "pdf"), ("table", "accuracy", "csv")]
)
def test_the_disk_is_full_at_a_figure_or_table(name, kind, first, commanded, tmp_path, survived):
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        done = survived("full disk at a figure or table")
        filler = fill(disk, leave=0)
        flags = (kind, "--out", disk / "x", commanded[1] / "metrics.json")
        assert_clear(run(name, *flags), disk / f"x.{first}")
        assert visible(disk) == {"filler"}
        filler.unlink()
        assert run(name, *flags).returncode == 0
        done()


def test_data_are_read_from_a_read_only_disk_and_writing_there_is_refused(
    prepared, tmp_path, survived
):
    prepare = ("prepare", "--dataset", "digits", "--raw", tmp_path)
    with mounted(tmp_path / "disk", 1 << 22) as disk:
        done = survived("data on a read-only disk")
        shutil.copy(prepared / "digits.safetensors", disk)
        subprocess.run([*SUDO, "mount", "-o", "remount,ro", str(disk)], check=True)
        assert begin(*command(disk, tmp_path / "run")).returncode == 0
        refused = run(*prepare, "--out", disk)
        assert_clear(refused, disk / "digits.safetensors")
        assert "Read-only" in refused.stderr
        assert_clear(begin(*command(disk, disk / "run")), disk / "run")
        done()


def test_a_checkpoint_that_is_kept_on_a_full_disk_can_be_read(tmp_path, survived):
    """The last good one, whatever the failed one had got to."""
    with mounted(tmp_path / "disk", 1 << 20) as disk:
        path, me = disk / "checkpoint.pt", {"config": "a"}
        checkpoint.save(path, me, {"step": 1})
        for leave in (0, 1, 4096, 100_000):
            done = survived("full disk at a checkpoint")
            filler = fill(disk, leave)
            with pytest.raises(SystemExit, match=r"cannot write.*Make room"):
                checkpoint.save(path, me, {"step": 2, "weights": torch.rand(100_000)})
            assert checkpoint.load(path, me, torch.device("cpu")) == {"step": 1}
            assert visible(disk) == {"checkpoint.pt", "filler"}
            filler.unlink()
            done()
