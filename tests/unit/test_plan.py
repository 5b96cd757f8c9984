"""What the workflow makes, from the config alone: a pure function, looked at without any file."""

import copy
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from associated_learning import cells, configuration, plan

FOLDER = Path(__file__).parents[2] / "config"
NETWORKS = ["wide", "deep"]
CONFIG = {
    "source": "runs",
    "methods": {
        "old": {"label": "Old", "role": "baseline"},
        "new": {"label": "New"},
        "other": {"label": "Other"},
    },
    "networks": {name: {"family": name, "label": name.title()} for name in NETWORKS},
    "datasets": {
        "birds": {
            "label": "Birds",
            "classes": 7,
            "shape": [3, 8, 8],
            "reader": "some.where",
            "preprocessing": {"standardise": True, "augment": True},
            "target_width": {"wide": 300},
            "files": [{"path": "birds.gz", "sha256": "abc", "bytes": 3, "addresses": ["x"]}],
        },
        "trees": {
            "label": "Trees",
            "classes": 2,
            "shape": [1, 8, 8],
            "reader": "some.where",
            "preprocessing": {"standardise": False, "augment": False},
            "target_width": {},
            "files": [],
        },
    },
    "scales": {
        "tiny": {
            "result": False,
            "datasets": ["birds", "trees"],
            "seeds": 2,
            "leave_out": [],
            "runs": [
                {"set": {"epochs": 5, "width": 1}},
                {"for": {"arch": "wide"}, "set": {"epochs": 6}},
                {"set": {"l2": 0.1}},
            ],
            "tuning": {
                "learning_rates": [0.1, 0.2],
                "held_out": 9,
                "seed": 7,
                "archs": {"birds": ["wide"]},
                "taken_over": [{"for": {"arch": "deep"}, "from": {"arch": "wide"}}],
            },
            "equal_time": {"birds": {"wide": {"new": 2.5}}},
        },
        "large": {"datasets": ["birds"], "seeds": 1, "leave_out": [{"arch": "deep"}], "runs": []},
    },
    "experiments": {
        "accuracy": {
            "category": "1 First",
            "from": "metrics.json",
            "per": "dataset",
            "methods": ["old", "new"],
            "archs": {"birds": ["wide", "deep"], "trees": ["deep"]},
            "figures": ["curves"],
            "tables": ["accuracy"],
        },
        "maps": {
            "category": "2 Second",
            "from": "tsne.safetensors",
            "per": "arch",
            "methods": ["new"],
            "archs": {"birds": ["wide", "deep"]},
            "figures": ["maps"],
            "tables": [],
        },
        "samples": {
            "category": "3 Third",
            "from": "overview",
            "per": "dataset",
            "figures": ["samples"],
            "tables": [],
        },
        "sizes": {
            "category": "3 Third",
            "from": "overview",
            "per": "scale",
            "figures": [],
            "tables": ["sizes"],
        },
        "counts": {
            "category": "3 Third",
            "from": "parameters.csv",
            "per": "scale",
            "methods": ["old", "new"],
            "archs": {"birds": ["wide", "deep"]},
            "figures": [],
            "tables": ["counts"],
        },
        "rates": {
            "category": "3 Third",
            "from": "tunings",
            "per": "scale",
            "figures": [],
            "tables": ["rates"],
        },
        "equal_time": {
            "category": "3 Third",
            "from": "metrics.json",
            "per": "dataset",
            "variant": "equal_time",
            "methods": ["old", "new", "other"],
            "archs": {"birds": ["wide", "deep"], "trees": ["deep"]},
            "figures": [],
            "tables": ["equal_time"],
        },
        "steps": {
            "category": "3 Third",
            "from": "steps.json",
            "per": "scale",
            "methods": ["old", "new"],
            "archs": {"birds": ["wide", "deep"], "trees": ["deep"]},
            "figures": [],
            "tables": ["steps"],
        },
        "claims": {
            "category": "4 Last",
            "from": "tables",
            "per": "scale",
            "figures": [],
            "tables": ["claims"],
        },
        "costs": {
            "category": "4 Last",
            "from": "jobs.csv",
            "per": "scale",
            "figures": [],
            "tables": ["costs"],
        },
    },
}


