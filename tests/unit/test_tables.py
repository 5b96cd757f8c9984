import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from finished import made_texts, modules_after, write_overview, write_run

from associated_learning import tables
from associated_learning.commands import count, jobs, modules_of
from associated_learning.results import archive as archives
from associated_learning.results import read
from associated_learning.tables import output

BP, AL = [0.980, 0.984, 0.985], [0.970, 0.975, 0.986]


def write_benchmark(path: Path, *jobs: str) -> None:
    header = "s h:m:s max_rss max_vms max_uss max_pss io_in io_out mean_load cpu_time"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(line.replace(" ", "\t") for line in (header, *jobs)) + "\n", encoding="utf-8"
    )


def write_data(path: Path, labels: list[int], names: list[str]) -> Path:
    return write_overview(path, np.zeros((len(labels), 3, 4, 5)), np.array(labels), classes=names)


def gather(folder: Path, *benchmarks: Path) -> Path:
    """The jobs that benchmarks are of."""
    jobs.main(["--out", str(folder / "jobs.csv"), *map(str, benchmarks)])
    return folder / "jobs.csv"


def test_jobs_that_ran_elsewhere_cost_what_the_archive_says_unless_they_ran_again(tmp_path):
    folder, archive = tmp_path / "results/smoke", tmp_path / "archives/smoke.zip"
    names = ("train/old", "train/again", "train/new", "train/unheard_of")
    here = {name: folder / f"benchmarks/{name}.tsv" for name in names}
    for name, seconds in (("train/old", 1), ("train/again", 2), ("train/unheard_of", 9)):
        write_benchmark(here[name], f"{seconds} 0 50 0 0 0 0 0 0 0")
    gather(folder, *here.values())
    archives.pack([folder / "jobs.csv"], tmp_path / "results", archive)
    shutil.rmtree(folder)
    for name, seconds in (("train/again", 3), ("train/new", 4)):
        write_benchmark(here[name], f"{seconds} 0 50 0 0 0 0 0 0 0")
    wanted = [str(here[name]) for name in names[:3]]
    jobs.main([*wanted, "--archive", str(archive), "--out", str(folder / "jobs.csv")])
    found = pd.read_csv(folder / "jobs.csv").set_index("job")["seconds"]
    assert found.to_dict() == {"old": 1, "again": 3, "new": 4}
    # Without an archive it is what ran here.
    jobs.main([*wanted, "--archive", "none.zip", "--out", str(folder / "jobs.csv")])
    assert list(pd.read_csv(folder / "jobs.csv")["job"]) == ["again", "new"]


@pytest.fixture
def three_seeds(tmp_path: Path) -> list[Path]:
    al = [write_run(tmp_path, "al", s, [[0.9, 0.5, 0.21, a]]) for s, a in enumerate(AL)]
    return al + [write_run(tmp_path, "bp", s, [[a]]) for s, a in enumerate(BP)]


def test_accuracy_table_gives_mean_deviation_and_welch_interval(tmp_path, three_seeds):
    made_texts("accuracy", tmp_path, *three_seeds)
    bp, al = pd.read_csv(tmp_path / "accuracy.csv").to_dict("records")
    assert ",".join(al) == "dataset,arch,method,n,steps,mean,std,difference,ci_low,ci_high,started"
    # BP comes first, whatever the order of the files.
    assert (bp["method"], bp["n"], bp["steps"]) == ("bp", 3, 10)
    assert bp["mean"] == pytest.approx(0.983)
    assert bp["std"] == pytest.approx(math.sqrt((0.003**2 + 0.001**2 + 0.002**2) / 2))
    assert al["difference"] == pytest.approx(0.977 - 0.983)
    interval = scipy.stats.ttest_ind(AL, BP, equal_var=False).confidence_interval(0.95)
    assert (al["ci_low"], al["ci_high"]) == pytest.approx(tuple(interval))
    assert math.isnan(bp["difference"])


def test_accuracy_csv_keeps_full_precision(tmp_path):
    path = write_run(tmp_path, "bp", 0, [[0.9821000099182129]])
    assert "0.9821000099182129" in made_texts("accuracy", tmp_path, path)["csv"]


