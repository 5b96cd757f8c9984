"""What runs, and what runs again after which edit. All by dry run: no job is ever started."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from project import ROOT, Job, Project

from associated_learning import closure

PACKAGE = "src/associated_learning"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """As cloned, but laptop has one seed of all networks on two data sets. Not to be changed."""
    project = Project.cloned(tmp_path_factory.mktemp("fresh") / "project")
    scale = project.folder / "config/scales/laptop.yaml"
    settings = yaml.safe_load(scale.read_text())
    settings |= {"seeds": 1, "datasets": ["mnist", "cifar10"], "leave_out": []}
    for entry in settings["runs"]:
        entry.pop("seeds", None)
    settings["runs"] = [entry for entry in settings["runs"] if "set" in entry]
    settings["tuning"].setdefault("taken_over", []).append(
        {"for": {"arch": ["resnet20", "resnet20_nopool", "vgg"]}, "from": {"arch": "cnn"}}
    )
    scale.write_text(yaml.safe_dump(settings))
    return project


@pytest.fixture(scope="module")
def everything(fresh: Project) -> list[Job]:
    """All jobs of two scales."""
    return fresh.plan("smoke", "laptop")


@pytest.fixture(scope="module")
def all_done(
    fresh: Project, everything: list[Job], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Every output is there, though empty, and noted as made by the rules as they stand."""
    project = fresh.copy(tmp_path_factory.mktemp("finished") / "project")
    for output in outputs(everything):
        path = project.folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for job in everything:  # what was made here has a log too
        if job.rule in ("figure", "table"):
            _, scale, name = Path(job.output[0]).with_suffix(".log").parts
            log = project.folder / f"logs/{scale}/{job.rule}/{name}"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.touch()
    run = project.run("--touch", "--forceall", "--cores", "2", "smoke", "laptop")
    assert run.returncode == 0, run.stdout
    return project


@pytest.fixture
def finished(all_done: Project, tmp_path: Path) -> Project:
    """A finished project to edit."""
    return all_done.copy(tmp_path / "project")


def outputs(jobs: list[Job]) -> set[str]:
    return {output for job in jobs for output in job.output}


def trained(jobs: list[Job]) -> set[tuple[str, ...]]:
    """Scale, data set, architecture, method and seed of each training."""
    return {tuple(job.output[0].split("/")[1:6]) for job in jobs if job.rule == "train"}


def kinds(jobs: list[Job]) -> set[str]:
    """First words of the final outputs' names: curves, accuracy and so on."""
    final = [path for path in outputs(jobs) if path.startswith(("figures/", "tables/"))]
    return {re.split(r"[_.](?=mnist|cifar|digits|csv|md|tex|html)", Path(f).name)[0] for f in final}


def test_a_second_run_does_nothing(finished: Project) -> None:
    assert finished.plan("smoke", "laptop") == []


def test_a_fresh_checkout_over_finished_results_runs_nothing(finished: Project) -> None:
    """Git sets no dates: every file of the workflow is then newer than every result."""
    for path in (finished.folder / "src").rglob("*"):
        os.utime(path)
    assert finished.plan("smoke", "laptop") == []


def test_editing_an_architecture_retrains_its_runs_alone(
    finished: Project, everything: list[Job]
) -> None:
    finished.add_comment(f"{PACKAGE}/networks/vgg.py")
    again = trained(finished.plan("smoke", "laptop"))
    assert again == {run for run in trained(everything) if run[2] == "vgg"} != set()


def test_editing_a_figure_s_code_redraws_that_figure_alone(finished: Project) -> None:
    finished.add_comment(f"{PACKAGE}/figures/curves.py")
    jobs = finished.plan("smoke", "laptop")
    assert kinds(jobs) == {"curves"}
    assert not trained(jobs)


def test_editing_a_table_s_code_makes_that_table_alone(finished: Project) -> None:
    finished.add_comment(f"{PACKAGE}/tables/anytime.py")
    jobs = finished.plan("smoke", "laptop")
    # The claims read every table.
    assert kinds(jobs) == {"anytime", "claims", "costs"} or kinds(jobs) == {"anytime", "claims"}
    assert {job.rule for job in jobs} == {"table"}


def test_editing_the_statistics_redraws_what_uses_them_and_nothing_else(finished: Project) -> None:
    finished.add_comment(f"{PACKAGE}/results/statistics.py")
    jobs = finished.plan("smoke", "laptop")
    assert {job.rule for job in jobs} <= {"figure", "table"}
    file = f"{PACKAGE}/results/statistics.py"
    direct = {kind for job in jobs if file in job.input for kind in kinds([job])}
    assert {"accuracy", "equal_time", "claims"} <= direct
    assert not direct & {"curves", "datasets", "parameters", "costs", "samples"}
    assert kinds(jobs) == direct


