"""The commands: listed, quick to ask for help, and wrong values get one line."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch
from helpers import command

from associated_learning import __main__ as commands
from associated_learning import files, machine, registry
from associated_learning.commands.train import main as train
from associated_learning.data import load

NAMES = list(commands.listed())


def test_they_are_listed_with_a_line_each(capsys):
    for arguments in ([], ["--help"], ["-h"]):
        commands.main(arguments)
        text = capsys.readouterr().out
        lines = [line.split(maxsplit=1) for line in text.splitlines()[2:]]
        assert [name for name, _ in lines] == NAMES
        assert all(described.endswith(".") for _, described in lines)
    assert {"train", "figure", "table", "provenance"} <= set(NAMES)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", ["trian", "__init__", "../x", "--version", "os.path"])
def test_an_unknown_one_is_refused_with_those_that_there_are(name):
    with pytest.raises(SystemExit, match=f"error: there is no command '{name}'; there are.*train"):
        commands.main([name])


def test_it_is_run_as_a_module_and_by_its_name():
    done = subprocess.run(
        [sys.executable, "-m", "associated_learning", "prepare", "--dataset", "svhn"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


HELP = """
import contextlib, io, sys
from associated_learning.__main__ import main
for name in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            main([name, "--help"])
        except SystemExit as end:
            assert not end.code
    assert f"usage: python -m associated_learning {name}" in said.getvalue(), name
    assert "torch" not in sys.modules, name
    assert "pandas" not in sys.modules, name
