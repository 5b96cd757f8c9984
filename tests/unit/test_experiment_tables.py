import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from finished import made_texts, write_distances, write_exits, write_map, write_probe, write_run

from associated_learning.tables import anytime


def make(kind: str, out: Path, *inputs: Path) -> tuple[pd.DataFrame, str, list[list[str]]]:
    """The CSV that the command writes; caption and rows of its Markdown."""
    markdown = made_texts(kind, out, *inputs)["md"]
    caption, _, _, _, *rows, _, _record = markdown.splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return pd.read_csv(out / f"{kind}.csv"), caption, cells


def test_sigmoid_table_gives_accuracies_and_the_first_layers_gradient(tmp_path):
    paths = [
        write_run(tmp_path, method, seed, [accuracies], arch, gradients=both)
        for method, arch, seed, accuracies, both in (
            ("al", "sigmoid16", 0, [0.15, 0.94], ([1e-2, 9], [1e-3, 9])),
            ("al", "sigmoid16", 1, [0.15, 0.90], ([1e-4, 9], [1e-3, 9])),
            ("bp", "sigmoid16", 0, [0.11], ([0.0, 9], [1e-8, 9])),
            ("bp", "sigmoid16", 1, [0.10], ([1e-8, 9], [1e-8, 9])),
            ("bp", "sigmoid2", 0, [0.95], ([0.1, 9], [0.1, 9])),
        )
    ]
    frame, caption, rows = make("sigmoid", tmp_path, *paths)
    shallow, bp, al = frame.to_dict("records")
    assert ",".join(al) == (
        "dataset,depth,method,n,mean,std,min,max,chance,gradient_initial,gradient_final,"
        "started,first_mean,initialisation"
    )
    assert (shallow["depth"], shallow["n"], bp["depth"]) == (2, 1, 16)
    assert math.isnan(shallow["std"])
    assert (al["mean"], al["min"], al["max"], al["chance"]) == pytest.approx((0.92, 0.9, 0.94, 0.1))
    assert al["std"] == pytest.approx(0.04 / math.sqrt(2))
    assert (al["gradient_initial"], al["gradient_final"]) == pytest.approx((1e-3, 1e-3))
    assert bp["gradient_initial"] == 0  # of one seed it underflowed
    assert (al["started"], al["first_mean"]) == ("1/2", 0.15)
    assert math.isnan(bp["first_mean"])
    assert rows[2] == (
        ["He", "16", "AL", "2", "92.00 ± 2.83", "90.00–94.00", "1.0e-03", "1.0e-03", "1/2", "15.00"]
    )
    assert rows[0][4:] == ["95.00", "—", "1.0e-01", "1.0e-01", "—", "—"]
    for part in ("MNIST", "n = 1 to 2 seeds", "Chance is 10 %", "geometric mean"):
        assert part in caption


def test_sigmoid_table_keeps_initialisations_of_one_depth_apart(tmp_path):
    archs = {"sigmoid2": 0.9, "sigmoid2_glorot": 0.8, "sigmoid4": 0.7}
    paths = [write_run(tmp_path, "bp", 0, [[a]], arch) for arch, a in archs.items()]
    frame, _, rows = make("sigmoid", tmp_path, *paths)
    assert frame["initialisation"].tolist() == ["he", "he", "glorot"]
    assert frame["depth"].tolist() == [2, 4, 2]
    assert frame["mean"].tolist() == [0.9, 0.7, 0.8]
    assert [row[0] for row in rows] == ["He", "He", "Glorot"]


def test_same_path_table_gives_al_minus_each_control(tmp_path):
    al, control = [0.98, 0.97, 0.985], [0.95, 0.97, 0.96]
    paths = [
        *[write_run(tmp_path, "al", seed, [[a]]) for seed, a in enumerate(al)],
        *[write_run(tmp_path, "same_path", seed, [[a]]) for seed, a in enumerate(control)],
        write_run(tmp_path, "same_path_mse", 0, [[0.5]]),
        write_run(tmp_path, "same_path", 0, [[0.5]], arch="cnn"),
    ]
    frame, caption, rows = make("same_path", tmp_path, *paths)
    assert list(frame["arch"]) == ["mlp", "mlp", "mlp", "cnn"]
    interval = scipy.stats.ttest_ind(al, control, equal_var=False).confidence_interval(0.95)
    cross_entropy = frame.iloc[1]
    assert cross_entropy["method"] == "same_path"
    assert cross_entropy["difference"] == pytest.approx(np.mean(al) - 0.96)
    assert (cross_entropy["ci_low"], cross_entropy["ci_high"]) == pytest.approx(tuple(interval))
    assert rows[0][1:] == ["AL", "3", "97.83 ± 0.76", "—"]
    assert rows[1][-1].startswith("+1.83 [−") and rows[1][-1].endswith("]")
    assert rows[2][1:] == ["same path, MSE", "1", "50.00", "+47.83"]  # one seed: no interval
    assert rows[3][-1] == "—"  # no AL to compare with
    assert "n = 1 to 3 seeds" in caption and "Welch" in caption