def test_accuracy_table_shows_percent_with_what_a_reader_needs(tmp_path, three_seeds):
    markdown = made_texts("accuracy", tmp_path, *three_seeds)["md"]
    row = next(line for line in markdown.splitlines() if "| AL " in line)
    assert [cell.strip() for cell in row.strip("|").split("|")] == (
        ["MLP", "AL", "3", "97.70 ± 0.82", "−0.60 [−2.42, +1.22]", "4/4"]
    )
    caption = markdown.splitlines()[0]
    for part in (
        "MNIST",
        "n = 3 seeds",
        "standard deviation",
        "last epoch",
        "Trained for 10 steps",
        "Nothing was selected",
    ):
        assert part in caption
    assert "not in the thesis" not in caption


def test_a_bound_that_rounds_to_zero_keeps_the_sign_that_says_on_which_side_it_lies():
    row = {"difference": 0.0005, "ci_low": -0.00003, "ci_high": 0.00104}
    assert output.difference(row) == "+0.05 [−0.00, +0.10]"
    assert output.percent(0.0, "+") == "+0.00"


def test_a_prefix_has_started_above_twice_chance(tmp_path):
    # Means over the seeds, of ten classes: 0.9, 0.2 (not above), 0.25.
    paths = [
        write_run(tmp_path, "al", seed, [prefixes])
        for seed, prefixes in enumerate([[0.9, 0.125, 0.1], [0.9, 0.275, 0.4]])
    ]
    assert made_texts("accuracy", tmp_path, *paths)["csv"].splitlines()[1].endswith(",2/3")
    hundred = write_run(tmp_path / "c", "al", 0, [[0.021, 0.019]], dataset="cifar100")
    assert made_texts("accuracy", tmp_path, hundred)["csv"].splitlines()[1].endswith(",1/2")


def test_one_seed_has_a_difference_but_neither_deviation_nor_interval(tmp_path):
    paths = [write_run(tmp_path, method, 0, [[0.5]]) for method in ("bp", "al")]
    text = made_texts("accuracy", tmp_path, *paths)
    al = pd.read_csv(tmp_path / "accuracy.csv").iloc[1]
    assert al["difference"] == 0
    assert al[["std", "ci_low", "ci_high"]].isna().all()
    assert "50.00 |" in text["md"] and "+0.00 |" in text["md"]
    assert "±" not in text["md"] and "n = 1 seed." in text["md"]


def test_seeds_that_all_agree_give_no_interval_of_width_zero(tmp_path):
    paths = [write_run(tmp_path, m, seed, [[0.1]]) for m in ("bp", "al") for seed in range(3)]
    made_texts("accuracy", tmp_path, *paths)
    assert pd.read_csv(tmp_path / "accuracy.csv")[["ci_low", "ci_high"]].isna().all(axis=None)


def test_al_without_bp_has_no_difference(tmp_path):
    text = made_texts("accuracy", tmp_path, write_run(tmp_path, "al", 0, [[0.9]]))
    assert "| — |" in " ".join(text["md"].split())


def test_target_path_first_is_marked_as_ours(tmp_path, three_seeds):
    ours = write_run(tmp_path, "al_target_first", 0, [[0.9]])
    text = made_texts("accuracy", tmp_path, ours, *three_seeds)
    assert "| AL, target path first † |" in text["md"]
    assert "†: not in the thesis." in text["md"]
    assert r"AL, target path first \textdagger{} &" in text["tex"]


def test_architectures_come_in_the_order_of_the_thesis_and_of_depth(tmp_path):
    archs = ["sigmoid16", "vgg", "sigmoid4", "mlp", "resnet32", "resnet20"]
    paths = [write_run(tmp_path, "bp", 0, [[0.5]], arch=arch) for arch in archs]
    made_texts("accuracy", tmp_path, *paths)
    assert list(pd.read_csv(tmp_path / "accuracy.csv")["arch"]) == (
        ["mlp", "resnet20", "resnet32", "vgg", "sigmoid4", "sigmoid16"]
    )