def outputs(scale: str, config: dict[str, Any] = CONFIG) -> dict[tuple[str, str], plan.Output]:
    """Outputs of a scale by what and name."""
    found = plan.outputs(config, scale)
    by_name = {(output.what, output.name): output for output in found}
    assert len(by_name) == len(found)
    return by_name


def changed(**scale: object) -> dict[str, Any]:
    """The config with another `tiny`."""
    config = copy.deepcopy(CONFIG)
    config["scales"]["tiny"].update(scale)
    return config


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_the_shipped_config_makes_the_outputs_that_the_workflow_has_always_made(scale):
    shipped = yaml.safe_load((FOLDER / "config.yaml").read_text(encoding="utf-8"))
    config = configuration.load(shipped, FOLDER)
    listed = Path(__file__).with_name("outputs.txt").read_text(encoding="utf-8").split()
    expected = [path for path in listed if path.split("/")[1] == scale]
    assert len(expected) > 70
    assert sorted(plan.files(config, scale)) == sorted(expected)


def test_there_is_one_output_per_data_set_per_network_or_per_scale_as_experiments_say():
    assert list(outputs("tiny")) == [
        ("figures", "curves_birds"),
        ("tables", "accuracy_birds"),
        ("figures", "curves_trees"),
        ("tables", "accuracy_trees"),
        ("figures", "maps_birds_wide"),
        ("figures", "maps_birds_deep"),
        ("figures", "samples_birds"),
        ("figures", "samples_trees"),
        ("tables", "sizes"),
        ("tables", "counts"),
        ("tables", "rates"),
        ("tables", "equal_time_birds"),
        ("tables", "steps"),
        ("tables", "costs"),
        ("tables", "claims"),
    ]
    assert outputs("tiny")["figures", "maps_birds_deep"].kind == "maps"


def test_an_output_has_all_formats():
    found = outputs("tiny")
    assert found["figures", "curves_birds"].files("tiny") == [
        "figures/tiny/curves_birds.pdf",
        "figures/tiny/curves_birds.png",
    ]
    assert found["tables", "sizes"].files("tiny") == [
        f"tables/tiny/sizes.{suffix}" for suffix in ("csv", "md", "tex", "html")
    ]
    assert len(plan.files(CONFIG, "tiny")) == 2 * 6 + 4 * 9


def test_outputs_without_those_that_show_what_the_others_cost():
    files = set(plan.files(CONFIG, "tiny"))
    assert files - set(plan.files(CONFIG, "tiny", with_costs=False)) == {
        f"tables/tiny/costs.{suffix}" for suffix in ("csv", "md", "tex", "html")
    }


def test_an_output_is_made_of_the_files_of_its_runs_networks_and_methods_and_seeds_in_order():
    found = outputs("tiny")
    assert found["tables", "accuracy_trees"].inputs == (
        "results/tiny/trees/deep/old/seed0/metrics.json",
        "results/tiny/trees/deep/old/seed1/metrics.json",
        "results/tiny/trees/deep/new/seed0/metrics.json",
        "results/tiny/trees/deep/new/seed1/metrics.json",
    )
    assert len(found["tables", "accuracy_birds"].inputs) == 2 * 2 * 2
    assert found["figures", "maps_birds_wide"].inputs == (
        "results/tiny/birds/wide/new/seed0/tsne.safetensors",
        "results/tiny/birds/wide/new/seed1/tsne.safetensors",
    )


def test_an_output_is_made_of_files_of_data_sets_and_of_the_scale():
    found = outputs("tiny")
    overviews = ("results/tiny/data/birds.safetensors", "results/tiny/data/trees.safetensors")
    assert found["figures", "samples_trees"].inputs == overviews[1:]
    assert found["tables", "sizes"].inputs == overviews
    assert found["tables", "counts"].inputs == ("results/tiny/parameters.csv",)
    assert found["tables", "costs"].inputs == ("results/tiny/jobs.csv",)
    # Beside what was found stands what the config says.
    stated = ("config/scales/tiny.yaml", "config/experiments.yaml")
    assert found["tables", "rates"].inputs == (*plan.tunings(CONFIG, "tiny"), *stated)
    assert found["tables", "steps"].inputs == ("results/tiny/steps.json", stated[0])


