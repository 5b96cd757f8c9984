"""Which files an output or a run depends on: all that is imported for it, and nothing else."""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from associated_learning import closure, configuration, figures, plan, registry, tables
from associated_learning.commands import modules_of
from associated_learning.results import archive, provenance

ROOT = Path(__file__).parents[2]
PACKAGE = "src/associated_learning"
KINDS = {"figures": modules_of(figures, "style"), "tables": modules_of(tables, "output")}
# Tests of one fixture run in one process, so that it is made once.
of_drawn, of_worked = (pytest.mark.xdist_group(name) for name in ("drawn", "worked"))
CELLS = list(itertools.product(registry.networks(), registry.methods()))


# ---------------------------------------------------------------------------- read from the source


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the given files, in place of ours."""
    monkeypatch.setattr(closure, "ROOT", tmp_path)
    monkeypatch.setattr(closure, "SOURCE", tmp_path / "src")
    monkeypatch.setattr(closure, "PACKAGE", tmp_path / "src/house")
    closure._imported.cache_clear()

    def write(**modules):
        for name, source in ({"__init__": ""} | modules).items():
            path = tmp_path / "src/house" / f"{name.replace('__of__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")

    yield write
    closure._imported.cache_clear()


def found(*modules):
    """Files of a closure below the package, without suffix."""
    return [path.removeprefix("src/house/").removesuffix(".py") for path in closure.files(*modules)]


def test_what_is_imported_counts_directly_or_not_in_whatever_form(package):
    package(
        a="from house import b\nimport os, house.c",
        b="from house.d import thing",
        c="import house.e as other",
        d="",
        e="from house import a  # round in a circle",
        f="import house.a",
    )
    assert found("house.a") == ["__init__", "a", "b", "c", "d", "e"]
    assert found("house.d", "house.c") == ["__init__", "a", "b", "c", "d", "e"]
    assert found("house.d") == ["__init__", "d"]


def test_an_import_within_a_function_counts_and_one_for_type_checkers_does_not(package):
    package(
        a=(
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from house import b\n"
            "def f():\n    if True:\n        from house import c\n"
            "class C:\n    def m(self):\n        import house.d\n"
        ),
        b="",
        c="",
        d="",
    )
    assert found("house.a") == ["__init__", "a", "c", "d"]


def test_the_packages_that_a_module_is_in_count_with_what_they_import(package):
    package(
        a="from house.room.table import leg",
        b="",
        room__of____init__="from house import b",
        room__of__table="leg = 1",
        room__of__chair="",
    )
    assert found("house.a") == ["__init__", "a", "b", "room/__init__", "room/table"]


def test_an_imported_package_is_its_init_and_modules_of_others_do_not_count(package):
    package(
        a="from house import room, nothing_of_a_module\nimport numpy, houseboat",
        room__of____init__="",
        room__of__chair="",
    )
    assert found("house.a") == ["__init__", "a", "room/__init__"]


def test_a_text_that_a_module_assigns_is_read_without_importing_it(package):
    package(a="raise SystemExit\nCAPTION = (\n    'One '\n    'and two.'\n)\nOTHER = 1 + 1")
    assert closure.constant("house.a", "CAPTION") == "One and two."
    with pytest.raises(KeyError, match=r"a assigns no TITLE"):
        closure.constant("house.a", "TITLE")


def test_every_figure_and_table_has_a_caption_that_can_be_read_so():
    for what, kinds in KINDS.items():
        for kind in kinds:
            assert closure.constant(f"associated_learning.{what}.{kind}", "CAPTION").endswith(".")


def test_hashes_are_of_the_files_that_are_there():
    path = f"{PACKAGE}/closure.py"
    assert closure.hashes([path]).keys() == {path}
    assert len(closure.hashes([path])[path]) == 64


# ---------------------------------------------------------------------------- what an edit touches


def output_files(what, kind):
    """Files that the rule of a figure or table takes as its code (see rules/outputs.smk)."""
    return closure.command_files(what.rstrip("s"), f"associated_learning.{what}.{kind}")


def touched(path):
    """Figures and tables that an edit of a file makes anew."""
    return {
        (what, kind)
        for what, kinds in KINDS.items()
        for kind in kinds
        if f"{PACKAGE}/{path}" in output_files(what, kind)
    }


def test_editing_a_table_makes_that_table_anew_and_editing_a_figure_that_figure():
    for what, kinds in KINDS.items():
        for kind in kinds:
            assert touched(f"{what}/{kind}.py") == {(what, kind)}


def test_editing_the_statistics_makes_what_uses_them_anew_and_nothing_else():
    says_so = {
        (what, kind)
        for what, kinds in KINDS.items()
        for kind in kinds
        for text in [(ROOT / PACKAGE / what / f"{kind}.py").read_text(encoding="utf-8")]
        if "statistics" in text or "results.claims" in text  # the rules use them
    }
    assert touched("results/statistics.py") == says_so
    of_tables = {kind for what, kind in says_so if what == "tables"}
    assert {"accuracy", "equal_time", "same_path", "claims"} <= of_tables
    assert not {"costs", "datasets", "parameters"} & of_tables


def test_editing_a_look_draws_every_figure_anew_and_no_table():
    assert touched("figures/style.py") == {("figures", kind) for kind in KINDS["figures"]}
    assert touched("tables/output.py") == {("tables", kind) for kind in KINDS["tables"]}
    assert touched("training/run.py") == set()


@pytest.mark.parametrize(
    "name", ["loop", "record", "weights", "pipeline", "checkpoint", "config", "shares"]
)
def test_editing_how_a_run_is_told_saved_or_written_down_trains_nothing_anew(name):
    for cell in CELLS:
        assert f"{PACKAGE}/training/{name}.py" not in closure.run_files(*cell)
        assert f"{PACKAGE}/training/{name}.py" not in closure.tuning_files(*cell)
    assert (ROOT / PACKAGE / f"training/{name}.py").exists()


@pytest.mark.parametrize(
    "name", ["training/run", "training/step", "training/evaluation", "training/process", "build"]
)
def test_editing_what_decides_numbers_trains_everything_anew(name):
    assert all(f"{PACKAGE}/{name}.py" in closure.run_files(*cell) for cell in CELLS)


def path_of(module):
    return f"src/{module.replace('.', '/')}.py"


def test_a_run_depends_on_its_own_method_and_network_and_those_that_they_are_made_of():
    methods = {method: path_of(registry.method_module(method)) for method in registry.methods()}
    networks = {arch: path_of(registry.network_module(arch)) for arch in registry.networks()}
    for arch, method in CELLS:
        files = set(closure.run_files(arch, method))
        assert files & set(networks.values()) == {networks[arch]}
        made_of = set(closure.files(registry.method_module(method))) & set(methods.values())
        assert files & set(methods.values()) == made_of | {methods[method]}
    # AL alone, AL with more, and a baseline that has nothing of AL.
    thesis, baseline = methods[registry.thesis_method()], methods[registry.baseline()]
    assert thesis in closure.run_files("mlp", "same_path_mse")
    assert thesis not in closure.run_files("mlp", registry.baseline())
    assert baseline not in closure.run_files("mlp", registry.thesis_method())


def test_a_choice_of_learning_rates_depends_on_what_runs_do_and_on_how_it_chooses():
    runs = set(closure.run_files("mlp", "al"))
    assert set(closure.tuning_files("mlp", "al")) - runs == {f"{PACKAGE}/measure/tuning.py"}


# ---------------------------------------------------------------------------- watched at run time

DRAWING = ("matplotlib.figure", "pandas", "safetensors", "scipy.special", "seaborn")
COMPUTING = ("pandas", "sklearn.manifold", "torch._dynamo", "torchvision.datasets")
# Runs each command in a process of its own, forked where all that others wrote is imported already,
# and says which modules of ours it imported.
WATCH = """
import json, os, sys
import OTHERS
for argv in json.loads(sys.argv[1]):
    sys.stdout.flush()
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1]:
            sys.exit(f"failed: {argv}")
        continue
    code = 1
    try:
        import associated_learning.__main__ as commands
        commands.main(argv)
        ours = [module for module in sys.modules if module.startswith("associated_learning")]
        print("imported", json.dumps([sys.modules[module].__file__ for module in ours]), flush=True)
        code = 0
    finally:
        os._exit(code)