def test_latex_is_escaped(tmp_path, three_seeds):
    latex = made_texts("accuracy", tmp_path, *three_seeds)["tex"]
    assert r"Accuracy (\%)" in latex
    assert r"97.70 $\pm$ 0.82 & $-$0.60 [$-$2.42, +1.22]" in latex
    assert latex.isascii()
    assert all(f"\\{rule}" in latex for rule in ("toprule", "midrule", "bottomrule", "caption{"))
    write_benchmark(tmp_path / "b" / "hidden_layers" / "x.tsv", "1 0:00:01 5 1 1 1 1 1 1 1")
    jobs = gather(tmp_path, tmp_path / "b" / "hidden_layers" / "x.tsv")
    assert r"hidden\_layers & 1" in made_texts("costs", tmp_path, jobs)["tex"]


def test_smoke_is_said_in_both_captions_and_only_at_that_scale(tmp_path, three_seeds):
    smoke = made_texts("accuracy", tmp_path, *three_seeds, mark="smoke scale: no result")
    assert "Smoke scale: no result." in smoke["md"].splitlines()[0]
    assert "Smoke scale: no result.}" in smoke["tex"]
    laptop = made_texts("accuracy", tmp_path, *three_seeds)
    assert "Smoke" not in laptop["md"] + laptop["tex"]


def test_datasets_table_counts_images_and_classes(tmp_path):
    few = write_data(tmp_path / "digits.safetensors", [0, 0, 0, 1, 1], ["zero", "one"])
    many = write_data(tmp_path / "mnist.safetensors", [0, 1], ["zero", "one"])
    text = made_texts("datasets", tmp_path, few, many)
    assert text["csv"].splitlines() == [
        "dataset,train_images,test_images,classes,channels,height,width,class_min,class_max",
        "mnist,2,1234,2,3,4,5,1,1",
        "digits,5,1234,2,3,4,5,2,3",
    ]
    assert "1,234" in text["md"] and "3 × 4 × 5" in text["md"] and "2–3" in text["md"]


def test_costs_table_sums_the_jobs_of_a_rule(tmp_path):
    folder = tmp_path / "benchmarks"
    write_benchmark(folder / "train/mnist_al.tsv", "120.5 0:02:00 700.25 1 1 1 1 1 90 100")
    write_benchmark(folder / "train/mnist_bp.tsv", "60 0:01:00 650 1 1 1 1 1 90 50")
    write_benchmark(folder / "figure/short.tsv", "0.5 0:00:00" + " NA" * 8)
    files = [*sorted(folder.glob("*/*.tsv")), folder / "fetch" / "had_nothing_to_do.tsv"]
    text = made_texts("costs", tmp_path, gather(tmp_path, *files))
    assert text["csv"].splitlines() == [
        "rule,jobs,total_seconds,median_seconds,longest_seconds,peak_memory_mb",
        "figure,1,0.5,0.5,0.5,",
        "train,2,180.5,90.25,120.5,700.25",
        "total,3,181.0,60.0,120.5,700.25",
    ]
    assert "cores." in text["md"].splitlines()[0]


def test_without_any_benchmark_there_are_no_costs(tmp_path):
    with pytest.raises(SystemExit, match="none of 1 benchmarks: run the workflow first"):
        gather(tmp_path, tmp_path / "train/mnist_al.tsv")


def test_parameters_table_counts_without_training_at_the_width_of_the_thesis_or_another(tmp_path):
    counts = tmp_path / "parameters.csv"
    cells = ["mnist:mlp:bp:1:1024", "mnist:mlp:al:1:1024", "mnist:mlp:al:0.25:64"]
    count.main(["--out", str(counts), *cells])
    shown = made_texts("parameters", tmp_path / "out", counts)["md"]
    bp, al, small = pd.read_csv(tmp_path / "out/parameters.csv").to_dict("records")
    assert bp["total"] == bp["effective"] and bp["affiliated"] == 0
    assert al["total"] == al["effective"] + al["affiliated"] > bp["total"]
    assert al["total"] == sum(al[role] for role in "fbgh")
    assert 0 < small["total"] < al["total"] / 4
    assert f"{al['total']:,}" in shown and math.isnan(bp["f"])