@pytest.mark.parametrize("file", ["loop", "record", "checkpoint", "pipeline", "config"])
def test_editing_what_decides_no_number_trains_nothing_anew(finished: Project, file: str) -> None:
    finished.add_comment(f"{PACKAGE}/training/{file}.py")
    assert not {job.rule for job in finished.plan("smoke", "laptop")} & {"train", "tune"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config/methods.yaml", "label: AL\n", "label: Associated\n"),
        ("config/networks.yaml", "label: VGG", "label: VGG-6"),
        ("config/datasets/mnist.yaml", "label: MNIST", "label: mnist"),
    ],
)
def test_another_label_redraws_figures_and_tables_and_trains_nothing(
    finished: Project, file: str, old: str, new: str
) -> None:
    finished.edit(file, old, new)
    jobs = finished.plan("smoke", "laptop")
    assert {job.rule for job in jobs} == {"figure", "table"}
    assert "accuracy" in kinds(jobs)


def test_another_grid_of_rates_compares_anew_and_trains_what_takes_its_rate_from_it(
    finished: Project,
) -> None:
    finished.edit("config/scales/smoke.yaml", "[1.0e-3, 1.0e-2]", "[1.0e-3, 3.0e-2]")
    jobs = finished.plan("smoke", "laptop")
    compared = {job.output[0] for job in jobs if job.rule == "tune"}
    assert compared == {
        f"results/smoke/digits/sigmoid2/{method}/tuning.json"
        for method in ("bp", "al", "local", "dfa")
    }
    assert {run[:3] for run in trained(jobs)} == {
        ("smoke", "digits", "sigmoid2"),
        ("smoke", "digits", "sigmoid4"),
    }


def test_another_order_trains_nothing(finished: Project) -> None:
    finished.edit("config/scales/smoke.yaml", "arch: [sigmoid2, sigmoid4]", "arch: [mlp]")
    assert {job.rule for job in finished.plan("smoke", "laptop")} <= {"table"}


def test_what_a_scale_orders_has_priority_measuring_first_then_rates_then_trainings(
    fresh: Project,
) -> None:
    said = fresh.run("--dry-run", "--quiet", "host", "--", "smoke").stdout
    found = {}
    for block in re.split(r"^rule ", said, flags=re.MULTILINE)[1:]:
        output = re.search(r"^ *output: ([^,\s]+)", block, re.MULTILINE)
        given = re.search(r"^ *priority: (\d+)", block, re.MULTILINE)
        if output:
            found[output[1]] = int(given[1]) if given else 0
    run = "results/smoke/digits"
    assert found[f"{run}/sigmoid2/al/seed0/metrics.json"] == 3
    assert found[f"{run}/sigmoid2/al/tuning.json"] == 4
    assert found[f"{run}/mlp/al/seed0/metrics.json"] == 0
    assert found[f"{run}/mlp/al/seed0/distances.csv"] == 2
    assert found["data/prepared/digits.safetensors"] > 4


def test_another_depth_of_a_network_trains_that_one_anew(
    finished: Project, everything: list[Job]
) -> None:
    line = "resnet20: {family: resnet, depth: "
    finished.edit("config/networks.yaml", f"{line}20", f"{line}26")
    jobs = finished.plan("smoke", "laptop")
    again = {run for run in trained(everything) if run[2] == "resnet20"}
    assert trained(jobs) == again != set()
    assert "results/laptop/parameters.csv" in outputs(jobs)


def test_another_depth_of_a_network_whose_throughput_is_measured_measures_it_anew(
    finished: Project,
) -> None:
    finished.edit(
        "config/networks.yaml",
        "sigmoid2: {family: sigmoid, depth: 2",
        "sigmoid2: {family: sigmoid, depth: 3",
    )
    assert "results/smoke/throughput.json" in outputs(finished.plan("smoke"))


def test_editing_a_setting_of_a_scale_retrains_the_runs_it_holds_for(
    finished: Project, everything: list[Job]
) -> None:
    finished.edit("config/scales/laptop.yaml", "width: 0.5", "width: 0.25")
    jobs = finished.plan("smoke", "laptop")
    sigmoid = {
        run
        for run in trained(everything)
        if run[0] == "laptop" and re.fullmatch(r"sigmoid(2|4|8|16)(_glorot)?", run[2])
    }
    assert trained(jobs) == sigmoid != set()
    assert not [output for output in outputs(jobs) if "smoke" in output]


def test_another_seed_trains_that_seed_alone(finished: Project, everything: list[Job]) -> None:
    finished.edit("config/scales/laptop.yaml", "seeds: 1", "seeds: 2")
    again = trained(finished.plan("laptop"))
    assert again == {
        (*run[:4], run[4].replace("seed0", "seed1"))
        for run in trained(everything)
        if run[0] == "laptop"
    }