def test_claims_are_answered_from_all_tables_but_what_they_cost():
    claims = outputs("tiny")["tables", "claims"]
    assert claims.inputs == (
        "config/claims.yaml",
        *(
            f"tables/tiny/{name}.csv"
            for name in (
                *("accuracy_birds", "accuracy_trees", "sizes", "counts", "rates"),
                *("equal_time_birds", "steps"),
            )
        ),
    )


def test_a_scale_leaves_networks_out_and_what_nothing_is_left_of():
    assert list(outputs("large")) == [
        ("figures", "curves_birds"),
        ("tables", "accuracy_birds"),
        ("figures", "maps_birds_wide"),
        ("figures", "samples_birds"),
        ("tables", "sizes"),
        ("tables", "counts"),
        # No rates: this scale compares none. Nor anything in equal time: it states no ratio.
        ("tables", "steps"),
        ("tables", "costs"),
        ("tables", "claims"),
    ]
    config = changed(leave_out=[{"arch": "deep"}])
    assert ("figures", "curves_trees") not in outputs("tiny", config)
    assert not [path for path in plan.archived(config, "tiny") if "/deep/" in path]
    assert cells.networks(config, "tiny", config["experiments"]["accuracy"], "birds") == ["wide"]


def test_an_output_says_where_the_report_shows_it():
    found = outputs("tiny")
    accuracy = found["tables", "accuracy_birds"]
    assert accuracy.category == "1 First"
    assert accuracy.labels == {
        "scale": "tiny",
        "kind": "table",
        "output": "accuracy",
        "dataset": "birds",
        "methods": "Old | New",
    }
    assert found["figures", "maps_birds_deep"].labels == {
        "scale": "tiny",
        "kind": "figure",
        "output": "maps",
        "dataset": "birds",
        "network": "deep",
        "methods": "New",
    }
    sizes = found["tables", "sizes"]
    assert sizes.labels == {"scale": "tiny", "kind": "table", "output": "sizes"}
    assert (accuracy.seeds, sizes.seeds) == ("2", "")


def test_the_report_counts_methods_that_are_too_many_to_name_in_its_menu():
    config = copy.deepcopy(CONFIG)
    config["methods"]["fourth"] = {"label": "Fourth"}
    config["experiments"]["accuracy"]["methods"] = list(config["methods"])
    assert outputs("tiny", config)["tables", "accuracy_birds"].labels["methods"] == "4 methods"


def test_an_output_knows_the_entries_that_it_shows_and_no_others():
    entries = outputs("tiny")["figures", "maps_birds_deep"].entries
    assert entries["methods"] == {"new": {"label": "New"}}
    assert entries["networks"] == {"wide": "Wide", "deep": "Deep"}
    assert entries["datasets"] == {"birds": ["Birds", 7]}
    entries = outputs("tiny")["figures", "samples_trees"].entries
    assert entries == {"methods": {}, "networks": {}, "datasets": {"trees": ["Trees", 2]}}
    rates = outputs("tiny")["tables", "rates"].entries
    # Rates tell also what was trained without a comparison.
    assert rates["methods"].keys() == {"old", "new"} and rates["networks"].keys() == {*NETWORKS}


def test_an_output_names_the_module_that_makes_it():
    found = outputs("tiny")
    assert found["figures", "maps_birds_deep"].module == "associated_learning.figures.maps"
    assert found["tables", "sizes"].module == "associated_learning.tables.sizes"


def test_a_suffix_lets_two_experiments_have_outputs_of_one_kind():
    config = copy.deepcopy(CONFIG)
    again = {**config["experiments"]["accuracy"], "methods": ["other"], "figures": []}
    config["experiments"]["again"] = again
    assert plan.repeated(config, "tiny") == ["tables/accuracy_birds", "tables/accuracy_trees"]
    again["suffix"] = "more"
    assert plan.repeated(config, "tiny") == []
    found = outputs("tiny", config)
    more = found["tables", "accuracy_more_birds"]
    assert (more.kind, more.labels["output"]) == ("accuracy", "accuracy_more")
    # The claims, which are the thesis', do not read it.
    assert found["tables", "claims"].inputs == outputs("tiny")["tables", "claims"].inputs