def test_parameters_of_methods_without_these_maps_show_dashes(tmp_path):
    counts = tmp_path / "parameters.csv"
    methods = ["local", "dfa", "dtp", "frozen"]
    count.main(["--out", str(counts), *(f"mnist:mlp:{method}:0.25:64" for method in methods)])
    shown = made_texts("parameters", tmp_path / "out", counts)["md"]
    local, dfa, dtp, frozen = pd.read_csv(tmp_path / "out/parameters.csv").to_dict("records")
    assert local["affiliated"] > 0 and dtp["affiliated"] > 0 and dfa["affiliated"] == 0
    assert local["effective"] == dfa["effective"] == dtp["effective"]
    assert math.isnan(local["f"]) and frozen["total"] == sum(frozen[role] for role in "fbgh")
    row = next(line for line in shown.splitlines() if "direct feedback alignment" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")][-4:] == ["—"] * 4


@pytest.mark.parametrize("content", [None, "", '{"test_accuracy": 0.5, "st', "{}", "[1]"])
def test_a_damaged_or_missing_run_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "metrics.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit, match=r"metrics\.json is .*(run the job|delete it and run)"):
        made_texts("accuracy", tmp_path, path)
    assert not list(tmp_path.glob("accuracy*"))


def test_the_same_run_given_twice_does_not_count_as_two_seeds(tmp_path):
    paths = [write_run(tmp_path / scale, "bp", 0, [[0.5]]) for scale in ("laptop", "thesis")]
    with pytest.raises(SystemExit, match="same data set, network, method and seed"):
        made_texts("accuracy", tmp_path, *paths)


def test_runs_of_two_data_sets_are_refused(tmp_path):
    paths = [
        write_run(tmp_path / dataset, "bp", 0, [[0.5]], dataset=dataset)
        for dataset in ("mnist", "cifar10")
    ]
    with pytest.raises(SystemExit, match=r"several data sets.*mnist, cifar10"):
        made_texts("accuracy", tmp_path, *paths)


def test_a_row_of_runs_holds_config_and_nested_metrics(tmp_path):
    runs_read = read.read_runs([write_run(tmp_path, "al", 7, [[0.1, 0.2]], width=0.25)])
    row = runs_read.iloc[0]
    assert (row["seed"], row["width"], row["steps"]) == (7, 0.25, 10)
    assert row["times.training_seconds"] == 10
    assert row["prefix_test_accuracy"] == [0.1, 0.2]


def test_an_unknown_table_is_one_line_and_status_2():
    command = [sys.executable, "-m", "associated_learning", "table"]
    done = subprocess.run(
        [*command, "acuracy", "--out", "x", "y"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "acuracy" in line and "accuracy" in line and "output" not in line


def test_neither_the_commands_nor_any_table_need_torch():
    kinds = ", ".join(modules_of(tables, "output"))
    imported = modules_after(
        "from associated_learning.commands import provenance, table\n"
        "from associated_learning.results import lineage\n"
        f"from associated_learning.tables import output, {kinds}"
    )
    assert not {"torch", "sklearn", "matplotlib"} & imported


def test_items_have_lines_of_their_own_and_a_wide_table_is_not_padded(tmp_path):
    frame = pd.DataFrame({"cell": ["a 1; b 2", "c"], "answer": ["yes", "x" * output.WIDE]})
    output.write(output.Table(frame, "Two."), tmp_path / "wide")
    lines = (tmp_path / "wide.md").read_text(encoding="utf-8").splitlines()
    assert lines[2:6] == [
        "| cell | answer |",
        "|:---|:---|",
        "| a 1<br>b 2 | yes |",
        f"| c | {'x' * output.WIDE} |",
    ]
    assert ">a 1<br>b 2</td>" in (tmp_path / "wide.html").read_text(encoding="utf-8")
    assert "a 1; b 2" in (tmp_path / "wide.csv").read_text(encoding="utf-8")