def test_distances_table_gives_mean_and_deviation_of_every_layer(tmp_path):
    paths = [
        write_distances(
            tmp_path,
            method,
            seed,
            {"input": (0.25, -0.5 + seed), "s1": (1.0 + seed, -0.5 + seed)},
            intra=2.0 + seed,
        )
        for method in ("al", "bp")
        for seed in (0, 1)
    ]
    frame, caption, rows = make("distances", tmp_path, *paths)
    assert list(zip(frame["layer"], frame["method"], strict=True)) == (
        [("input", "bp"), ("input", "al"), ("s1", "bp"), ("s1", "al")]
    )
    al = frame.iloc[3]
    assert (al["n"], al["features"]) == (2, 1024)
    assert (al["intra_mean"], al["intra_std"]) == pytest.approx((2.5, math.sqrt(0.5)))
    assert (al["ratio_mean"], al["ratio_std"]) == pytest.approx((1.5, math.sqrt(0.5)))
    assert (al["silhouette_mean"], al["silhouette_std"]) == pytest.approx((0, math.sqrt(0.5)))
    assert rows[3] == (
        ["MLP", "s1", "AL", "1,024", "2", "2.5 ± 0.71", "1 ± 0", "1.5 ± 0.71", "0.000 ± 0.707", "—"]
    )
    assert "MNIST" in caption and "n = 2 seeds" in caption


def test_distances_are_compared_with_those_of_al_at_every_layer(tmp_path):
    ratios = {"al": [1.5, 1.6, 1.8], "bp": [1.0, 1.1, 1.3], "same_path": [1.4, 1.4, 1.2]}
    paths = [
        write_distances(tmp_path, method, seed, {"s1": (ratio, ratio / 2)})
        for method, values in ratios.items()
        for seed, ratio in enumerate(values)
    ]
    frame, caption, rows = make("distances", tmp_path, *paths)
    bp, al, same_path = frame.to_dict("records")
    for row in (bp, same_path):
        expected = scipy.stats.ttest_ind(ratios["al"], ratios[row["method"]], equal_var=False)
        low, high = expected.confidence_interval(0.95)
        assert (row["ratio_ci_low"], row["ratio_ci_high"]) == pytest.approx((low, high))
        assert row["silhouette_ci_low"] == pytest.approx(low / 2)
    assert bp["ratio_difference"] == pytest.approx(0.5)
    assert math.isnan(al["ratio_difference"])
    assert rows[0][-1].startswith("+0.50 [+") and rows[1][-1] == "—"
    assert "Welch" in caption


def test_a_seed_without_a_ratio_is_not_averaged_away(tmp_path):
    paths = [
        write_distances(
            tmp_path, "al", 0, {"s1": (math.nan, 0), "s2": (math.inf, 0), "s3": (1, 0)}
        ),
        write_distances(tmp_path, "al", 1, {"s1": (1, 0), "s2": (1, 0), "s3": (1, 0)}),
    ]
    frame, _, rows = make("distances", tmp_path, *paths)
    assert [row[-3] for row in rows] == ["—", "∞", "1 ± 0"]
    assert math.isnan(frame["ratio_mean"][0])
    assert ",inf,," in (tmp_path / "distances.csv").read_text().splitlines()[2]


def test_a_negative_silhouette_has_a_minus_sign(tmp_path):
    _, _, rows = make("distances", tmp_path, write_distances(tmp_path, "al", 0, {"s1": (1, -0.5)}))
    assert rows[0][-2] == "−0.500"