"""


def test_help_of_every_command_takes_no_torch():
    subprocess.run([sys.executable, "-c", HELP, *NAMES], check=True)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epochs", "0"], ["--epochs", "'0'", "from 1 up"]),
        (["--epochs", "two"], ["--epochs", "'two'", "from 1 up"]),
        (["--learning-rate", "nan"], ["--learning-rate", "'nan'", "above 0"]),
        (["--learning-rate", "-1"], ["--learning-rate", "'-1'", "above 0"]),
        (["--width", "inf"], ["--width", "'inf'", "finite"]),
        (["--arch", "lenet"], ["--arch", "'lenet'", "resnet20"]),
        (["--dataset", "svhn"], ["--dataset", "'svhn'", "cifar10"]),
        (["--method", "magic"], ["--method", "'magic'", "bp"]),
        (["--schedule", "linear"], ["--schedule", "'linear'", "cosine"]),
        (["--train-subset", "99999"], ["--train-subset", "99999", "1 to 1497"]),
        (["--batch-size", "1497000"], ["--batch-size", "1497000", "1497"]),
        (["--no-such-flag"], ["--no-such-flag"]),
        (["--device", "tpu"], ["--device", "'tpu'", "cuda"]),
        (["--epochs", "\u00b2"], ["--epochs", "from 1 up"]),
        (["--method", "bp", "--target-lr-factor", "3"], ["--target-lr-factor", "bp"]),
        (["--method", "dtp"], ["--method", "dtp", "--arch cnn"]),
        (["--method", "bp", "--workers", "2"], ["--workers", "2", "bp"]),
        (["--device", "cpu", "--tf32"], ["--tf32", "cpu"]),
        (["--out", ""], ["--out", "empty"]),
        (["--threads", "999"], ["--threads", "999", "1 to"]),
        (["--learning-rate", "1", "--rate-of", "t.json"], ["--rate-of", "--learning-rate"]),
    ],
)
def test_wrong_values_get_one_line_and_status_2(prepared, tmp_path, capsys, flags, words):
    with pytest.raises(SystemExit) as stop:
        train(command(prepared, tmp_path)[4:] + flags)
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.count("\n") == 1 and all(word in error for word in words), error


def test_a_finished_run_is_not_trained_again_and_not_replaced_unless_one_says_so(
    prepared, tmp_path, capsys
):
    first = command(prepared, tmp_path, "--device", "cpu")[4:]
    train(first)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    times = {path: path.stat().st_mtime_ns for path in files}
    capsys.readouterr()
    train(first)
    said = capsys.readouterr().out
    assert said == f"digits cnn al seed 0 is finished already: {tmp_path / 'metrics.json'}\n"
    train([*first, "--workers", "2"])  # they give the same run
    for other in (["--seed", "1"], ["--method", "bp"], ["--epochs", "1"]):
        with pytest.raises(
            SystemExit, match=r"holds digits cnn al seed 0, .* another.*--overwrite"
        ):
            train(first + other)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files
    assert {path: path.stat().st_mtime_ns for path in files} == times
    (tmp_path / "weights.safetensors").unlink()  # as one is told where they are damaged
    capsys.readouterr()
    train(first)
    assert "is done anew: weights.safetensors is missing" in capsys.readouterr().out
    assert (tmp_path / "weights.safetensors").read_bytes() == files[
        tmp_path / "weights.safetensors"
    ]
    train([*first, "--seed", "1", "--overwrite"])
    assert json.loads((tmp_path / "metrics.json").read_text())["seed"] == 1


def test_no_more_threads_are_taken_than_openmp_is_allowed(prepared, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    with pytest.raises(SystemExit, match="2"):
        train([*command(prepared, tmp_path)[4:], "--threads", "2"])
    assert "argument --threads: 2; allowed here: 1 to 1" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", '{"config": 1, "fingerprints": 2}'])
def test_what_cannot_be_read_is_not_replaced_either(prepared, tmp_path, content):
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(SystemExit, match=r"cannot be read .*--overwrite"):
        train(command(prepared, tmp_path)[4:])
    assert (tmp_path / "metrics.json").read_text() == content


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(prepared, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        train([*command(prepared, tmp_path)[4:], "--device", "cuda"])
    assert stop.value.code == 2
    assert (
        "argument --device: 'cuda': there is none here; allowed: auto, cpu"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("arguments", [["train", "--help"], ["--help"]])
def test_a_command_whose_output_nobody_reads_ends_quietly(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "associated_learning", *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert done.stderr == b""


def test_a_file_in_the_place_of_a_folder_is_called_one(prepared, tmp_path):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file/run"):
        with pytest.raises(SystemExit, match=r"cannot write .*file.* A file has the name of a f"):
            train(command(prepared, out)[4:])


def test_a_folder_in_the_place_of_a_file_is_called_one(tmp_path):
    with pytest.raises(SystemExit, match=r"cannot write .* A folder has that name"):
        files.write_json(tmp_path, {})


def test_data_that_are_not_there_are_told_with_what_makes_them_and_where(tmp_path, monkeypatch):
    root = registry.CONFIG.parent
    by_hand = "python -m associated_learning prepare --dataset digits --raw RAW --out"
    with pytest.raises(SystemExit, match=rf"is not there\. {by_hand} {tmp_path}, where RAW is"):
        train(command(tmp_path, tmp_path / "run")[4:])
    assert not (tmp_path / "run").exists()
    file = "data/prepared/digits.safetensors"
    elsewhere = rf"In {tmp_path}: snakemake --snakefile {root}/Snakefile --cores 1 {file}, or"
    with pytest.raises(SystemExit, match=elsewhere):
        load.load(tmp_path / "data/prepared", "digits")
    (tmp_path / "Snakefile").touch()
    monkeypatch.setattr(registry, "CONFIG", tmp_path / "config")
    with pytest.raises(SystemExit, match=f"In {tmp_path}: snakemake --cores 1 {file}, or name"):
        load.load(tmp_path / "data/prepared", "digits")
    with pytest.raises(SystemExit, match=r"--data .*: it is a folder; name the file"):
        load.load_file(tmp_path)
    with pytest.raises(SystemExit, match=r"--data .*Snakefile: it is a file; name the folder"):
        load.load(tmp_path / "Snakefile", "digits")


def test_threads_of_all_workers_are_no_more_than_there_can_be(
    prepared, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(machine, "most_threads", lambda: 3)
    with pytest.raises(SystemExit, match="2"):
        train([*command(prepared, tmp_path)[4:], "--threads", "2", "--workers", "2"])
    assert "--threads: 2 in each of 2 workers; allowed here: 3 in all" in capsys.readouterr().err


def test_help_says_what_every_flag_of_a_training_is_where_it_is_not_given():
    from associated_learning.commands.train import parser

    for action in parser()._actions:
        if not action.required and action.option_strings[0] not in ("-h", "--rate-of"):
            assert re.search(r"\((default|protocol): ", action.help or ""), action.option_strings
        if action.help:
            assert not re.search(r"\b(W|f|b|g|h|cell)\b", action.help), action.help