def test_runs_are_those_whose_files_some_experiment_reads():
    runs = plan.run_files(CONFIG, "tiny")
    assert runs == sorted(set(runs))
    whole = [path for path in runs if path.endswith("metrics.json") and "equal_time" not in path]
    cells = {tuple(path.split("/")[2:5]) for path in whole}
    assert cells == {
        *(("birds", arch, method) for arch in NETWORKS for method in ("old", "new")),
        *(("trees", "deep", method) for method in ("old", "new")),
    }
    assert len([path for path in runs if path.endswith("tsne.safetensors")]) == 2 * 2
    assert plan.run_files(CONFIG, "large") == [
        "results/large/birds/wide/new/seed0/metrics.json",
        "results/large/birds/wide/new/seed0/tsne.safetensors",
        "results/large/birds/wide/old/seed0/metrics.json",
    ]


def test_learning_rates_are_compared_for_the_networks_named_and_all_their_methods():
    assert plan.tunings(CONFIG, "tiny") == [
        "results/tiny/birds/wide/old/tuning.json",
        "results/tiny/birds/wide/new/tuning.json",
    ]
    assert plan.tunings(CONFIG, "large") == []


def test_rates_are_those_of_a_comparison_of_the_network_or_of_the_one_taken_over_from():
    old = ["results/tiny/birds/wide/old/tuning.json"]
    assert plan.rate(CONFIG, "tiny", "birds", "wide", "old") == old
    assert plan.rate(CONFIG, "tiny", "birds", "deep", "old") == old
    # Nothing is compared, or taken over from another data set.
    assert plan.rate(CONFIG, "tiny", "trees", "deep", "old") == []
    assert plan.rate(CONFIG, "large", "birds", "wide", "old") == []
    tuning = CONFIG["scales"]["tiny"]["tuning"]
    entry = {"for": {"dataset": "trees"}, "from": {"dataset": "birds"}}
    both = changed(tuning=tuning | {"taken_over": [*tuning["taken_over"], entry]})
    assert plan.rate(both, "tiny", "trees", "deep", "old") == old
    # A rate that the scale states wins.
    stated = changed(runs=[{"for": {"method": "old"}, "set": {"learning_rate": 0.1}}])
    assert plan.rate(stated, "tiny", "birds", "wide", "old") == []
    assert plan.rate(stated, "tiny", "birds", "wide", "new") != []
    assert plan.tunings(stated, "tiny") == plan.tunings(CONFIG, "tiny")


def test_what_a_scale_orders_is_run_first_and_the_rest_last():
    order = [
        {"title": "First", "of": {"arch": "deep"}},
        {"title": "Second", "of": {"dataset": ["birds", "trees"], "arch": "wide"}},
    ]
    config = changed(order=order)
    found = [
        cells.priority(config, "tiny", *cell)
        for cell in (("trees", "deep"), ("birds", "wide"), ("birds", "other"))
    ]
    assert found == [2 * cells.PRIORITIES, cells.PRIORITIES, 0]
    assert cells.priority(CONFIG, "tiny", "birds", "wide") == 0


def test_an_archive_holds_all_that_outputs_read_and_the_metrics_and_history_of_every_run():
    packed = plan.archived(CONFIG, "tiny")
    read = {path for output in plan.outputs(CONFIG, "tiny") for path in output.inputs}
    assert {path for path in read if path.startswith("results/")} <= set(packed)
    assert len(packed) == len(set(packed))
    run = "results/tiny/birds/deep/new/seed1"
    assert {f"{run}/{name}" for name in ("metrics.json", "history.csv", "tsne.safetensors")} == {
        path for path in packed if path.startswith(run)
    }
    others = [
        path
        for path in packed
        if not path.startswith(("results/tiny/birds/", "results/tiny/trees/"))
    ]
    assert others == [
        *(f"results/tiny/data/{dataset}.safetensors" for dataset in ("birds", "trees")),
        *(f"results/tiny/{name}" for name in ("jobs.csv", "parameters.csv", "steps.json")),
    ]