def test_probes_table_gives_al_minus_each_method_at_every_layer(tmp_path):
    al, bp, same = [0.9, 0.92, 0.94], [0.8, 0.85, 0.84], [0.95]
    paths = [
        *[write_probe(tmp_path, "al", k, {"input": 0.7, "s1": a}) for k, a in enumerate(al)],
        *[write_probe(tmp_path, "bp", k, {"input": 0.7, "s1": a}) for k, a in enumerate(bp)],
        *[write_probe(tmp_path, "same_path", k, {"s1": a}) for k, a in enumerate(same)],
    ]
    frame, caption, rows = make("probes", tmp_path, *paths)
    assert list(zip(frame["layer"], frame["method"], strict=True)) == (
        [("input", "bp"), ("input", "al"), ("s1", "bp"), ("s1", "al"), ("s1", "same_path")]
    )
    welch = scipy.stats.ttest_ind(al, bp, equal_var=False).confidence_interval(0.95)
    beside = frame.iloc[2]
    assert beside["difference"] == pytest.approx(0.09)
    assert (beside["ci_low"], beside["ci_high"]) == pytest.approx(tuple(welch))
    assert (beside["accuracy_mean"], beside["n"]) == (pytest.approx(0.83), 3)
    assert beside["accuracy_std"] == pytest.approx(np.std(bp, ddof=1))
    assert rows[3][:6] == ["MLP", "s1", "AL", "1,024", "3", "92.00 ± 2.00"]
    assert rows[3][6] == "—" and rows[4][5:] == ["95.00", "−3.00"]
    for part in ("MNIST", "n = 1 to 3 seeds", "first 5,000 training images", "Welch"):
        assert part in caption


def test_probes_of_one_run_twice_are_refused(tmp_path):
    path = write_probe(tmp_path, "al", 0, {"s1": 0.5})
    with pytest.raises(SystemExit, match="two files are of the same run"):
        make("probes", tmp_path, path, path)


def map_of_s1(folder: Path, method: str, seed: int, knn: float, samples: int = 2000) -> Path:
    """A t-SNE map of one layer of a CNN on CIFAR-100."""
    return write_map(
        folder / f"{method}{seed}.safetensors",
        method,
        ["s1"],
        numbers={"kl_divergence": 1.25 + seed, "knn_activations": knn, "knn_embedding": 0.5},
        dataset="cifar100",
        arch="cnn",
        seed=str(seed),
        samples=str(samples),
    )


def test_tsne_table_gives_mean_and_deviation_of_every_layer(tmp_path):
    paths = [
        map_of_s1(tmp_path, method, seed, knn)
        for method, seed, knn in (("al", 0, 0.93), ("al", 1, 0.95), ("bp", 0, 0.9))
    ]
    frame, caption, rows = make("tsne", tmp_path, *paths)
    assert ",".join(frame) == (
        "dataset,arch,method,layer,features,n,knn_activations_mean,knn_activations_std,"
        "knn_embedding_mean,knn_embedding_std,kl_divergence_mean,kl_divergence_std"
    )
    assert frame["knn_activations_std"][1] == pytest.approx(0.02 / math.sqrt(2))
    assert rows == [
        ["BP", "s1", "3,000", "1", "90.00", "50.00", "1.250"],
        ["AL", "s1", "3,000", "2", "94.00 ± 1.41", "50.00 ± 0.00", "1.750 ± 0.707"],
    ]
    for part in ("CNN", "CIFAR-100", "n = 1 to 2 seeds", "2,000 test images, about 20 per class"):
        assert part in caption
    for part in (
        "perplexity 12.5",
        "t-SNE's own seed 7",
        "10 nearest",
        "classes are the data set's own",
        "in nats",
    ):
        assert part in caption
    assert "fewer than" not in caption


def test_tsne_table_says_where_a_class_has_fewer_images_than_neighbours_vote(tmp_path):
    _, caption, _ = make("tsne", tmp_path, map_of_s1(tmp_path, "al", 0, 0.1, samples=1000))
    assert "about 10 per class" in caption and "fewer than 10 others of its class" in caption


