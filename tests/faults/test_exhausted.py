"""No memory, no GPU, damaged files: an end with one clear line, by the real commands."""

import resource
import shutil
import subprocess
import sys

import pytest
import torch
from helpers import command, results

GB = 1 << 30


def run(*arguments):
    """Run a command of the project."""
    return begin([sys.executable, "-m", "associated_learning", *map(str, arguments)])


def begin(arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


def assert_one_line(done, *words, status=1):
    assert done.returncode == status, done.stderr
    (line,) = done.stderr.strip().splitlines()
    for word in words:
        assert str(word) in line, line


@pytest.mark.parametrize("size", [("--width", "3000"), ("--target-width", "100000000")])
def test_memory_is_exhausted(prepared, tmp_path, survived, size):
    done = survived("out of memory")
    limit = 24 * GB  # of addresses, which torch takes many of
    failed = begin(
        command(prepared, tmp_path / "run", *size),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert_one_line(failed, "out of memory", "--batch-size, --width or --target-width needs less")
    assert not (tmp_path / "run/metrics.json").exists()
    done()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_is_asked_for_where_there_is_none(prepared, tmp_path, survived):
    done = survived("a GPU asked for where there is none")
    failed = begin(command(prepared, tmp_path / "run", "--device", "cuda"))
    assert_one_line(failed, "--device: 'cuda': there is none here", status=2)
    assert not (tmp_path / "run").exists()
    done()


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def empty(content):
    return b""


@pytest.mark.parametrize("damage", [cut, flip, empty])
def test_a_checkpoint_is_damaged(prepared, commanded, tmp_path, survived, damage):
    done = survived("damaged checkpoint")
    out = tmp_path / "run"
    flags = ("--epochs", "300")
    training = subprocess.Popen(
        command(prepared, out, *flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert any("epoch 1/" in line for line in training.stdout)
    training.terminate()
    training.communicate()
    path = out / "checkpoint.pt"
    path.write_bytes(damage(path.read_bytes()))
    again = begin(command(prepared, out))
    assert again.returncode == 0
    assert f"warning: {path} is not used" in again.stderr
    assert (out / "checkpoint.pt.aside1").exists()
    assert results(out) == results(commanded[1])
    done()


def test_a_second_process_in_the_folder_of_a_run_is_refused(prepared, tmp_path, survived):
    done = survived("a second training in the folder of a running one")
    first = subprocess.Popen(
        command(prepared, tmp_path, "--epochs", "300"), stdout=subprocess.PIPE, text=True
    )
    assert "begins" in first.stdout.readline()
    second = begin(command(prepared, tmp_path))
    first.terminate()
    first.communicate()
    assert_one_line(second, f"another process is at work in {tmp_path}")
    done()


@pytest.mark.parametrize("damage", [cut, empty])
@pytest.mark.parametrize("name", ["metrics.json", "history.csv"])
def test_what_a_figure_is_drawn_from_is_damaged(commanded, tmp_path, survived, name, damage):
    done = survived("damaged metrics or history")
    shutil.copytree(commanded[1], tmp_path / "run")
    path = tmp_path / "run" / name
    path.write_bytes(damage(path.read_bytes()))
    drawn = run("figure", "curves", "--out", tmp_path / "figure", tmp_path / "run/metrics.json")
    assert_one_line(drawn, path, "is damaged", "run its job")
    assert not (tmp_path / "figure.pdf").exists()
    done()


@pytest.mark.parametrize("damage", [cut, flip, empty])
def test_prepared_data_are_damaged(prepared, tmp_path, survived, damage):
    done = survived("damaged prepared data")
    path = tmp_path / "digits.safetensors"
    path.write_bytes(damage((prepared / path.name).read_bytes()))
    assert_one_line(begin(command(tmp_path, tmp_path / "run")), path, "prepare it again")
    done()


@pytest.mark.parametrize("damage", [cut, empty])
def test_weights_are_damaged(prepared, commanded, tmp_path, survived, damage):
    done = survived("damaged weights")
    shutil.copytree(commanded[1], tmp_path / "run")
    path = tmp_path / "run/weights.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    distances = ("distances", "--run", tmp_path / "run")
    flags = ("--data", prepared / "digits.safetensors", "--out", tmp_path / "distances.csv")
    assert_one_line(run(*distances, *flags), path)
    assert not (tmp_path / "distances.csv").exists()
    done()