"""


def watched(folder, commands, *others):
    """Files of ours that each command imports, run one after the other in a folder.

    Modules that others wrote are imported once, before all commands.
    """
    code = WATCH.replace("OTHERS", ", ".join(others))
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("imported ")]
    assert len(lines) == len(commands)
    return [
        {Path(path).relative_to(ROOT).as_posix() for path in json.loads(line.split(" ", 1)[1])}
        for line in lines
    ]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """One figure or table of each kind, of the archived runs: its path and what it imported."""
    folder = tmp_path_factory.mktemp("drawn")
    archive.unpack(ROOT / "archives/laptop.zip", folder / "results/archive")
    shutil.copytree(ROOT / "tables/laptop", folder / "tables/laptop")
    shutil.copytree(ROOT / "config", folder / "config")
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    config = configuration.load(config | {"source": "archive"}, ROOT / "config")
    there = folder.glob("results/archive/**/*.*")
    config["held"] = {"laptop": {path.relative_to(folder).as_posix() for path in there}}
    commands = {}
    for output in sorted(plan.outputs(config, "laptop"), key=lambda output: len(output.inputs)):
        key = (output.what, output.kind)
        if key not in commands and all((folder / path).exists() for path in output.inputs):
            out = f"out/{output.what}/{output.name}"
            words = [output.what.rstrip("s"), output.kind, *output.inputs, "--out", out]
            commands[key] = (folder / out, words)
    imported = watched(folder, [words for _, words in commands.values()], *DRAWING)
    found = zip(commands.items(), imported, strict=True)
    return {key: (path, files) for (key, (path, _)), files in found}


@of_drawn
def test_most_kinds_were_watched(drawn):
    """Not those whose runs the archive has not, such as a new one."""
    assert len(drawn) > 20


@of_drawn
@pytest.mark.parametrize(
    ("what", "kind"), [(what, kind) for what, kinds in KINDS.items() for kind in kinds]
)
def test_all_that_an_output_imports_is_in_its_record_and_in_its_rule_s_input(drawn, what, kind):
    if (what, kind) not in drawn:
        pytest.skip("archives/laptop.zip has no runs for it")
    prefix, imported = drawn[what, kind]
    output = prefix.with_name(f"{prefix.name}.{'png' if what == 'figures' else 'md'}")
    recorded = {path for path in provenance.read_record(output) if path.startswith("src/")}
    assert f"{PACKAGE}/{what}/{kind}.py" in imported
    assert imported <= recorded
    assert recorded == set(output_files(what, kind))


# Modules that a training imports but that decide none of its numbers, and why.
NOT_DECIDING = {
    "__main__": "finds the command",
    "cells": "says whether a method can train a network",
    "closure": "says which files decide",
    "commands/__init__": "parses flags",
    "commands/train": "parses flags, which are in the config's fingerprint",
    "data/load": "reads prepared data, whose fingerprint is compared",
    "files": "writes files",
    "machine": "names the processor",
    "terminal": "writes UTF-8",
    "measure/__init__": "",
    "measure/parameters": "counts for the record, after the last step",
    "training/checkpoint": "writes and reads states",
    "training/config": "completes the config, which is in its fingerprint",
    "training/loop": "saves, stops and tells",
    "training/pipeline": "the same numbers by several processes: tested to the bit",
    "training/graph": "the same numbers by replayed steps on a GPU: tested to the bit",
    "training/record": "writes down",
    "training/shares": "which process trains what",
    "training/weights": "writes and reads weights",
}
STEPS_FLAGS = "--dataset digits --arch mlp --method al --epochs 1 --width 0.0625 --target-width 8"
NETWORKS = [("mlp", "al"), ("resnet20", "bp"), ("sigmoid2", "same_path_mse")]


@pytest.fixture(scope="module")
def worked(prepared, tmp_path_factory):
    """What commands other than those that draw import: each trains or measures something small."""
    folder = tmp_path_factory.mktemp("worked")
    data = ["--data", str(prepared / "digits.safetensors")]
    small = ["--dataset", "digits", "--data", str(prepared), "--epochs", "1", "--device", "cpu"]
    small += ["--train-subset", "64", "--width", "0.0625", "--target-width", "8"]
    commands = {}
    for arch, method in NETWORKS:
        cell = ["--arch", arch, "--method", method, "--out", f"{arch}/{method}"]
        commands["train", arch, method] = ["train", *cell, *small]
    arch, method = NETWORKS[0]
    run = ["--run", f"{arch}/{method}", *data]
    cell = ["--arch", arch, "--method", method, "--out", "tuned", "--held-out", "9"]
    Path(folder, "train").mkdir()
    Path(folder, "train/job.tsv").write_text("s\tmax_rss\n1.5\t100\n", encoding="utf-8")
    commands |= {
        ("distances",): ["distances", *run, "--out", "d.csv"],
        ("embed",): ["embed", *run, "--out", "t.st", "--samples", "40", "--perplexity", "5"],
        ("probe",): ["probe", *run, "--out", "p.csv", "--images", "60"],
        ("exits",): ["exits", *run, "--out", "e.csv"],
        ("steps",): ["steps", STEPS_FLAGS, "--data", str(prepared), "--out", "s.json"],
        ("overview",): ["overview", *data, "--out", "o.st"],
        ("count",): ["count", f"digits:{arch}:{method}:1:8", "--out", "p.csv"],
        ("tune",): ["tune", *cell, *small, "--learning-rates", "0.1", "0.01"],
        ("prepare",): ["prepare", "--dataset", "digits", "--raw", "raw", "--out", "prepared"],
        ("jobs",): ["jobs", "train/job.tsv", "--out", "jobs.csv"],
    }
    imported = watched(folder, list(commands.values()), *COMPUTING)
    return dict(zip(commands, imported, strict=True))


@of_worked
@pytest.mark.parametrize(("arch", "method"), NETWORKS)
def test_what_a_training_imports_is_its_fingerprint_and_what_decides_no_number(
    worked, arch, method
):
    imported = worked["train", arch, method]
    decides = set(closure.run_files(arch, method))
    assert decides <= imported
    others = {path.removeprefix(f"{PACKAGE}/").removesuffix(".py") for path in imported - decides}
    assert others == NOT_DECIDING.keys()


@of_worked
def test_what_a_comparison_of_learning_rates_imports_is_its_input_and_what_decides_no_number(
    worked,
):
    decides = set(closure.tuning_files(*NETWORKS[0]))
    assert decides <= worked["tune",]
    left = worked["tune",] - decides - {f"{PACKAGE}/commands/tune.py"}
    assert left <= {f"{PACKAGE}/{name}.py" for name in NOT_DECIDING}


@of_worked
@pytest.mark.parametrize("command", ["distances", "embed", "exits", "probe"])
def test_all_that_is_imported_to_measure_a_run_is_in_the_rule_s_input(worked, command):
    arch, method = NETWORKS[0]
    modules = registry.method_module(method), registry.network_module(arch)
    assert worked[command,] <= set(closure.command_files(command, *modules))
    assert path_of(modules[0]) in worked[command,]


@of_worked
def test_all_that_other_commands_import_is_in_their_rules_inputs(worked):
    arch, method = NETWORKS[0]
    inputs = {
        "steps": closure.steps_files([("digits", arch, method)]),
        "overview": closure.command_files("overview"),
        "count": closure.count_files([f"digits:{arch}:{method}:1:8"]),
        "jobs": closure.command_files("jobs"),
    }
    for command, files in inputs.items():
        assert f"{PACKAGE}/commands/{command}.py" in worked[command,] <= set(files)


@of_worked
def test_what_prepares_data_is_its_rule_s_input_but_for_the_command(worked):
    left = worked["prepare",] - set(closure.prepare_files("digits"))
    command = {"__main__", "terminal", "commands/__init__", "commands/prepare"}
    assert left == {f"{PACKAGE}/{name}.py" for name in command}