def test_anytime_table_gives_accuracy_and_cost_of_every_prefix(tmp_path):
    paths = [
        write_run(tmp_path, "al", seed, [[0.9 + 0.02 * seed, 0.95]], multiply_adds=[3e6, 4e6])
        for seed in (0, 1)
    ]
    paths.append(write_run(tmp_path, "bp", 0, [[0.99]]))  # which the figure shows beside
    frame, caption, rows = make("anytime", tmp_path, *paths)
    assert list(frame["components"]) == [1, 2]
    assert frame["mean"].tolist() == pytest.approx([0.91, 0.95])
    assert frame["std"].tolist() == pytest.approx([0.02 / math.sqrt(2), 0])
    assert frame["multiply_adds"].tolist() == [3e6, 4e6]
    assert frame["relative"].tolist() == [0.75, 1]
    assert rows[0] == ["MLP", "1", "2", "91.00 ± 1.41", "3.00", "0.75"]
    assert "n = 2 seeds" in caption and "multiply-adds" in caption


def test_anytime_table_gives_early_exits_where_they_were_measured(tmp_path):
    runs = [
        write_run(tmp_path, "al", seed, [[0.9, 0.95]], arch, multiply_adds=[3e6, 4e6])
        for arch in ("mlp", "cnn")
        for seed in (0, 1)
    ]
    left = {0.9: [(50, 48), (50, 44)], 0.7: [(80, 74), (20, 16)]}
    csvs = [write_exits(run, left, [3e6, 7e6]) for run in runs[:2]]
    frame, caption, rows = make("anytime", tmp_path, *runs, *csvs)
    assert frame["components"].fillna(0).tolist() == [1, 2, 0, 0, 1, 2]
    assert frame["threshold"].dropna().tolist() == [0.7, 0.9]
    early = frame[frame["threshold"] == 0.7].iloc[0]
    assert early[["mean", "multiply_adds", "relative"]].tolist() == pytest.approx(
        [0.9, 3.8e6, 0.95]
    )
    assert early[["n", "leaving_1", "leaving_2"]].tolist() == [2, 0.8, 0.2]
    assert rows[0] == ["MLP", "1", "—", "2", "90.00 ± 0.00", "3.00", "0.75", "—"]
    assert rows[2] == ["MLP", "1.20", "0.7", "2", "90.00 ± 0.00", "3.80", "0.95", "80.0 / 20.0"]
    assert "reaches it" in caption
    frame, caption, rows = make("anytime", tmp_path, *runs)
    assert "threshold" not in frame and "threshold" not in caption and len(rows[0]) == 6


def test_only_al_has_prefixes(tmp_path):
    with pytest.raises(SystemExit, match=r"of one method whose components predict .* not of bp"):
        anytime.make([write_run(tmp_path, "bp", 0, [[0.5]])])


def test_target_first_table_gives_steps_to_half_of_bp_and_the_target_paths_cost(tmp_path):
    def curve(*accuracies: float) -> list[list[float]]:
        return [[accuracy] for accuracy in accuracies]

    paths = [
        write_run(tmp_path, "bp", 0, curve(0.5, 0.6, 0.8)),  # so half is 0.4
        write_run(tmp_path, "al", 0, curve(0.1, 0.4, 0.7)),
        write_run(tmp_path, "al", 1, curve(0.1, 0.2, 0.6)),
        write_run(tmp_path, "al", 2, curve(0.1, 0.2, 0.3)),  # never
        write_run(tmp_path, "al_target_first", 0, curve(0.6, 0.7), target_first=(1500, 2.0)),
        write_run(tmp_path, "al_target_first", 1, curve(0.3, 0.7), target_first=(1700, 3.0)),
    ]
    frame, caption, rows = make("target_first", tmp_path, *paths)
    bp, al, ours = frame.to_dict("records")
    assert (bp["half"], bp["half_steps"], bp["half_reached"]) == (0.4, 10, 1)
    assert (al["half_steps"], al["half_reached"]) == (30, 2)  # the median of 20, 30 and never
    assert (ours["half_steps"], ours["half_reached"]) == (15, 2)
    assert (ours["target_first_steps"], ours["target_first_seconds"]) == (1600, 2.5)
    assert math.isnan(al["target_first_steps"])
    assert rows[0][2:] == ["1", "80.00", "10", "—", "—"]
    assert rows[1][4:] == ["30 (2/3)", "—", "—"]
    assert rows[2][1:] == ["AL, target path first", "2", "70.00 ± 0.00", "15", "1,600", "2.5"]
    assert "n = 1 to 3 seeds" in caption


