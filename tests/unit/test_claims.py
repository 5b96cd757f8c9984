"""Claims are answered by their rules, and by nothing else."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from finished import write_overview

from associated_learning import registry
from associated_learning.commands import table
from associated_learning.results import claims, verdicts
from associated_learning.results.verdicts import NO, NOT_RUN, OPEN, YES

CLAIMS = Path(__file__).parents[2] / "config" / "claims.yaml"
LISTED = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))["claims"]
MARGIN = {"points": 0.02, "errors": 0.1}


def runs(*rows, n=5, std=0.001):
    """A table of accuracies: data set, network, method, mean, and started components."""
    frame = pd.DataFrame(rows, columns=["dataset", "arch", "method", "mean", "started"])
    return frame.assign(n=n, std=std)


def cell(al, bp, started="4/4", control=None, arch="cnn", method="al"):
    """Rows of one network on MNIST."""
    rows = [("mnist", arch, method, al, started), ("mnist", arch, "bp", bp, None)]
    return rows + ([("mnist", arch, "frozen", control, "4/4")] if control is not None else [])


@pytest.mark.parametrize(
    ("rows", "spread", "answer"),
    [
        (cell(0.98, 0.98), {}, "reproduced in 1 of 1 networks"),
        (cell(0.95, 0.98), {}, "reproduced in 0 of 1 networks, not in 1"),
        # A difference of 0.3 points is little, but more than a tenth of the error.
        (cell(0.977, 0.98), {"std": 0.0001}, "reproduced in 0 of 1 networks, not in 1"),
        (cell(0.677, 0.68), {}, "reproduced in 1 of 1 networks"),
        (cell(0.98, 0.98), {"std": 0.01}, "reproduced in 0 of 1 networks, not decided in 1"),
        (cell(0.98, 0.98), {"n": 1}, "reproduced in 0 of 1 networks, not decided in 1"),
        (cell(0.98, 0.98), {"std": 0.0}, "reproduced in 0 of 1 networks, not decided in 1"),
    ],
)
def test_accuracies_are_comparable_by_the_bound_against_the_margin(rows, spread, answer):
    claim = {"archs": {"mnist": ["cnn"]}, "margin": MARGIN}
    found = claims.comparable({"accuracy_mnist": runs(*rows, **spread)}, claim)
    assert found.answer == answer and found.n == spread.get("n", 5)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (cell(0.98, 0.98, control=0.5), ""),
        (cell(0.98, 0.98, started="3/4"), "3 of 4 components started"),
        (cell(0.1, 0.98, started="3/4"), "3 of 4 components started"),  # nor does it say no
        (cell(0.98, 0.98, control=0.98), "BP not shown to be above AL, frozen forward path"),
        (cell(0.98, 0.98, control=0.99), "BP not shown to be above AL, frozen forward path"),
        (cell(0.19, 0.19), "BP not above twice chance"),  # where the control was not run
        (cell(0.21, 0.21), ""),
    ],
)
def test_a_cell_decides_nothing_unless_both_have_learnt(rows, why):
    claim = {"archs": {"mnist": ["cnn"]}, "margin": MARGIN}
    statistic, _, answer = claims.comparable({"methods_mnist": runs(*rows)}, claim)
    assert ("not decided in 1" in answer) == bool(why)
    assert why in statistic
    controlled = any(row[2] == "frozen" for row in rows)
    assert ("control was not run" in statistic) != controlled


def test_an_answer_counts_cells_and_names_them():
    rows = [
        *cell(0.98, 0.98, arch="mlp", control=0.5),
        *cell(0.9, 0.98),
        *cell(0.98, 0.98, "1/4", arch="vgg"),
    ]
    claim = {"archs": {"mnist": ["mlp", "cnn", "vgg", "resnet20"]}, "margin": MARGIN}
    tables = {"accuracy_mnist": runs(*rows, std=0.0005)}
    statistic, n, answer = claims.comparable(tables, claim)
    assert answer == (
        "reproduced in 1 of 4 networks (MLP), not in 1 (CNN), not decided in 1 (VGG), "
        "not run yet in 1 (ResNet-20)"
    )
    assert statistic.startswith("AL − BP, points: MLP +0.0 [−0.1, +0.1] (margin 0.2), p ")
    assert "CNN −8.0 [−8.1, −7.9] (margin 0.2), p of no < 0.001;" in statistic
    assert "VGG +0.0 [−0.1, +0.1] (margin 0.2; 1 of 4 components started). The" in statistic
    assert "not run for 2 of 3 networks: twice chance stands in its place" in statistic
    assert n == 5


def test_cells_of_several_data_sets_are_named_with_them_and_other_methods_compared():
    rows = cell(0.98, 0.98, method="al_target_first")
    claim = {"archs": {"mnist": ["cnn"], "cifar10": ["cnn"]}, "margin": MARGIN}
    claim["method"] = "al_target_first"
    statistic, _, answer = claims.comparable({"accuracy_mnist": runs(*rows)}, claim)
    assert answer == ("reproduced in 1 of 2 networks (MNIST CNN), not run yet in 1 (CIFAR-10 CNN)")
    assert statistic.startswith("AL, target path first − BP, points: MNIST CNN +0.0")


def test_bp_may_be_that_of_another_network_and_random_features_stay_those_of_al_s():
    claim = {"archs": {"mnist": ["resnet20"]}, "margin": MARGIN}
    claim["baseline"] = {"resnet20": "resnet20_nopool"}
    rows = [*cell(0.9, 0.5, arch="resnet20"), ("mnist", "resnet20_nopool", "bp", 0.95, None)]
    statistic, _, answer = claims.comparable({"methods_mnist": runs(*rows)}, claim)
    assert answer == "reproduced in 0 of 1 networks, not in 1"
    assert "ResNet-20 −5.0 [−5.1, −4.9] (to ResNet-20 without pooling; margin 0.5), p" in statistic
    control = ("mnist", "resnet20", "frozen", 0.96, "4/4")
    statistic, _, answer = claims.comparable({"methods_mnist": runs(*rows, control)}, claim)
    assert answer == "reproduced in 0 of 1 networks, not decided in 1"
    assert "BP not shown to be above AL, frozen forward path" in statistic
    assert claims.comparable({"methods_mnist": runs(*rows[:2])}, claim).answer == NOT_RUN


def test_another_method_may_stand_in_bp_s_place():
    claim = {"archs": {"mnist": ["cnn"]}, "margin": MARGIN, "than": "bp_short"}
    rows = [*cell(0.9, 0.9), ("mnist", "cnn", "bp_short", 0.95, None)]
    statistic, _, answer = claims.comparable({"methods_mnist": runs(*rows)}, claim)
    assert answer == "reproduced in 0 of 1 networks, not in 1"
    assert statistic.startswith("AL − BP, short head, points: CNN −5.0 [−5.1, −4.9] (margin 0.5)")
    assert claims.comparable({"methods_mnist": runs(*rows[:2])}, claim).answer == NOT_RUN


def test_p_values_are_corrected_over_all_cells_of_a_claim_those_that_decide_nothing_too():
    al = 0.98 - 0.001  # alone it is as accurate: p is about 0.02
    claim = {"archs": {"mnist": ["cnn"]}, "margin": MARGIN}
    found = claims.comparable({"accuracy_mnist": runs(*cell(al, 0.98), std=0.00065)}, claim)
    assert found.answer.startswith("reproduced in 1 of 1")
    more = runs(*cell(al, 0.98), *cell(0.98, 0.98, "1/4", arch="mlp"), std=0.00065)
    found = claims.comparable(
        {"accuracy_mnist": more}, {**claim, "archs": {"mnist": ["cnn", "mlp"]}}
    )
    assert found.answer == "reproduced in 0 of 2 networks, not decided in 2"


@pytest.mark.parametrize(
    ("al", "other", "started", "answer"),
    [
        (0.9, 0.8, "2/2", "reproduced in 1 of 1 networks"),
        (0.9, 0.1, "2/2", "reproduced in 1 of 1 networks"),  # the other may fail
        (0.8, 0.9, "2/2", "reproduced in 0 of 1 networks, not in 1"),
        (0.9, 0.9, "2/2", "reproduced in 0 of 1 networks, not decided in 1"),
        (0.9, 0.8, "1/2", "reproduced in 0 of 1 networks, not decided in 1"),
    ],
)
def test_better_is_more_accurate_beyond_noise(al, other, started, answer):
    rows = [("mnist", "mlp", "al", al, started), ("mnist", "mlp", "same_path", other, None)]
    tables = {"methods_mnist": runs(*rows)}
    archs = {"mnist": ["mlp"]}
    assert claims.better(tables, {"than": "same_path", "archs": archs}).answer == answer
    assert claims.better(tables, {"than": "local", "archs": archs}) == (NOT_RUN, None, NOT_RUN)


def test_a_network_that_was_not_run_is_named_and_counts_in_the_correction():
    rows = [("mnist", "mlp", "al", 0.9, "2/2"), ("mnist", "mlp", "dfa", 0.9 - 0.0009, None)]
    tables = {"methods_mnist": runs(*rows, std=0.0006)}  # p is about 0.02
    alone = claims.better(tables, {"than": "dfa", "archs": {"mnist": ["mlp"]}})
    assert alone.answer == "reproduced in 1 of 1 networks"
    found = claims.better(tables, {"than": "dfa", "archs": {"mnist": ["mlp", "cnn"]}})
    assert found.answer == (
        "reproduced in 0 of 2 networks, not decided in 1 (MNIST MLP), not run yet in 1 (MNIST CNN)"
    )


def depths(al, bp, n=3, initialisation="he", **others):
    rows = [
        {"depth": depth, "method": method, "mean": mean, "std": 0.002, "n": n, "chance": 0.1}
        | {"gradient_initial": 1e-3, "first_mean": 0.931, "initialisation": initialisation}
        for method, means in {"al": al, "bp": bp, **others}.items()
        for depth, mean in zip((2, 16), means, strict=True)
    ]
    return {"sigmoid_mnist": pd.DataFrame(rows)}


DEEP = {"share": 0.95, "initialisation": "he", "depths": [2, 16]}


@pytest.mark.parametrize(
    ("al", "bp", "verdict"),
    [
        ((0.93, 0.92), (0.93, 0.10), YES),
        ((0.93, 0.92), (0.93, 0.50), OPEN),  # BP trains
        ((0.93, 0.92), (0.93, 0.93), OPEN),
        ((0.93, 0.40), (0.93, 0.10), OPEN),
        ((0.93, 0.10), (0.93, 0.10), NO),  # a late start is no excuse
        ((0.93, 0.12), (0.93, 0.11), NO),
    ],
)
def test_deep_sigmoid_networks(al, bp, verdict):
    answers = {
        YES: "reproduced at 1 of 2 depths (16), not decided at 1 (2)",
        OPEN: "reproduced at 0 of 2 depths, not decided at 2",
        NO: "reproduced at 0 of 2 depths, not at 1 (16), not decided at 1 (2)",
    }
    assert claims.deep(depths(al, bp), DEEP).answer == answers[verdict]
    one = claims.deep(depths(al, bp, n=1), DEEP).answer
    assert one == answers[NO if verdict == NO else OPEN]


def test_deep_networks_are_of_one_initialisation_and_those_not_run_are_named():
    tables = depths((0.93, 0.92), (0.93, 0.10))
    assert claims.deep(tables, DEEP | {"initialisation": "glorot"}).answer == NOT_RUN
    both = pd.concat(
        [
            tables["sigmoid_mnist"],
            depths((0.9, 0.9), (0.9, 0.9), initialisation="glorot")["sigmoid_mnist"],
        ]
    )
    found = claims.deep({"sigmoid_mnist": both}, DEEP | {"depths": [2, 16, 64]})
    assert found.answer == (
        "reproduced at 1 of 3 depths (16), not decided at 1 (2), not run yet at 1 (64)"
    )


def test_the_statistic_of_deep_networks_names_the_first_component_alone_and_the_methods_beside():
    tables = depths((0.93, 0.92), (0.93, 0.10), local=(0.9, 0.91))
    statistic = claims.deep(tables, DEEP | {"beside": {"local": "single", "dfa": "none"}}).statistic
    assert "16 layers: AL 92.0% (its first component alone 93.1%), BP 10.0%, single 91.0%," in (
        statistic
    )
    assert "none" not in statistic


def layers(column, std, n, **methods):
    rows = [
        {"dataset": "mnist", "arch": "mlp", "layer": layer, "method": method, "n": n}
        | {f"{column}_mean": value, f"{column}_std": std}
        for method, values in methods.items()
        for layer, value in zip(("input", "s1", "s2", "prediction"), values, strict=True)
    ]
    return pd.DataFrame(rows)


SEPARATED = {"table": "distances", "measure": "ratio", "against": "bp"}
SEPARATED |= {"archs": {"mnist": ["mlp"]}, "layers": {"mlp": ["s1", "s2"]}}
LEARNT = [("mnist", "mlp", "al", 0.9, "2/2"), ("mnist", "mlp", "bp", 0.9, None)]
LEARNT += [("mnist", "mlp", "same_path", 0.9, None)]


@pytest.mark.parametrize(
    ("s2", "std", "n", "answer"),
    [
        (0.9, 0.02, 5, "at 1 of 2 hidden layers (MNIST MLP s2), not decided at 1 (MNIST MLP s1)"),
        (
            *(0.3, 0.02, 5),
            "at 0 of 2 hidden layers, not at 1 (MNIST MLP s2), not decided at 1 (MNIST MLP s1)",
        ),
        (0.9, 0.5, 5, "at 0 of 2 hidden layers, not decided at 2"),
        (0.9, 0.02, 1, "at 0 of 2 hidden layers, not decided at 2"),
    ],
)
def test_metafeatures_are_compared_at_every_hidden_layer(s2, std, n, answer):
    table = layers("ratio", std, n, al=(9, 0.6, s2, 9), bp=(0.6, 0.6, 0.6, 0.6))
    tables = {"distances_mnist": table, "accuracy_mnist": runs(*LEARNT)}
    found = claims.separated(tables, SEPARATED)
    assert (found.n, found.answer) == (n, f"reproduced {answer}")
    assert found.statistic.startswith("AL − BP: MNIST MLP s1 +0.00 [")
    assert claims.separated({}, SEPARATED).answer == NOT_RUN
    assert (
        claims.separated({"distances_mnist": table}, SEPARATED | {"table": "probes"}).answer
        == NOT_RUN
    )
    other = SEPARATED | {"against": "same_path"}
    assert claims.separated({"distances_mnist": table}, other).answer == NOT_RUN


@pytest.mark.parametrize(
    ("rows", "decided"),
    [
        (cell(0.9, 0.9, "2/2", arch="mlp"), True),
        (cell(0.9, 0.9, "1/2", arch="mlp"), False),
        (cell(0.9, 0.15, "2/2", arch="mlp"), False),
        (cell(0.9, 0.9, "2/2", arch="mlp", control=0.95), False),
        (cell(0.9, 0.9, "2/2", arch="cnn"), False),  # how accurate it is is not known
        ([], False),
    ],
)
def test_metafeatures_of_networks_that_have_not_learnt_decide_nothing(rows, decided):
    table = layers("ratio", 0.02, 5, al=(0, 0.9, 0.9, 0), bp=(0, 0.6, 0.6, 0))
    tables = {"distances_mnist": table, "accuracy_mnist": runs(*rows)}
    answer = claims.separated(tables, SEPARATED).answer
    assert answer == (
        "reproduced at 2 of 2 hidden layers"
        if decided
        else "reproduced at 0 of 2 hidden layers, not decided at 2"
    )


def test_probes_are_shown_in_points():
    table = layers("accuracy", 0.001, 5, al=(0, 0.95, 0.96, 0), same_path=(0, 0.9, 0.9, 0))
    claim = SEPARATED | {"table": "probes", "measure": "accuracy", "against": "same_path"}
    tables = {"probes_mnist": table, "accuracy_mnist": runs(*LEARNT)}
    found = claims.separated(tables, claim)
    assert found.answer == "reproduced at 2 of 2 hidden layers"
    assert "points: MNIST MLP s1 +5.0 [+4.9, +5.1]" in found.statistic


def test_a_ratio_that_is_infinite_decides_nothing():
    table = layers("ratio", math.nan, 5, al=(0, math.inf, math.nan, 0), bp=(0, 0.6, 0.6, 0))
    tables = {"distances_mnist": table, "accuracy_mnist": runs(*LEARNT)}
    answer = claims.separated(tables, SEPARATED).answer
    assert answer == "reproduced at 0 of 2 hidden layers, not decided at 2"


def test_pictures_are_shown_and_not_judged():
    table = layers("knn_embedding", 0.01, 3, al=(0, 0, 0.9, 0), bp=(0, 0, 0.6, 0))
    statistic, n, answer = claims.seen({"tsne_mnist_mlp": table}, {})
    assert (n, answer) == (3, "shown, not judged")
    assert "MNIST MLP +30.0 [+27" in statistic
    assert claims.seen({}, {}) == (NOT_RUN, None, NOT_RUN)


def test_affiliated_parameters_and_sizes_are_counted():
    parameters = pd.DataFrame(
        [
            {"dataset": "mnist", "arch": "mlp", "method": "al", "total": 10, "affiliated": 3},
            {"dataset": "mnist", "arch": "cnn", "method": "al", "total": 10, "affiliated": 0},
            {"dataset": "mnist", "arch": "cnn", "method": "bp", "total": 10, "affiliated": 0},
        ]
    )
    answer = claims.affiliated({"parameters": parameters}, {}).answer
    assert answer == "reproduced in 1 of 2 networks (MNIST MLP), not in 1 (MNIST CNN)"
    assert claims.affiliated({}, {}).answer == NOT_RUN
    here = {"dataset": ["mnist", "cifar10"], "train_images": [60, 50], "test_images": [10, 10]}
    sizes = {"mnist": [60, 10, 10], "cifar10": [60, 10, 10], "cifar100": [50, 10, 100]}
    found = claims.sizes({"datasets": pd.DataFrame(here | {"classes": [10, 10]})}, {"sizes": sizes})
    assert found.answer == (
        "reproduced in 1 of 3 data sets (MNIST), not in 1 (CIFAR-10), not run yet in 1 (CIFAR-100)"
    )
    assert claims.sizes({}, {"sizes": sizes}).answer == NOT_RUN


def throughput(pipelined, alone=(90, 100, 110), bit_equal=True, cores=2):
    ways = {("al", 2, 1): pipelined, ("al", 1, 1): alone, ("al", 1, 2): (130, 140, 150)}
    ways |= {("bp", 1, 1): (900, 1000, 1100), ("bp", 1, 2): (900, 1200, 1300)}
    rows = [
        {"kind": "measured", "components": n, "method": method, "workers": workers}
        | {"threads": threads, "n": 9, "cores": cores, "least": least, "most": most}
        | {"samples_per_second": median, "speedup": median / alone[1]}
        | {"bit_equal": bit_equal if workers > 1 else None}
        for n, slower in ((2, 1), (16, 0))
        for (method, workers, threads), rates in ways.items()
        for least, median, most in [[rate / (1 + 9 * slower) for rate in rates]]
    ]
    model = {"kind": "model", "components": 64, "method": "al", "workers": 64, "speedup": 40}
    return {"throughput": pd.DataFrame([*rows, model])}


@pytest.mark.parametrize(
    ("tables", "answer"),
    [
        (throughput((170, 180, 190)), "in part"),  # never more: O(n + l) is a model
        (throughput((111, 119, 190)), OPEN),
        (throughput((109, 180, 190)), OPEN),
        (throughput((80, 85, 95)), OPEN),
        (throughput((70, 80, 89)), NO),
        (throughput((170, 180, 190), bit_equal=False), NO),
        (throughput((170, 180, 190), cores=1), OPEN),
        ({}, NOT_RUN),
    ],
)
def test_components_are_trained_at_once_in_part_if_that_is_faster_beyond_noise_and_to_the_bit(
    tables, answer
):
    assert claims.simultaneous(tables, {"speedup": 1.2})[1:] == (None, answer)


def test_the_statistic_of_simultaneous_training_names_bp_and_what_was_measured_not_modelled():
    statistic, *_ = claims.simultaneous(throughput((170, 180, 190)), {"speedup": 1.2})
    assert statistic.startswith("16 components: AL in 2 processes 1.80 times as fast as in one")
    assert "(180 [170, 190] against 100 [90, 110] samples/s, median and range of 9" in statistic
    assert "weights bit-equal" in statistic and "in one thread 10.00 times" in statistic


def test_what_has_no_runs_says_so_in_every_row(tmp_path):
    table.main(["claims", str(CLAIMS), "--out", str(tmp_path / "claims")])
    found = pd.read_csv(tmp_path / "claims.csv")
    assert set(found["answer"]) == {NOT_RUN}


def test_a_scale_without_a_result_answers_nothing_and_shows_its_numbers(tmp_path):
    path = tmp_path / "methods_mnist.csv"
    runs(*cell(0.98, 0.98, control=0.5)).to_csv(path, index=False)
    for flags in ([], ["--undecided"]):
        table.main(["claims", str(CLAIMS), str(path), "--out", str(tmp_path / "claims"), *flags])
        found = pd.read_csv(tmp_path / "claims.csv").set_index("claim")
        assert "CNN +0.0 [−0.1, +0.1]" in found.loc["AL is as accurate as BP on MNIST", "statistic"]
        judged = set(found["answer"]) != {"not judged at this scale"}
        assert judged == (not flags)


def test_other_tables_are_the_same_at_a_scale_without_a_result(tmp_path):
    path = tmp_path / "datasets.safetensors"
    write_overview(path, np.zeros((2, 3, 4, 5)), np.array([0, 1]), classes=["zero", "one"])
    made = []
    for flags in ([], ["--undecided"]):
        table.main(["datasets", str(path), "--out", str(tmp_path / "out"), *flags])
        made.append((tmp_path / "out.csv").read_bytes())
    assert made[0] == made[1]


def test_every_claim_of_the_config_has_a_rule_and_every_rule_a_text():
    text = CLAIMS.read_text(encoding="utf-8")
    assert {claim["rule"] for claim in LISTED} == set(claims.RULES)
    for rule in claims.RULES:
        assert f"#   {rule} " in text
    assert {"3.2.1", "3.2.2", "3.2.3", "abstract", "3.3", "2.6", "3.1"} <= {
        str(claim["thesis"]) for claim in LISTED
    }
    assert len({claim["claim"] for claim in LISTED}) == len(LISTED)


def test_hidden_layers_are_compared_with_bp_s_and_with_the_same_path_s_by_three_measures():
    compared = {
        (claim["measure"], claim["against"]) for claim in LISTED if claim["rule"] == "separated"
    }
    assert compared == {
        (measure, against)
        for measure in ("ratio", "silhouette", "accuracy")
        for against in ("bp", "same_path")
    }


def test_the_control_is_the_one_method_of_that_role():
    assert registry.control() == "frozen"
    assert verdicts.Runs({}).unlearnt("mnist", "mlp", "bp") == "accuracy of BP not known"