def test_from_an_archive_everything_is_read_elsewhere():
    config = CONFIG | {"source": "archive"}
    inputs = [path for output in plan.outputs(config, "tiny") for path in output.inputs]
    assert {path.split("/")[0] for path in inputs} == {"results", "tables", "config"}
    assert all(path.startswith("results/archive/tiny/") for path in inputs if "results" in path)
    assert plan.folder(config) == "results/archive" and plan.folder(CONFIG) == "results"


def test_every_job_whose_cost_is_gathered_has_a_benchmark():
    found = plan.benchmarks(CONFIG, "tiny")
    assert len(found) == len(set(found))
    assert found[:4] == [
        f"results/all/benchmarks/{job}/{dataset}.tsv"
        for job in ("fetch", "prepare")
        for dataset in ("birds", "trees")
    ]
    jobs = {tuple(Path(path).with_suffix("").parts[-2:]) for path in found[4:]}
    assert {path.split("/")[1] for path in found[4:]} == {"tiny"}
    assert {
        ("train", "birds_wide_old_seed1"),
        ("embed", "birds_wide_new_seed0"),
        ("tune", "birds_wide_old"),
        ("overview", "trees"),
        ("count", "parameters"),
        ("throughput", "measured"),
        ("steps", "measured"),
        ("train", "birds_wide_new_equal_time_seed1"),
        ("figure", "maps_birds_deep"),
        ("table", "claims"),
    } <= jobs
    assert len([name for job, name in jobs if job == "train"]) == (2 * 2 + 2) * 2 + 2
    assert not {("embed", "birds_wide_old_seed0"), ("table", "costs")} & jobs


def test_parameters_are_counted_of_the_networks_at_the_widths_of_the_scale():
    assert plan.parameter_cells(CONFIG, "tiny") == [
        "birds:wide:old:1:300",
        "birds:wide:new:1:300",
        "birds:deep:old:1:",
        "birds:deep:new:1:",
    ]
    config = changed(runs=[{"set": {"width": 0.25, "target_width": 8}}])
    assert plan.parameter_cells(config, "tiny")[0] == "birds:wide:old:0.25:8"


def test_later_settings_win_and_the_others_stay():
    settings = plan.run_settings(CONFIG, "tiny", "trees", "wide", "old")
    assert settings == {"augment": False, "epochs": 6, "width": 1, "l2": 0.1}


def test_a_method_s_own_settings_are_flags_until_the_scale_sets_them():
    config = changed(runs=[{"for": {"arch": "wide"}, "set": {"l2": 0.1}}])
    config["methods"]["new"]["set"] = {"target_lr_factor": 20, "l2": 0.3}
    settings = plan.run_settings(config, "tiny", "trees", "deep", "new")
    assert settings == {"augment": False, "target_lr_factor": 20, "l2": 0.3}
    assert plan.run_settings(config, "tiny", "trees", "wide", "new")["l2"] == 0.1
    assert plan.run_settings(config, "tiny", "trees", "deep", "old") == {"augment": False}


def test_a_data_set_sets_its_target_width_and_augmentation_until_the_scale_does():
    assert plan.run_settings(CONFIG, "large", "birds", "wide", "old") == {
        "augment": True,
        "target_width": 300,
    }
    assert plan.run_settings(CONFIG, "large", "birds", "deep", "old") == {"augment": True}
    config = changed(runs=[{"set": {"target_width": 8, "augment": False}}])
    assert plan.run_settings(config, "tiny", "birds", "wide", "old") == {
        "augment": False,
        "target_width": 8,
    }


@pytest.mark.parametrize(
    ("wanted", "cells"),
    [
        ({"dataset": "birds"}, {("birds", "wide", "old"), ("birds", "deep", "new")}),
        ({"arch": "wide"}, {("birds", "wide", "old"), ("trees", "wide", "old")}),
        ({"method": "new"}, {("birds", "deep", "new")}),
        ({"method": ["new", "old"], "dataset": "trees"}, {("trees", "wide", "old")}),
        ({"arch": ["deep", "round"]}, {("birds", "deep", "new")}),
        ({"arch": "deep", "dataset": "trees"}, set()),
        ({"arch": []}, set()),
    ],
)
def test_settings_hold_for_the_runs_that_for_names(wanted, cells):
    config = changed(runs=[{"for": wanted, "set": {"epochs": 1}}])
    every = [("birds", "wide", "old"), ("birds", "deep", "new"), ("trees", "wide", "old")]
    found = {cell for cell in every if "epochs" in plan.run_settings(config, "tiny", *cell)}
    assert found == cells