def test_steps_to_half_are_not_made_up(tmp_path):
    al = write_run(tmp_path, "al", 0, [[0.1], [0.2]])
    _, _, ((*_, steps, _, _),) = make("target_first", tmp_path, al)
    assert steps == "—"  # there is no BP
    bp = write_run(tmp_path, "bp", 0, [[0.9]])
    frame, _, rows = make("target_first", tmp_path, al, bp)
    assert rows[1][4] == "not reached"
    assert math.isinf(frame["half_steps"][1])


def test_equal_time_compares_shortened_runs_with_whole_ones_of_bp(tmp_path):
    bp, al = [0.78, 0.8, 0.82], [0.59, 0.6, 0.61]
    paths = [
        *[write_run(tmp_path, "bp", k, [[0.5], [last]]) for k, last in enumerate(bp)],
        *[write_run(tmp_path, "al", k, [[last]], shorten=2.5) for k, last in enumerate(al)],
        write_run(tmp_path, "al_target_first", 0, [[0.3]], shorten=3.0),
    ]
    frame, caption, rows = make("equal_time", tmp_path, *paths)
    whole, short, ours = frame.to_dict("records")
    assert (whole["steps"], short["steps"], short["times_bp"]) == (20, 10, 2.5)
    assert (short["mean"], short["std"], short["n"]) == pytest.approx((0.6, 0.01, 3))
    welch = scipy.stats.ttest_ind(al, bp, equal_var=False)
    assert short["difference"] == pytest.approx(-0.2)
    assert (short["ci_low"], short["ci_high"]) == pytest.approx(tuple(welch.confidence_interval()))
    assert math.isnan(whole["times_bp"]) and math.isnan(whole["difference"])
    assert rows[0][3:] == ["—", "20", "80.00 ± 2.00", "—"]
    assert rows[1][3:6] == ["2.5", "10", "60.00 ± 1.00"]
    assert rows[2][6] == "−50.00" and ours["times_bp"] == 3
    assert "n = 1 to 3 seeds" in caption


def test_equal_time_compares_nothing_where_there_is_no_bp(tmp_path):
    _, _, (row,) = make("equal_time", tmp_path, write_run(tmp_path, "al", 0, [[0.5]], shorten=2.0))
    assert row[3:] == ["2", "10", "50.00", "—"]


def measured_steps(folder: Path, *cells: tuple[str, str, float, float]) -> Path:
    """Network, method, seconds of a step and seconds before the first one, of 100 steps each."""
    path = folder / "steps.json"
    keys = ("arch", "method", "seconds", "before_seconds")
    common = {"dataset": "mnist", "steps": 100, "timed": 30}
    found = [common | dict(zip(keys, cell, strict=True)) for cell in cells]
    path.write_text(json.dumps({"cells": found, "hardware": {"processor": "a processor"}}))
    return path


def test_steps_table_gives_ratios_as_measured_beside_those_stated(tmp_path):
    measured = measured_steps(
        tmp_path,
        ("mlp", "al", 0.03, 0.0),
        ("mlp", "bp", 0.01, 0.0),
        ("mlp", "al_target_first", 0.03, 0.25),  # of 1 s three quarters are left: 25 steps
        ("cnn", "al_target_first", 0.02, 2.0),
        ("cnn", "bp", 0.01, 0.0),
        ("vgg", "al", 0.02, 0.0),
    )
    scale = tmp_path / "mine.yaml"
    scale.write_text("equal_time: {mnist: {mlp: {al: 2.9}}}")
    frame, caption, rows = make("steps", tmp_path, measured, scale)
    assert list(zip(frame["arch"], frame["method"], strict=True)) == [
        *(("mlp", "bp"), ("mlp", "al"), ("mlp", "al_target_first")),
        *(("cnn", "bp"), ("cnn", "al_target_first"), ("vgg", "al")),
    ]
    assert frame["ratio"].tolist()[:4] == pytest.approx([1, 3, 4, 1])
    assert math.isinf(frame["ratio"][4]) and math.isnan(frame["ratio"][5])
    assert frame["stated"][1] == 2.9 and frame["stated"].isna().sum() == 5
    assert rows[1] == ["MNIST", "MLP", "AL", "30", "30.0", "—", "3.00", "2.9"]
    assert rows[2][5:] == ["0.2", "4.00", "—"] and rows[4][6] == rows[5][6] == "—"
    assert "a processor" in caption


