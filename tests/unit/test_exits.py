"""Early exits: where images leave a trained network, how well, and at what cost."""

import numpy as np
import pandas as pd
import pytest
import torch
from finished import write_exits, write_run

from associated_learning import trained as trained_networks
from associated_learning.commands import exits as command
from associated_learning.data import images
from associated_learning.measure import exits as measure
from associated_learning.results import exits


@pytest.fixture(scope="session")
def folder(trained):
    """Gives the folder of a small run of a method, whose components are sure of some images."""
    settings = {"epochs": 6, "learning_rate": 1e-2, "width": 1 / 8, "target_width": 16}
    return lambda method: trained(arch="cnn", method=method, **settings)


def measured(folder, prepared, out):
    data = ["--data", str(prepared / "digits.safetensors")]
    command.main(["--run", str(folder), *data, "--out", str(out)])
    return pd.read_csv(out)


@pytest.mark.parametrize("method", ["al", "local", "frozen"])
def test_every_image_leaves_at_the_first_component_that_is_sure(
    folder, digits, prepared, tmp_path, method
):
    found = measured(folder(method), prepared, tmp_path / "exits.csv")
    loaded = trained_networks.load(folder(method))
    x = images.prepare(digits.test_images, digits.mean_image, digits.standardised)
    with torch.inference_mode():
        predictions = torch.stack([*loaded.network.prefix_predictions(x)], 1)
    scores = predictions.softmax(2) if method == "local" else predictions
    for threshold, rows in found.groupby("threshold"):
        left, right = [0, 0, 0, 0], [0, 0, 0, 0]
        for image, label in zip(scores, digits.test_labels, strict=True):
            sure = [k for k in range(4) if image[k].max() >= threshold]
            k = sure[0] if sure else 3
            left[k] += 1
            right[k] += int(image[k].argmax() == label)
        assert rows["component"].tolist() == [1, 2, 3, 4]
        assert (rows["images"].tolist(), rows["correct"].tolist()) == (left, right)
    assert tuple(found["threshold"].unique()) == measure.THRESHOLDS
    assert found.groupby("component")["images"].sum()[[1, 4]].min() > 0
    assert set(found["method"]) == {method} and set(found["dataset"]) == {"digits"}


def test_what_is_measured_is_what_a_trained_network_says_of_its_early_exits(
    folder, digits, prepared, tmp_path
):
    measured(folder("al"), prepared, tmp_path / "exits.csv")
    loaded = trained_networks.load(folder("al"))
    runs, found = exits.read_with_runs([folder("al") / "metrics.json", tmp_path / "exits.csv"])
    assert len(runs) == 1 and len(found) == len(measure.THRESHOLDS)
    for row in found.itertuples():
        said = loaded.predict(digits.test_images.movedim(1, 3), early_exit=row.threshold)
        assert row.accuracy == np.mean(said.labels == digits.test_labels.numpy())
        shares = np.bincount(said.components, minlength=5)[1:] / len(said.labels)
        np.testing.assert_allclose(row.leaving, shares)


def test_the_higher_the_threshold_the_more_an_image_costs(folder, prepared, tmp_path):
    measured(folder("al"), prepared, tmp_path / "exits.csv")
    _, found = exits.read_with_runs([folder("al") / "metrics.json", tmp_path / "exits.csv"])
    assert found["threshold"].is_monotonic_increasing
    assert found["multiply_adds"].is_monotonic_increasing
    assert found["multiply_adds"].iloc[0] < found["multiply_adds"].iloc[-1]


def test_a_method_without_prefixes_is_refused_in_a_line(folder, prepared, tmp_path):
    with pytest.raises(SystemExit, match="no early exits: nothing but the whole network"):
        measured(folder("bp"), prepared, tmp_path / "exits.csv")
    assert not (tmp_path / "exits.csv").exists()


def test_accuracy_and_cost_are_those_of_all_images(tmp_path):
    run = write_run(tmp_path, "al", 0, [[0.5, 0.6]])
    csv = write_exits(run, {0.5: [(90, 72), (10, 3)], 0.9: [(0, 0), (100, 80)]}, [3.0, 5.0])
    _, found = exits.read_with_runs([run, csv])
    assert found["accuracy"].tolist() == [0.75, 0.8]
    assert found["multiply_adds"].tolist() == pytest.approx([3.2, 5])
    assert found["leaving"].tolist() == [(0.9, 0.1), (0, 1)]


def test_without_early_exits_there_are_none_and_two_files_of_a_run_are_refused(tmp_path):
    run = write_run(tmp_path, "al", 0, [[0.5, 0.6]])
    runs, found = exits.read_with_runs([run])
    assert len(runs) == 1 and found.empty
    csv = write_exits(run, {0.5: [(90, 72), (10, 3)]}, [3.0, 5.0])
    with pytest.raises(SystemExit, match="early exits are of the same run"):
        exits.read_with_runs([run, csv, csv])
    csv.write_text("threshold\n0.5\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"exits\.csv is damaged"):
        exits.read_with_runs([run, csv])
