import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from associated_learning.commands import embed as command
from associated_learning.errors import DataError
from associated_learning.figures import tsne
from associated_learning.measure import embedding
from associated_learning.measure.embedding import embed, neighbour_accuracy
from associated_learning.results import read


def clusters(samples: int, features: int, spread: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Samples of four classes around random centres."""
    rng = np.random.default_rng(0)
    labels = np.arange(samples) % 4
    points = rng.normal(size=(4, features))[labels] + spread * rng.normal(size=(samples, features))
    return points.astype(np.float32), labels


@pytest.mark.parametrize("features", [2, 10, 300])
def test_the_map_keeps_well_separated_classes_apart(features):
    activations, labels = clusters(120, features, spread=0.05)
    embedding = embed(activations, seed=0)
    assert embedding.coordinates.shape == (120, 2)
    assert embedding.coordinates.dtype == np.float32
    assert 0 < embedding.kl_divergence < 1
    assert neighbour_accuracy(embedding.coordinates, labels) == 1


def test_the_seed_decides_every_bit():
    activations, _ = clusters(120, 600)
    first, again, other = (embed(activations, seed) for seed in (1, 1, 2))
    assert first.coordinates.tobytes() == again.coordinates.tobytes()
    assert first.kl_divergence == again.kl_divergence
    assert first.coordinates.tobytes() != other.coordinates.tobytes()


@pytest.mark.filterwarnings("error")
def test_a_dead_layer_is_one_point():
    embedding = embed(np.full((50, 60), 0.3, np.float32), seed=0)
    assert not embedding.coordinates.any()
    assert embedding.kl_divergence == 0


@pytest.mark.filterwarnings("error")
def test_a_layer_that_tells_one_sample_by_the_last_bit_has_a_finite_map():
    activations = np.full((50, 60), 0.3, np.float32)
    activations[0, 0] = np.nextafter(activations[0, 0], 1)
    embedding = embed(activations, seed=0, perplexity=10)
    assert np.isfinite(embedding.coordinates).all()
    assert np.isfinite(embedding.kl_divergence)


def test_classes_on_one_spot_each_stay_apart_at_a_sensible_divergence():
    labels = np.arange(200) % 10
    embedding = embed(np.eye(10, dtype=np.float32)[labels], seed=0)
    assert abs(embedding.kl_divergence) < 0.1
    assert neighbour_accuracy(embedding.coordinates, labels) == 1


@pytest.mark.parametrize("samples", [20, 30])
def test_too_few_samples_for_the_perplexity_are_refused(samples):
    activations, _ = clusters(samples, 5)
    with pytest.raises(ValueError, match=f"perplexity 30 must be less than the {samples} samples"):
        embed(activations, seed=0)


def test_non_finite_activations_are_refused():
    activations, labels = clusters(50, 5)
    activations[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        embed(activations, seed=0)
    with pytest.raises(ValueError, match="NaN"):
        neighbour_accuracy(activations, labels)


def test_accuracy_is_that_of_a_classifier_trained_on_all_other_samples():
    points, labels = clusters(60, 3, spread=1)
    hits = 0
    for left_out in range(60):
        others = np.arange(60) != left_out
        classifier = KNeighborsClassifier(5).fit(points[others], labels[others])
        hits += classifier.predict(points[[left_out]])[0] == labels[left_out]
    assert neighbour_accuracy(points, labels, k=5) == hits / 60 < 1


def test_a_sample_is_not_its_own_neighbour():
    assert neighbour_accuracy(np.float32([[0], [1], [10], [11]]), np.array([0, 1, 0, 1]), k=1) == 0


def test_the_smallest_label_wins_a_tied_vote():
    points = np.float32([[0], [1], [2]])
    # The outer samples have one neighbour of either class.
    assert neighbour_accuracy(points, np.array([0, 1, 0]), k=2) == pytest.approx(2 / 3)
    assert neighbour_accuracy(points, np.array([1, 0, 1]), k=2) == 0


def test_a_dead_layer_tells_no_class_from_another():
    assert neighbour_accuracy(np.full((100, 8), 0.3, np.float32), np.arange(100) % 10) == 0.1


def test_a_common_offset_does_not_hide_neighbours():
    points, labels = clusters(80, 20, spread=0.05)
    saturated = np.float32(1) - np.float32(1e-6) * np.abs(points)
    assert neighbour_accuracy(saturated, labels) == 1


@pytest.mark.parametrize(
    ("labels", "k", "message"), [(5, 2, "inconsistent numbers"), (4, 4, "n_neighbors")]
)
def test_impossible_votes_are_refused(labels, k, message):
    with pytest.raises(ValueError, match=message):
        neighbour_accuracy(np.eye(4, dtype=np.float32), np.arange(labels), k=k)


def test_a_file_of_maps_is_small_and_its_votes_are_those_of_its_coordinates(
    trained, prepared, digits, tmp_path
):
    run, out = trained(arch="mlp", method="al"), tmp_path / "tsne.safetensors"
    embedding.write(run, prepared / "digits.safetensors", out, 60, perplexity=10, seed=0)
    (found,) = read.read_embeddings([out])
    labels = digits.test_labels.numpy()[:60]
    np.testing.assert_array_equal(found["groups"], labels)
    for layer in found["layers"]:
        assert layer["coordinates"].shape == (60, 2)
        assert layer["knn_embedding"] == neighbour_accuracy(layer["coordinates"], labels)
    numbers = sum(layer["coordinates"].size for layer in found["layers"])
    assert out.stat().st_size < 2 * numbers + 60 + 2500  # two bytes a coordinate, one a class


def test_a_map_that_is_not_kept_leaves_what_was_measured_of_it(trained, prepared, tmp_path):
    run, data = trained(arch="mlp", method="al"), prepared / "digits.safetensors"
    for out, flags in (("kept", []), ("left", ["--no-map"])):
        said = ["--run", str(run), "--data", str(data), "--samples", "60", "--perplexity", "10"]
        command.main([*said, "--out", str(tmp_path / out), *flags])
    ((kept,), (left,)) = (read.read_embeddings([tmp_path / out]) for out in ("kept", "left"))
    del kept["groups"]
    for layer in kept["layers"]:
        del layer["coordinates"]
    assert left == kept
    with pytest.raises(DataError, match="seed 0 has no t-SNE map"):
        tsne.draw([tmp_path / "left"])
