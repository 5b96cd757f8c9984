import ast
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from associated_learning import closure, registry

PROJECT = Path(__file__).parents[2]
ENVS = PROJECT / "envs"
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
NEEDED = ["Makefile", "pyproject.toml", "envs/requirements.lock", "envs/bootstrap.lock"]


def entries(lock: str) -> list[str]:
    """One line an entry: requirement, marker, hashes."""
    lines = (ENVS / lock).read_text().replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]


def locked(environment: dict[str, str] | None = None) -> dict[str, str]:
    """Locked version by name, where markers hold in an environment (this one)."""
    found = {}
    for entry in entries("requirements.lock"):
        pin = Requirement(entry.split(" --hash")[0])
        if pin.marker is None or pin.marker.evaluate(environment):
            (specifier,) = pin.specifier
            assert pin.name not in found, f"two versions of {pin.name} at once"
            found[pin.name] = specifier.version
    return found


def of_python(version: str) -> dict[str, str]:
    return {"python_version": version, "python_full_version": f"{version}.0"}


def parts() -> dict[str, list[Requirement]]:
    """What pyproject.toml names: what every installation gets, as "", and the extras."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {"": project["dependencies"], **project["optional-dependencies"]}
    return {part: [Requirement(line) for line in lines] for part, lines in named.items()}


def required() -> list[Requirement]:
    return [requirement for part in parts().values() for requirement in part]


def direct() -> list[str]:
    return [requirement.name for requirement in required()]


def imported(paths: Iterable[Path]) -> set[str]:
    """Names of the packages, as pyproject.toml has them, that files import of others."""
    of_module, found = metadata.packages_distributions(), set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    names = {name for module in found for name in of_module.get(module, [])}
    return {name.lower().replace("_", "-") for name in names} - {"associated-learning"}


def inputs(name: str) -> list[str]:
    """What a file beside a lock names."""
    lines = (ENVS / f"{name}.in").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def conda() -> tuple[str, dict[str, str]]:
    """Python's version and pip's pins of environment.yaml."""
    dependencies = yaml.safe_load((ENVS / "environment.yaml").read_text())["dependencies"]
    (python,) = (d for d in dependencies if isinstance(d, str) and d.startswith("python="))
    (pins,) = (d["pip"] for d in dependencies if isinstance(d, dict))
    return python.removeprefix("python="), dict(pin.split("==") for pin in pins)


def test_conda_gets_the_same_versions_as_the_lock_and_nothing_else() -> None:
    python, pins = conda()
    versions = locked(of_python(python))
    assert pins == {name: versions[name] for name in direct()}


@pytest.mark.parametrize("lock", ["requirements.lock", "bootstrap.lock", "archive.lock"])
def test_every_locked_package_has_one_exact_version_and_hashes(lock: str) -> None:
    assert entries(lock)
    for entry in entries(lock):
        pin, *hashes = entry.split(" --hash=")
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.+]*( ; .+)?", pin), pin
        assert hashes and all(re.fullmatch("sha256:[0-9a-f]{64}", h) for h in hashes), pin


@pytest.mark.parametrize("lock", ["requirements.lock", "bootstrap.lock", "archive.lock"])
def test_the_locks_hold_no_address_and_no_option_but_hashes(lock: str) -> None:
    text = (ENVS / lock).read_text()
    assert "://" not in text and " @ " not in text
    assert set(re.findall(r"(?:^|\s)(-[-\w]*)", text)) == {"--hash"}


def test_the_archive_s_environment_is_a_part_of_the_other_without_torch() -> None:
    part, whole = (
        {e.split()[0] for e in entries(f"{n}.lock")} for n in ("archive", "requirements")
    )
    assert part < whole
    assert not [pin for pin in part if re.match("torch|nvidia|scikit-learn|triton", pin)]


def test_the_archive_s_environment_names_nothing_that_the_project_does_not() -> None:
    assert set(inputs("archive")) < set(direct())


def test_what_the_project_needs_has_lower_bounds_alone_and_stands_once() -> None:
    assert len(direct()) == len(set(direct()))
    for requirement in required():
        assert [of.operator for of in requirement.specifier] == [">="], requirement
        assert requirement.marker is None and not requirement.extras, requirement


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_every_locked_version_satisfies_the_project_s_bound(python: str) -> None:
    versions = locked(of_python(python))
    outside = [of for of in required() if not of.specifier.contains(versions[of.name])]
    assert not outside


@pytest.mark.parametrize("folder", ["src", "tests", "docs"])
def test_what_a_file_imports_is_named_and_does_not_come_with_something_else(folder: str) -> None:
    assert imported((PROJECT / folder).rglob("*.py")) <= set(direct())


def test_preparing_training_and_predicting_need_no_extra() -> None:
    modules = ["trained", "training.loop", "training.pipeline", "commands.predict"]
    modules += ["commands.download", "data.arrays", "data.cifar100"]
    files = closure.files(*(f"associated_learning.{module}" for module in modules))
    files += closure.prepare_files("digits")
    for arch in registry.networks():
        for method in registry.methods():
            files += closure.run_files(arch, method)
    needed = imported(PROJECT / path for path in set(files))
    base = {requirement.name for requirement in parts()[""]}
    # torchvision's readers are imported by a name in config/.
    assert needed <= base and base - needed <= {"torchvision"}


def test_make_resolves_the_lock_from_all_that_the_project_names() -> None:
    (line,) = re.findall(r"uv pip compile .*envs/requirements.lock pyproject.toml", MAKEFILE)
    assert set(re.findall(r"--extra (\S+)", line)) == parts().keys() - {""}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_has_one_version_of_every_direct_requirement_for_each_python(python: str) -> None:
    assert set(direct()) <= locked(of_python(python)).keys()


@pytest.mark.parametrize("name", direct())
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    # A build for one accelerator says so behind a plus.
    assert metadata.version(name).split("+")[0] == locked()[name]


# Written in parts, for this file is searched too.
REGISTRIES = [("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "(org|com)"), ("npmjs", "org")]
REGISTRIES += [("download.pytorch", "org"), ("(ghcr|docker|quay)", "io")]
FORBIDDEN = [
    *(r"\b" + r"\.".join(parts) + r"\b" for parts in REGISTRIES),
    r"(?<![\w.-])/(home|root|work|Users|opt|mnt)/",
]


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="no git checkout")
@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_file_names_a_package_registry_or_a_folder_of_one_machine(pattern: str) -> None:
    git = ["git", "-c", "safe.directory=*", "grep", "--untracked", "-IlP", "-e", pattern]
    found = subprocess.run(git, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stderr
    assert not found.stdout


# How envs/setup.sh fails. Stand-ins for the interpreter are small shell scripts.


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that set-up needs, and no .venv."""
    folder = tmp_path / "project"
    for name in [*NEEDED, "envs/setup.sh"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    return folder


def marked_complete(project: Path) -> Path:
    complete = project / ".venv/.complete"
    complete.parent.mkdir()
    complete.touch()
    return complete


def interpreter(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def set_up(project: Path, python: Path | str, **variables: str) -> subprocess.CompletedProcess[str]:
    # None of the surrounding settings of pip and uv, which may lead to packages after all.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        ["sh", "envs/setup.sh", str(python)],
        cwd=project,
        env=kept | {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(project: Path, run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert not (project / ".venv/.complete").exists()
    return run.stderr.split("setup: ", 1)[1]


def test_a_missing_python_is_named_with_the_way_out(project: Path) -> None:
    message = refused(project, set_up(project, "python3.99"))
    assert message.startswith("no 'python3.99' here. Install Python 3.11 to 3.13")
    assert "make PYTHON=" in message


@pytest.mark.parametrize("name", ["a{b", 'say "x"', "$HOME", "a`b", "a\\b", "10:00", "a\nb"])
def test_a_folder_in_which_nothing_can_work_is_refused_before_anything_is_built(
    project: Path, name: str
) -> None:
    moved = project.rename(project.parent / name)
    message = refused(moved, set_up(moved, "python3.99"))
    assert "move or rename" in message and str(moved) in message
    assert not (moved / ".venv").exists()


def test_other_odd_folders_are_set_up_by_make(project: Path) -> None:
    moved = project.rename(project.parent / "O'Brien & Söhne; 100% #1 (~a!b=c,d) [x]*?|<e> ")
    python = staged(moved, "never")
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    make = ["make", "setup", f"PYTHON={python.relative_to(moved)}"]
    run = subprocess.run(make, cwd=moved, env=surroundings, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (moved / ".venv/.complete").exists()


def test_an_old_python_is_told_its_version_and_the_one_needed(project: Path) -> None:
    old = 'case $1 in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac'
    message = refused(project, set_up(project, interpreter(project / "bin/python3", old)))
    assert message.startswith("Python 3.9.2 is too old, 3.11 to 3.13 is needed")
    assert "make PYTHON=" in message
    assert not (project / ".venv").exists()


def test_a_python_without_venv_is_told_the_package_to_install(project: Path) -> None:
    # As on Debian: everything works until ensurepip is imported.
    bare = f'case $2 in *ensurepip*) exit 1 ;; *) exec "{sys.executable}" "$@" ;; esac'
    message = refused(project, set_up(project, interpreter(project / "bin/python3", bare)))
    assert "has no venv module" in message and "apt install python3-venv" in message


def test_what_a_linked_environment_leads_to_is_left_alone(project: Path) -> None:
    (other := project.parent / "other").mkdir()
    (other / "kept").touch()
    (project / ".venv").symlink_to(other)
    message = refused(project, set_up(project, sys.executable))
    assert message.startswith(".venv is a link: delete it") and (other / "kept").exists()


def test_without_a_network_set_up_says_so_and_how_to_retry(project: Path) -> None:
    run = set_up(
        project,
        sys.executable,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
    )
    message = refused(project, run)
    assert "the package index did not deliver" in run.stderr
    assert "Is there a network?" in message and "make command again" in message


def test_a_user_s_settings_of_pip_install_nothing_elsewhere(project: Path) -> None:
    config = project / "pip.conf"
    config.write_text("[install]\nuser = true\n")
    for settings in ({"PIP_USER": "1"}, {"PIP_CONFIG_FILE": str(config)}):
        offline = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
        run = set_up(project, sys.executable, **offline, PIP_NO_CACHE_DIR="1", **settings)
        assert "--user" not in run.stderr
        assert "uv==" in refused_for_want_of_an_index(project, run)


def refused_for_want_of_an_index(project: Path, run: subprocess.CompletedProcess[str]) -> str:
    assert "the package index did not deliver" in refused(project, run)
    return run.stderr


def test_a_python_without_ready_made_packages_needs_a_compiler(project: Path) -> None:
    new = """case "$*" in *"(3, 14)"*) exit 1 ;; --version) echo "Python 3.14.0" ;; esac"""
    python = interpreter(project / "bin/python3", new)
    tools = project / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to("/bin/sh")
    message = refused(project, set_up(project, python, PATH=str(tools)))
    assert (
        message == "Python 3.14.0 needs a C compiler, 3.11 to 3.13 none: make PYTHON=python3.13\n"
    )
    interpreter(tools / "cc", "")
    assert "C compiler" not in set_up(project, python, PATH=str(tools)).stderr


def staged(project: Path, failing: str) -> Path:
    """An interpreter that notes its calls, makes a .venv of itself, and fails at one step."""
    tool = f"""echo "$(basename "$0") $*" >> "{project}/calls"
case "$(basename "$0") $*" in {failing}) echo broken >&2; exit 1 ;; esac"""
    copy = 'mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/uv'
    make_venv = f'case "$*" in "-m venv"*) {copy} ;; esac'
    return interpreter(project / "bin/python3", f"{tool}\n{make_venv}")


STEPS = {
    "venv": ('"python3 -m venv"*', "python -m venv failed"),
    "installer": ('"python -m pip install"*', "the package index did not deliver"),
    "packages": ('"uv pip sync"*', "installing envs/requirements.lock failed"),
    "package": ('"uv pip install"*', "installing the package itself failed"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_set_up_that_breaks_off_is_not_taken_for_complete(project: Path, step: str) -> None:
    complete = marked_complete(project)
    pattern, said = STEPS[step]
    message = refused(project, set_up(project, staged(project, pattern)))
    assert not complete.exists()
    assert said in message


def test_a_whole_set_up_installs_by_hash_alone_and_is_marked_complete(project: Path) -> None:
    run = set_up(project, staged(project, "never"))
    assert run.returncode == 0, run.stderr
    assert (project / ".venv/.complete").exists()
    installed = [
        call for call in (project / "calls").read_text().splitlines() if " pip " in f" {call} "
    ]
    assert len(installed) == 3
    assert all("--require-hashes" in call for call in installed[:2])
    assert "--offline" in installed[2] and "--no-deps" in installed[2]


LOCKS = ["envs/requirements.lock", "envs/bootstrap.lock"]


@pytest.mark.parametrize("newer", [None, *LOCKS, "pyproject.toml", "envs/setup.sh"])
def test_make_builds_the_environment_anew_only_when_a_lock_changed(
    project: Path, newer: str | None
) -> None:
    complete = marked_complete(project)
    for name in [*NEEDED, "envs/setup.sh"]:
        os.utime(project / name, (1000, 1000))
    os.utime(complete, (2000, 2000))
    if newer:
        os.utime(project / newer, (3000, 3000))
    # Not a part of the make that may run these tests.
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run = subprocess.run(
        ["make", "-n", "setup"],
        cwd=project,
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("envs/setup.sh" in run.stdout) == (newer in LOCKS)


def said_by_make(rule: str, **variables: str | None) -> list[str]:
    """What a rule beside those of the Makefile prints; variables that are None are not set."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")} | variables
    run = subprocess.run(
        ["make", "--no-print-directory", f"--eval=try: ; @{rule}", "try"],
        cwd=PROJECT,
        env={key: value for key, value in surroundings.items() if value is not None},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.split()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no such call here")
@pytest.mark.skipif(not shutil.which("nproc"), reason="no nproc")
def test_make_starts_as_many_jobs_as_it_may_use_cores() -> None:
    may = os.sched_getaffinity(0)
    for cores in (may, {min(may)}):
        os.sched_setaffinity(0, cores)
        try:
            for threads in (None, "1", "64"):
                told = said_by_make("echo $(CORES)", OMP_NUM_THREADS=threads, CORES=None)
                assert told == [str(len(cores))]
        finally:
            os.sched_setaffinity(0, may)


def test_a_user_without_a_name_or_a_home_gets_them_of_make(tmp_path: Path) -> None:
    rule = 'echo "$$HOME" "$$USER" "$$PYTHONPATH"'
    foreign = {"PYTHONPATH": str(tmp_path)}
    own = str(PROJECT / "src")
    home = [str(PROJECT / ".snakemake/home"), str(os.getuid()), own]
    for missing in (None, "", "/nowhere"):
        assert said_by_make(rule, HOME=missing, USER=None, **foreign) == home
    kept = [str(tmp_path), "me", own]
    assert said_by_make(rule, HOME=str(tmp_path), USER="me", **foreign) == kept


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="no git checkout")
def test_a_checkout_keeps_its_line_ends_where_git_is_told_to_change_them(tmp_path: Path) -> None:
    git = ["git", "-c", "safe.directory=*", "-c", "core.autocrlf=true"]
    folder = tmp_path / "checkout"
    folder.mkdir()
    names = ["envs/setup.sh", "Makefile", "benchmarks/results/step.csv"]
    subprocess.run([*git, "checkout-index", f"--prefix={folder}/", *names], cwd=PROJECT, check=True)
    for name in names:
        noted = subprocess.run([*git, "show", f":{name}"], cwd=PROJECT, capture_output=True)
        assert (folder / name).read_bytes() == noted.stdout != b"", name