def test_a_comparison_of_learning_rates_trains_as_runs_do_but_for_what_it_sets():
    config = changed(runs=[{"set": {"epochs": 5, "width": 1, "learning_rate": 0.3}}])
    assert plan.tune_settings(config, "tiny", "trees", "deep", "new") == {
        "augment": False,
        "width": 1,
        "epochs": 5,  # the whole schedule
        "learning_rates": [0.1, 0.2],
        "held_out": 9,
        "seed": 7,
    }
    config["scales"]["tiny"]["tuning"]["epochs"] = 1
    assert plan.tune_settings(config, "tiny", "trees", "deep", "new")["epochs"] == 1


def test_in_equal_time_all_but_the_baseline_are_runs_of_their_own_where_a_ratio_is_stated():
    assert outputs("tiny")["tables", "equal_time_birds"].inputs == (
        *(f"results/tiny/birds/wide/old/seed{k}/metrics.json" for k in (0, 1)),
        *(f"results/tiny/birds/wide/new/equal_time_seed{k}/metrics.json" for k in (0, 1)),
    )
    assert ("tables", "equal_time_trees") not in outputs("tiny")
    config = changed(equal_time={})
    assert not [path for path in plan.run_files(config, "tiny") if "equal_time" in path]


def test_runs_in_equal_time_are_shortened_by_the_ratio_and_otherwise_like_the_others():
    cell = ("tiny", "birds", "wide", "new")
    whole, short = (plan.run_settings(CONFIG, *cell, of) for of in ("", "equal_time_"))
    assert "shorten" not in whole and short == whole | {"shorten": 2.5}


def test_the_baseline_s_runs_alone_in_an_archive_are_no_comparison_in_equal_time():
    config = CONFIG | {"source": "archive"}
    runs = [path for path in plan.run_files(config, "tiny") if "equal_time" not in path]
    held = config | {"held": {"tiny": set(runs)}}
    names = {output.name for output in plan.outputs(held, "tiny")}
    assert "accuracy_birds" in names and not {"equal_time_birds", "steps", "rates"} & names


def test_a_step_of_every_method_is_timed_as_the_scale_trains_it():
    found = [shlex.split(words) for words in plan.step_flags(CONFIG, "tiny")]
    assert len(found) == 2 * 2 + 2
    assert found[0][:6] == ["--dataset", "birds", "--arch", "wide", "--method", "old"]
    assert found[0][found[0].index("--epochs") + 1] == "6"


def test_probes_are_fitted_to_5000_images_unless_a_scale_says_otherwise():
    assert plan.probe_images(CONFIG, "tiny") == 5000
    assert plan.probe_images(changed(probe_images=300), "tiny") == 300


def test_flags_are_quoted_for_the_shell():
    settings = {
        "batch_size": 32,
        "augment": False,
        "tf32": True,
        "archs": ["a b", "$x"],
        "schedule": "it's; rm -rf /",
    }
    assert shlex.split(plan.flags(settings)) == [
        *("--batch-size", "32", "--no-augment", "--tf32"),
        *("--archs", "a b", "$x", "--schedule", "it's; rm -rf /"),
    ]
    assert plan.flags({}) == ""


def test_data_are_prepared_anew_where_anything_but_their_names_and_widths_changes():
    assert plan.prepared_facts(CONFIG, "birds") == {
        "classes": 7,
        "shape": [3, 8, 8],
        "reader": "some.where",
        "preprocessing": {"standardise": True, "augment": True},
        "files": {"birds.gz": "abc"},
    }


def test_a_scale_that_shows_no_result_says_so_and_the_others_say_nothing():
    assert plan.mark(CONFIG, "tiny") == "tiny scale: no result"
    assert plan.mark(CONFIG, "large") == ""
    said = shlex.split(plan.output_flags(CONFIG, "tiny"))
    assert said == ["--mark", "tiny scale: no result"]
    assert plan.output_flags(CONFIG, "large") == ""


