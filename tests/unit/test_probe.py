"""Linear probes: what a linear classifier reads off each layer of a trained network."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from associated_learning.commands import probe as command
from associated_learning.measure import hidden, probe


@pytest.fixture(scope="session")
def folder(trained):
    """Gives the folder of a small run of a method."""
    return lambda method: trained(arch="cnn", method=method, epochs=1, train_subset=320)


def measured(folder, prepared, out, *flags):
    data = ["--data", str(prepared / "digits.safetensors")]
    command.main(["--run", str(folder), *data, "--out", str(out), *flags])
    return pd.read_csv(out)


def test_training_images_are_prepared_as_test_images_are(folder, digits):
    network = hidden.load(folder("al"), digits).network
    from dataclasses import replace

    swapped = replace(
        digits, test_images=digits.train_images[:9], test_labels=digits.train_labels[:9]
    )
    wanted = dict(hidden.layers(network, swapped))
    for name, values in hidden.layers(network, digits, 9, training=True):
        np.testing.assert_array_equal(values, wanted[name])


def test_a_slice_of_the_images_has_their_rows(folder, digits):
    network = hidden.load(folder("al"), digits).network
    some = dict(hidden.layers(network, digits, slice(40, 60)))
    for name, values in hidden.layers(network, digits):
        np.testing.assert_allclose(some[name], values[40:60], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["al", "bp"])
def test_every_layer_has_the_accuracy_of_a_classifier_fitted_anew(
    folder, digits, prepared, tmp_path, method
):
    table = measured(folder(method), prepared, tmp_path / "p.csv", "--images", "700")
    network = hidden.load(folder(method), digits).network
    train = hidden.layers(network, digits, 700, training=True)
    labels, wanted = digits.train_labels[:700].numpy(), digits.test_labels.numpy()
    for (name, values), (_, tested), row in zip(
        train, hidden.layers(network, digits), table.itertuples(), strict=True
    ):
        assert (row.layer, row.features, row.images) == (name, values.shape[1], 700)
        scaler = StandardScaler().fit(values)
        pca = PCA(min(256, values.shape[1]), random_state=0).fit(scaler.transform(values))
        model = LogisticRegression(max_iter=1000).fit(
            pca.transform(scaler.transform(values)), labels
        )
        predicted = model.predict(pca.transform(scaler.transform(tested)))
        assert row.accuracy == pytest.approx(np.mean(predicted == wanted), abs=0.02)
    assert list(table["layer"]) == ["input", "s1", "s2", "s3", "s4", "bridge", "prediction"]
    assert list(table["place"]) == list(range(7))
    assert set(table["method"]) == {method} and set(table["seed"]) == {0}


def test_test_images_in_batches_change_nothing_and_all_of_them_count(
    folder, prepared, tmp_path, monkeypatch
):
    whole = measured(folder("al"), prepared, tmp_path / "a.csv", "--images", "400")
    monkeypatch.setattr(probe, "TEST_BATCH", 70)
    parts = measured(folder("al"), prepared, tmp_path / "b.csv", "--images", "400")
    assert (whole["accuracy"] - parts["accuracy"]).abs().max() <= 1 / 300


def test_a_probe_is_the_same_whenever_it_is_fitted(folder, prepared, tmp_path):
    for name in "ab":
        measured(folder("al"), prepared, tmp_path / name, "--images", "400")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_fewer_training_images_than_asked_for_are_all_there_are(folder, digits, prepared, tmp_path):
    table = measured(folder("al"), prepared, tmp_path / "p.csv")
    assert set(table["images"]) == {len(digits.train_images)}


def test_classes_that_a_plane_parts_are_read_and_noise_is_not():
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 3
    noise = rng.normal(size=(600, 40)).astype(np.float32)
    parted = noise.copy()
    parted[np.arange(600), labels] += 12

    def layers(some):
        return [("parted", parted[some]), ("noise", noise[some])]

    first, rest = slice(300), slice(300, None)
    found = probe.probe(lambda: layers(first), labels[:300], [(layers(rest), labels[300:])])
    assert found["parted"].accuracy > 0.99
    assert found["noise"].accuracy < 0.5
    assert found["noise"][:2] == (40, 300)


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_layer_that_is_the_same_for_all_images_predicts_one_class(value, recwarn):
    values, labels = np.full((60, 20), value, np.float32), np.arange(60) % 4
    model = probe.fit(values, labels)
    assert len(set(model.predict(values))) == 1
    assert not recwarn.list


def test_activations_that_are_not_finite_are_refused():
    values = np.ones((60, 20), np.float32)
    values[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        probe.fit(values, np.arange(60) % 4)


def test_the_activations_stay_as_they_are():
    values = np.random.default_rng(0).normal(size=(60, 300)).astype(np.float32)
    before = values.copy()
    probe.fit(values, np.arange(60) % 4)
    np.testing.assert_array_equal(values, before)


def test_metrics_and_probe_name_the_same_run(folder, prepared, tmp_path):
    table = measured(folder("bp"), prepared, tmp_path / "p.csv", "--images", "300")
    config = json.loads((folder("bp") / "metrics.json").read_text())["config"]
    for key in ("dataset", "arch", "method", "seed"):
        assert set(table[key]) == {config[key]}
