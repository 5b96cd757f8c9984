"""Claims are answered by their rules, and by nothing else."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from associated_learning.tables import claims

CLAIMS = Path(__file__).parents[2] / "config" / "claims.yaml"


def accuracy(difference, low, high, started="4/4", steps=3125):
    bp = {"dataset": "mnist", "arch": "cnn", "method": "bp", "n": 2, "steps": steps}
    al = bp | {"method": "al", "n": 3, "difference": difference, "started": started}
    return pd.DataFrame([bp, al | {"ci_low": low, "ci_high": high}])


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        (accuracy(0.0, -0.01, 0.01), "reproduced"),
        (accuracy(-0.05, -0.06, -0.04), "not reproduced"),
        (accuracy(-0.02, -0.04, 0.01), "not decided"),
        (accuracy(-0.5, -0.6, -0.4, started="3/4"), "not decided"),
        (accuracy(-0.5, -0.6, -0.4, started="3/4", steps=375_000), "not reproduced"),
        (accuracy(0.0, float("nan"), float("nan")), "not decided"),
        (pd.concat([accuracy(0, -0.01, 0.01), accuracy(-0.5, -0.6, -0.4)]), "not reproduced"),
        (pd.concat([accuracy(0, -0.01, 0.01), accuracy(-0.02, -0.04, 0.01)]), "not decided"),
    ],
)
def test_accuracies_are_comparable_by_the_whole_interval(table, answer):
    claim = {"dataset": "mnist", "margin": 0.02, "steps": 375_000}
    assert claims.comparable({"accuracy_mnist": table}, claim)[1:] == (2, answer)
    assert claims.comparable({}, claim)[2] == "not decided"


def depths(al, bp, n=3):
    rows = [
        {"depth": depth, "method": method, "mean": mean, "n": n, "chance": 0.1}
        | {"gradient_initial": 1e-3, "first_mean": 0.931}
        for method, means in (("al", al), ("bp", bp))
        for depth, mean in zip((2, 16), means, strict=True)
    ]
    return {"sigmoid_mnist": pd.DataFrame(rows)}


@pytest.mark.parametrize(
    ("al", "bp", "answer"),
    [
        ((0.93, 0.92), (0.93, 0.10), "reproduced"),
        ((0.93, 0.92), (0.93, 0.50), "not decided"),
        ((0.93, 0.40), (0.93, 0.10), "not decided"),
        ((0.93, 0.10), (0.93, 0.10), "not reproduced"),
        ((0.93, 0.92), (0.93, 0.93), "not reproduced"),
        ((0.93, 0.12), (0.93, 0.11), "not reproduced"),
    ],
)
def test_deep_sigmoid_networks(al, bp, answer):
    assert claims.deep(depths(al, bp), {"share": 0.95})[2] == answer
    assert claims.deep(depths(al, bp, n=1), {"share": 0.95})[2] == "not decided"


def test_the_statistic_of_deep_networks_names_what_the_first_component_does_alone():
    statistic, *_ = claims.deep(depths((0.93, 0.92), (0.93, 0.10)), {"share": 0.95})
    assert "16 layers: AL 92.0% (its first component alone 93.1%), BP 10.0%" in statistic


def layers(column, std, n, **methods):
    rows = [
        {"dataset": "mnist", "arch": "mlp", "layer": layer, "method": method, "n": n}
        | {f"{column}_mean": value, f"{column}_std": std}
        for method, values in methods.items()
        for layer, value in zip(("input", "s1", "s2", "prediction"), values, strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("rule", "table", "column"),
    [
        (claims.neighbours, "tsne_mnist_mlp", "knn_embedding"),
        (claims.separated, "distances_mnist", "ratio"),
    ],
)
@pytest.mark.parametrize(
    ("last", "std", "n", "answer"),
    [
        (0.9, 0.05, 3, "reproduced"),
        (0.3, 0.05, 3, "not reproduced"),
        (0.9, 0.5, 3, "not decided"),
        (0.9, 0.05, 1, "not decided"),
    ],
)
def test_metafeatures_need_an_interval_away_from_zero_at_the_last_forward_layer(
    rule, table, column, last, std, n, answer
):
    found = layers(column, std, n, al=(0, 0, last, 0), bp=(0.6, 0.6, 0.6, 0.6))
    assert rule({table: found}, {})[1:] == (n, answer)
    assert rule({}, {})[2] == "not decided"
    # A network that is at chance decides nothing.
    for arch, started, expected in (
        ("mlp", "2/2", answer),
        ("mlp", "1/2", "not decided"),
        ("cnn", "1/2", answer),
    ):
        accuracy = pd.DataFrame([{"arch": arch, "method": "al", "started": started}])
        tables = {table: found, "accuracy_mnist": accuracy, "accuracy_cifar10": accuracy}
        statistic, _, given = rule(tables, {})
        assert given == expected
        assert ("(1 of 2 components started)" in statistic) == (started == "1/2" and arch == "mlp")


def test_the_statistic_of_distances_names_the_methods_beside_where_they_are():
    methods = {"bp": (1, 1, 1, 1), "al": (1, 1, 2, 1)}
    claim = {"beside": {"same_path": "same path"}}
    control = {"same_path": (1, 1, 1.5, 1), "same_path_mse": (1, 1, 9, 1)}
    without, with_control = (
        claims.separated({"distances_mnist": layers("ratio", 0.1, 3, **methods | more)}, claim)
        for more in ({}, control)
    )
    assert without[0] == "inter / intra: MNIST MLP AL 2.00, BP 1.00"
    assert with_control[0] == "inter / intra: MNIST MLP AL 2.00, BP 1.00, same path 1.50"
    assert without[1:] == with_control[1:] == (3, "reproduced")


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
        (throughput((170, 180, 190)), "reproduced"),
        (throughput((111, 119, 190)), "not decided"),
        (throughput((109, 180, 190)), "not decided"),
        (throughput((80, 85, 95)), "not decided"),
        (throughput((70, 80, 89)), "not reproduced"),
        (throughput((170, 180, 190), bit_equal=False), "not reproduced"),
        (throughput((170, 180, 190), cores=1), "not decided"),
        ({}, "not decided"),
    ],
)
def test_components_are_trained_at_once_if_that_is_faster_beyond_noise_and_to_the_bit(
    tables, answer
):
    assert claims.simultaneous(tables, {"speedup": 1.2})[1:] == (None, answer)


def test_the_statistic_of_simultaneous_training_names_bp_and_what_was_measured_not_modelled():
    statistic, *_ = claims.simultaneous(throughput((170, 180, 190)), {"speedup": 1.2})
    assert statistic.startswith("16 components: AL in 2 processes 1.80 times as fast as in one")
    assert "(180 [170, 190] against 100 [90, 110] samples/s, median and range of 9" in statistic
    assert "weights bit-equal" in statistic and "in one thread 10.00 times" in statistic


def test_every_claim_of_the_config_has_a_rule_and_every_rule_a_text():
    text = CLAIMS.read_text(encoding="utf-8")
    listed = yaml.safe_load(text)["claims"]
    assert {claim["rule"] for claim in listed} == set(claims.RULES)
    for rule in claims.RULES:
        assert f"#   {rule} " in text
    assert {"3.2.1", "3.2.2", "3.2.3", "abstract", "3.3", "2.6", "3.1"} <= {
        str(claim["thesis"]) for claim in listed
    }