def test_a_table_of_a_scale_that_shows_no_result_decides_nothing():
    said = shlex.split(plan.table_flags(CONFIG, "tiny"))
    assert said == ["--mark", "tiny scale: no result", "--undecided"]
    assert plan.table_flags(CONFIG, "large") == ""


def test_a_method_is_for_some_families_alone_and_a_network_for_some_methods_alone():
    config = copy.deepcopy(CONFIG)
    config["methods"]["new"]["families"] = ["deep"]
    accuracy = config["experiments"]["accuracy"]
    assert cells.methods(config, "tiny", accuracy, "birds", "wide") == ["old"]
    assert cells.methods(config, "tiny", accuracy, "birds", "deep") == ["old", "new"]
    config["networks"]["deep"]["methods"] = ["new", "other"]
    assert cells.methods(config, "tiny", accuracy, "birds", "deep") == ["new"]
    runs = {tuple(path.split("/")[2:5]) for path in plan.run_files(config, "tiny")}
    assert runs == {("birds", "wide", "old"), ("birds", "deep", "new"), ("trees", "deep", "new")}
    assert plan.tunings(config, "tiny") == ["results/tiny/birds/wide/old/tuning.json"]
    assert plan.parameter_cells(config, "tiny") == ["birds:wide:old:1:300", "birds:deep:new:1:"]
    assert ("figures", "maps_birds_wide") not in outputs("tiny", config)  # of no run


def test_of_an_older_archive_is_made_what_it_holds_and_no_more():
    config = CONFIG | {"source": "archive"}
    root = "results/archive/tiny"
    runs = {f"{root}/birds/wide/old/seed{seed}/metrics.json" for seed in (0, 1)}
    config["held"] = {"tiny": {*runs, f"{root}/data/trees.safetensors", f"{root}/jobs.csv"}}
    found = outputs("tiny", config)
    assert list(found) == [
        ("figures", "curves_birds"),
        ("tables", "accuracy_birds"),
        ("figures", "samples_trees"),
        ("tables", "sizes"),
        ("tables", "costs"),
        ("tables", "claims"),
    ]
    assert set(found["tables", "accuracy_birds"].inputs) == runs
    assert found["tables", "sizes"].inputs == (f"{root}/data/trees.safetensors",)
    assert found["tables", "claims"].inputs == (
        "config/claims.yaml",
        "tables/tiny/accuracy_birds.csv",
        "tables/tiny/sizes.csv",
    )
    # Another scale has no archive: all is asked for.
    assert list(outputs("large", config)) == list(outputs("large"))


def also() -> dict[str, Any]:
    """The config where accuracy also reads the early exits of one method."""
    config = copy.deepcopy(CONFIG)
    config["experiments"]["accuracy"] |= {"also": "exits.csv", "about": ["new"]}
    return config


def test_what_is_also_read_of_what_an_experiment_is_about_is_an_input_is_packed_and_costs():
    config, run = also(), "results/tiny/trees/deep/new/seed"
    accuracy = outputs("tiny", config)["tables", "accuracy_trees"]
    assert accuracy.inputs[2:] == (
        *(f"{run}{seed}/metrics.json" for seed in (0, 1)),
        *(f"{run}{seed}/exits.csv" for seed in (0, 1)),
    )
    assert accuracy.seeds == "2"
    assert not [path for path in accuracy.inputs if "/old/" in path and "exits" in path]
    assert set(accuracy.inputs) <= set(plan.archived(config, "tiny"))
    jobs = "results/tiny/benchmarks/exits"
    found = {path for path in plan.benchmarks(config, "tiny") if path.startswith(jobs)}
    assert f"{jobs}/trees_deep_new_seed1.tsv" in found and len(found) == 2 * 3
    every = set(plan.run_files(config, "tiny")) | set(plan.run_files(config, "large"))
    assert set(plan.besides(config)) == {path for path in every if path.endswith("exits.csv")}