def test_another_ratio_of_equal_time_trains_the_runs_that_it_shortens_anew(
    finished: Project,
) -> None:
    finished.edit("config/scales/smoke.yaml", "{al: 2, ", "{al: 3, ")
    jobs = finished.plan("smoke")
    assert trained(jobs) == {("smoke", "digits", "mlp", "al", "equal_time_seed0")}
    # The table of steps shows what is stated beside what was measured, and measures nothing anew.
    assert {"equal_time", "steps"} <= kinds(jobs) and "steps" not in {job.rule for job in jobs}


def test_another_device_or_number_of_threads_retrains_nothing(finished: Project) -> None:
    flags = ["--config", "device=cuda", "--set-threads", "train=2", "--set-resources"]
    assert finished.plan("smoke", "laptop", *flags, "train:runtime=9") == []


def test_another_mirror_fetches_and_retrains_nothing(finished: Project) -> None:
    mirror = 'mirrors=["https://example.org/data"]'
    assert finished.plan("smoke", "laptop", "--config", mirror) == []


def test_another_way_of_fetching_retrains_nothing(finished: Project) -> None:
    """What is fetched is the same: its SHA-256 is compared whenever it is prepared."""
    finished.add_comment(f"{PACKAGE}/data/download.py")
    finished.add_comment(f"{PACKAGE}/commands/download.py")
    address = "https://ossci-datasets.s3.amazonaws.com/mnist/train-images"
    finished.edit("config/datasets/mnist.yaml", address, "https://example.org/train-images")
    assert finished.plan("smoke", "laptop") == []


def test_editing_how_data_are_prepared_trains_anew(
    finished: Project, everything: list[Job]
) -> None:
    finished.add_comment(f"{PACKAGE}/data/prepare.py")
    jobs = finished.plan("smoke", "laptop")
    assert trained(jobs) == trained(everything)
    assert "fetch" not in {job.rule for job in jobs}


def test_a_figure_asked_for_by_its_path_builds_its_ancestors_alone(fresh: Project) -> None:
    jobs = fresh.plan("figures/laptop/curves_mnist.png")
    assert {job.rule for job in jobs} == {"fetch", "prepare", "tune", "train", "figure"}
    assert kinds(jobs) == {"curves"}
    assert all("mnist" in output for output in outputs(jobs))
    assert all(
        output.split("/")[1] in ("laptop", "prepared", "receipts") for output in outputs(jobs)
    )


def test_forced_a_figure_is_redrawn_alone(finished: Project) -> None:
    (job,) = finished.plan("--force", "figures/laptop/curves_mnist.png")
    assert job.output == ["figures/laptop/curves_mnist.pdf", "figures/laptop/curves_mnist.png"]


def test_every_target_trains_all_its_data_sets_and_seeds(
    fresh: Project, everything: list[Job]
) -> None:
    jobs = everything + fresh.plan(
        "workstation", "thesis_width", "thesis_once", "thesis", "download"
    )
    for file in (fresh.folder / "config/scales").glob("*.yaml"):
        scale, settings = file.stem, yaml.safe_load(file.read_text())
        runs = [run for run in trained(jobs) if run[0] == scale]
        cells = {(run[1], run[4].removeprefix("equal_time_")) for run in runs}
        most = max(entry.get("seeds", 0) for entry in [settings, *settings["runs"]])
        seeds = {name: {seed for of, seed in cells if of == name} for name in settings["datasets"]}
        assert {name for name, _ in cells} == set(seeds)
        assert all({f"seed{k}" for k in range(len(found))} == found for found in seeds.values())
        assert settings["seeds"] <= min(map(len, seeds.values()))
        assert max(map(len, seeds.values())) == most
        costs = "costs" in settings.get("experiments", ["costs"])  # all, where none are named
        assert (f"tables/{scale}/costs.md" in outputs(jobs)) == costs
    assert {f"data/receipts/{name}.json" for name in ("mnist", "cifar10", "cifar100")} <= outputs(
        jobs
    )


def test_the_default_target_is_the_scale_of_the_config(fresh: Project) -> None:
    made = outputs(fresh.plan("--config", "scale=smoke"))
    assert "tables/smoke/costs.md" in made
    assert not [path for path in made if "laptop" in path or "thesis" in path]


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("figures/laptop/curves_mnits.png", "figures/laptop/curves_mnist"),
        ("tables/lapto/accuracy_mnist.md", "tables/laptop/accuracy_mnist"),
        ("tables/thesis_once/accuracy_cifar10.csv", "tables/thesis/accuracy_cifar10"),
        ("smok", "smoke"),
        ("nonexistent", None),
    ],
)
def test_what_there_is_not_is_answered_by_the_nearest_names(
    asked: str, nearest: str | None, fresh: Project
) -> None:
    run = fresh.run("--dry-run", asked)
    assert run.returncode != 0
    said = run.stdout.splitlines()[-1]
    assert said.startswith(f"error: There is no {asked.partition('.')[0]}.")
    assert f"The nearest: {nearest}" in said if nearest else "nearest" not in said
    assert "config/experiments.yaml" in said and "Traceback" not in run.stdout