def test_methods_table_shows_accuracy_interval_and_the_time_of_a_step_beside_bp_s(tmp_path):
    bp, frozen = [0.80, 0.82, 0.81], [0.60, 0.65, 0.61]
    paths = [
        *(write_run(tmp_path, "bp", s, [[a]], seconds_per_step=0.1 + s) for s, a in enumerate(bp)),
        *(
            write_run(tmp_path, "frozen", s, [[0.15, a]], seconds_per_step=3.3)
            for s, a in enumerate(frozen)
        ),
        write_run(tmp_path, "local", 0, [[0.7, 0.75]]),
        write_run(tmp_path, "bp", 0, [[0.5]], arch="resnet20", seconds_per_step=2.0),
        write_run(tmp_path, "bp", 0, [[0.6]], arch="resnet20_nopool", seconds_per_step=3.0),
        write_run(tmp_path, "al", 0, [[0.6]], arch="vgg"),
    ]
    frame, caption, rows = make("methods", tmp_path, *paths)
    assert ",".join(frame) == (
        "dataset,arch,method,n,steps,mean,std,low,high,difference,ci_low,ci_high,started,step_ms,"
        "times_bp"
    )
    first, local, control, pooled, without, alone = frame.to_dict("records")
    interval = scipy.stats.t.interval(0.95, 2, np.mean(frozen), scipy.stats.sem(frozen))
    assert (control["low"], control["high"]) == pytest.approx(interval)
    welch = scipy.stats.ttest_ind(frozen, bp, equal_var=False).confidence_interval(0.95)
    assert (control["ci_low"], control["ci_high"]) == pytest.approx(tuple(welch))
    assert (control["started"], control["step_ms"]) == ("1/2", pytest.approx(3300))
    assert control["times_bp"] == pytest.approx(3)  # medians: one of BP's runs was disturbed
    assert math.isnan(first["times_bp"]) and math.isnan(local["low"])
    # A variant is compared with the network that it is shown beside.
    assert (without["difference"], without["times_bp"]) == pytest.approx((0.1, 1.5))
    assert math.isnan(pooled["difference"]) and math.isnan(alone["difference"])
    assert rows[0][1:] == ["BP", "3", "81.00 [78.52, 83.48]", "—", "—", "1100.0", "—"]
    assert rows[1][1:4] == ["local classifiers", "1", "75.00"]
    assert rows[4][0] == "ResNet-20 without pooling"
    assert "MNIST" in caption and "n = 1 to 3 seeds" in caption and "Welch" in caption


def test_methods_table_compares_times_of_steps_of_one_kind_of_processor_alone(tmp_path):
    def run(method: str, seed: int, seconds: float, processor: str) -> Path:
        of = {"hardware": {"processor": "of all", "accelerator": processor}}
        if processor == "quick":  # without one
            of = {"hardware": {"processor": processor}}
        return write_run(tmp_path, method, seed, [[0.5]], seconds_per_step=seconds, metrics=of)

    bp = [(0, 1, "quick"), (1, 1, "quick"), (2, 4, "slow")]
    al = [(0, 2, "quick"), (1, 8, "slow"), (2, 8, "slow"), (3, 1, "third")]
    runs = [("bp", *of) for of in bp] + [("al", *of) for of in al] + [("local", 0, 9, "third")]
    others = [run(*of) for of in runs]
    frame, caption, rows = make("methods", tmp_path, *others)
    times = frame.set_index("method")["times_bp"]
    assert times["al"] == pytest.approx(2) and math.isnan(times["local"])
    assert rows[-1][-1] == "—" and "the same kind of processor" in caption


@pytest.mark.parametrize("kind", ["sigmoid", "same_path", "anytime", "target_first", "equal_time"])
def test_runs_of_two_data_sets_are_refused(tmp_path, kind):
    paths = [
        write_run(tmp_path / dataset, "al", 0, [[0.5]], "sigmoid2", dataset=dataset, shorten=2.0)
        for dataset in ("mnist", "cifar10")
    ]
    with pytest.raises(SystemExit, match=r"several data sets.*mnist, cifar10"):
        make(kind, tmp_path, *paths)


def test_one_seed_claims_no_spread(tmp_path):
    for kind in ("sigmoid", "same_path", "target_first", "equal_time"):
        run = write_run(tmp_path / kind, "al", 0, [[0.5]], arch="sigmoid2", shorten=2.0)
        _, caption, _ = make(kind, tmp_path, run)
        assert "n = 1 seed" in caption and "±" not in caption