def test_what_is_also_read_and_gone_is_left_out_of_its_cell_and_nothing_else_is():
    config = also()
    config["gone"] = {"results/tiny/trees/deep/new/seed0/exits.csv"}
    found = outputs("tiny", config)
    for name, wanted in (("accuracy_trees", CONFIG), ("accuracy_birds", also())):
        assert found["tables", name].inputs == outputs("tiny", wanted)["tables", name].inputs
    packed = plan.archived(config, "tiny")
    assert not [path for path in packed if path.endswith("exits.csv") and "trees" in path]
    assert set(plan.archived(CONFIG, "tiny")) <= set(packed)


def test_of_an_archive_without_what_is_also_read_all_else_is_made():
    config = also() | {"source": "archive"}
    packed = plan.archived(config, "tiny")
    held = config | {"held": {"tiny": {path for path in packed if "exits" not in path}}}
    plain = CONFIG | {"source": "archive", "held": held["held"]}
    assert outputs("tiny", held).keys() == outputs("tiny", plain).keys()
    for name, output in outputs("tiny", held).items():
        assert output.inputs == outputs("tiny", plain)[name].inputs
    assert plan.archived(held, "tiny") == plan.archived(plain, "tiny")
    assert outputs("tiny", config)["tables", "accuracy_trees"].inputs[-1].endswith("exits.csv")


def test_runs_that_are_shown_beside_make_nothing_alone():
    root = "results/tiny/trees/deep/old"
    finished = {
        "source": "finished",
        "held": {"tiny": {f"{root}/seed{k}/metrics.json" for k in (0, 1)}},
    }
    assert ("figures", "curves_trees") in outputs("tiny", CONFIG | finished)
    assert ("figures", "curves_trees") not in outputs("tiny", also() | finished)


def test_every_shipped_method_trains_what_it_can():
    shipped = yaml.safe_load((FOLDER / "config.yaml").read_text(encoding="utf-8"))
    config = configuration.load(shipped, FOLDER)
    related = config["experiments"]["related"]
    assert related["methods"] == list(config["methods"])
    of = (config, "thesis", related, "mnist")
    assert cells.methods(*of, "mlp") == related["methods"]
    assert "dtp" not in cells.methods(*of, "cnn")
    assert "dtp" in cells.methods(*of, "sigmoid4")
    assert cells.methods(*of, "resnet20_nopool") == ["bp"]


def test_a_scale_leaves_out_cells_of_a_data_set_and_of_a_method():
    config = changed(leave_out=[{"dataset": "birds", "arch": ["wide"], "method": "old"}])
    found = {tuple(path.split("/")[2:5]) for path in plan.run_files(config, "tiny")}
    assert ("birds", "wide", "new") in found and ("birds", "wide", "old") not in found
    assert ("birds", "deep", "old") in found
    config = changed(leave_out=[{"dataset": "birds", "arch": "deep"}])
    found = {tuple(path.split("/")[2:4]) for path in plan.run_files(config, "tiny")}
    assert found == {("birds", "wide"), ("trees", "deep")}


def test_a_scale_has_more_seeds_of_some_cells_than_of_others():
    runs = [*CONFIG["scales"]["tiny"]["runs"], {"for": {"arch": "wide"}, "seeds": 5}]
    config = changed(runs=runs)
    for arch, count in (("wide", 5), ("deep", 2)):
        assert cells.seeds(config, "tiny", "birds", arch, "new") == count
        found = [
            path for path in plan.run_files(config, "tiny") if f"birds/{arch}/new/seed" in path
        ]
        assert len({path.split("/")[5] for path in found}) == count
    assert outputs("tiny", config)["tables", "accuracy_birds"].seeds == "2 to 5"
    assert "seeds" not in plan.run_settings(config, "tiny", "birds", "wide", "new")


def test_no_plan_changes_the_config():
    before = copy.deepcopy(CONFIG)
    for scale in CONFIG["scales"]:
        plan.files(CONFIG, scale)
        plan.archived(CONFIG, scale)
        plan.benchmarks(CONFIG, scale)
        plan.run_settings(CONFIG, scale, "birds", "wide", "old")
    plan.tune_settings(CONFIG, "tiny", "birds", "wide", "old")
    assert before == CONFIG