def test_a_result_with_a_wrong_name_is_refused(fresh: Project) -> None:
    path = "results/smoke/digits/resnet/bp/seed0/metrics.json"
    run = fresh.run("--dry-run", path)
    assert run.returncode != 0
    assert f"No rule to produce {path}" in run.stdout


def test_an_unknown_key_on_the_command_line_is_refused_with_those_allowed(fresh: Project) -> None:
    run = fresh.run("--dry-run", "--config", "scael=smoke")
    assert run.returncode != 0
    (message,) = (line for line in run.stdout.splitlines() if "scael" in line)
    assert "unknown key 'scael'; allowed: scale, device, mirrors" in message
    assert "Traceback" not in run.stdout


def test_a_mirror_s_address_reaches_the_download_as_one_word(fresh: Project) -> None:
    address = "https://example.org/data?user=me&key=1;2"
    other = "http://localhost:8000"
    mirror = f'mirrors=["{address}", "{other}"]'
    (job,) = fresh.plan("data/receipts/mnist.json", "--config", mirror)
    words = subprocess.run(
        ["sh", "-c", f"set -- {job.shell}; printf '%s\\n' \"$@\""], capture_output=True, text=True
    ).stdout.splitlines()
    given = {word.removeprefix("--mirror=") for word in words}
    assert {address, other} <= given


def test_a_training_depends_on_the_code_that_its_fingerprint_covers(
    everything: list[Job],
) -> None:
    assert {run[2] for run in trained(everything)} > {"mlp", "resnet20", "vgg", "sigmoid2"}
    for job in everything:
        if job.rule == "train":
            arch, method = job.output[0].split("/")[3:5]
            code = {path for path in job.input if path.endswith(".py")}
            assert code == set(closure.run_files(arch, method))


def test_every_flag_of_a_training_stands_in_its_command(everything: list[Job]) -> None:
    for job in everything:
        if job.rule == "train":
            _, dataset, arch, method, seed = job.output[0].split("/")[1:6]
            number = seed.rpartition("seed")[2]
            cell = f"--dataset {dataset} --arch {arch} --method {method} --seed {number} --"
            assert cell in job.shell
            assert ("--shorten" in job.shell) == seed.startswith("equal_time_")


def test_no_two_jobs_write_the_same_file(everything: list[Job]) -> None:
    assert len(outputs(everything)) == sum(len(job.output) for job in everything)


def rules() -> dict[str, tuple[str, dict[str, str]]]:
    """File and sections of every rule, by name."""
    found = {}
    for file in sorted((ROOT / "rules").glob("*.smk")):
        lines = file.read_text(encoding="utf-8").splitlines()
        # A rule under a condition is indented: what is not indented less belongs to it.
        for start, line in enumerate(lines):
            if named := re.fullmatch(r"( *)rule (\w+):", line):
                deeper = named[1] + "    "
                block = itertools.takewhile(
                    lambda text, deeper=deeper: not text or text.startswith(deeper),
                    lines[start + 1 :],
                )
                sections = re.split(rf"^{deeper}(\w+):", "\n".join(block), flags=re.MULTILINE)
                found[named[2]] = file.stem, dict(zip(sections[1::2], sections[2::2], strict=True))
    return found


RULES = rules()


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_log_and_an_environment_and_the_heavy_ones_are_measured(name: str) -> None:
    file, parts = RULES[name]
    assert {"shell", "log", "conda", "output"} <= parts.keys()
    assert "{log}" in parts["shell"]
    # Costs are those of the benchmarks: that of a job that gathers or shows them would change them.
    assert ("benchmark" in parts) == (name not in ("jobs", "archive"))
    if file != "outputs":
        assert {"runtime", "mem_mb"} <= set(re.findall(r"(\w+)=", parts["resources"]))


def test_the_heavy_rules_are_the_known_ones() -> None:
    heavy = {name for name, (file, _) in RULES.items() if file != "outputs"}
    light = {"overview", "count", "jobs", "archive"}
    assert heavy - light == {
        "fetch",
        "prepare",
        "train",
        "tune",
        "distances",
        "probe",
        "exits",
        "embed",
        "throughput",
        "steps",
    }


def test_the_workflow_passes_snakemake_s_lint(fresh: Project) -> None:
    run = fresh.run("--lint")
    assert run.returncode == 0, run.stdout
    assert "good condition" in run.stdout


def test_the_rules_are_formatted() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", "Snakefile", "rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
