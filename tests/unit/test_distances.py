import math
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import silhouette_score

from associated_learning.measure.distances import FEATURES, ClassDistances, class_distances

quick = settings(max_examples=40, deadline=None)


def measure(activations: np.ndarray, labels: np.ndarray) -> ClassDistances:
    """The distances of one layer, its samples given class by class."""
    names = np.unique(labels).tolist()
    return class_distances(lambda label: [("s1", activations[labels == label])], names)["s1"]


def naive(activations: np.ndarray, labels: np.ndarray) -> tuple[int, float, float, float, float]:
    """The definitions, sample by sample."""
    x = activations.astype(np.float64)
    groups = [x[labels == label] for label in np.unique(labels)]
    centroids = [group.mean(axis=0) for group in groups]
    intra = np.mean(
        [
            np.mean([math.dist(a, b) for a, b in combinations(group, 2)])
            for group in groups
            if len(group) > 1
        ]
    )
    inter = np.mean([math.dist(a, b) for a, b in combinations(centroids, 2)])
    # From the matrix, as exact as one gets it: scikit-learn's own distances cancel.
    squares = np.array([[math.dist(a, b) ** 2 for a in x] for b in x])
    silhouette = silhouette_score(squares, labels, metric="precomputed")
    with np.errstate(divide="ignore", invalid="ignore"):
        return x.shape[1], intra, inter, inter / intra, silhouette


@pytest.fixture
def layer() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 120)
    centres = rng.normal(size=(4, 12))
    return (centres[labels] + rng.normal(size=(120, 12))).astype(np.float32), labels


@st.composite
def layers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A few samples of two classes or more, one of which has two samples, on a grid."""
    labels = np.array([0, 0, 1, *draw(st.lists(st.integers(0, 3), max_size=12))])
    shape = (len(labels), draw(st.integers(1, 5)))
    return draw(arrays(np.float32, shape, elements=st.integers(-100, 100))), labels


def test_distances_on_a_line_are_those_read_off_it():
    activations = np.float32([[0], [2], [10], [16]])
    # Squared distances to the own class and, in the mean, to the other: 4, 178; 4, 130; 36, 82;
    # 36, 226.
    silhouette = (174 / 178 + 126 / 130 + 46 / 82 + 190 / 226) / 4
    distances = measure(activations, np.array([0, 0, 1, 1]))
    assert distances == pytest.approx((1, 4, 12, 3, silhouette))


def test_far_gaussians_have_the_distances_of_theory():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 400)
    activations = rng.normal(size=(800, 1000)).astype(np.float32)
    activations[labels == 1, 0] += 100
    distances = measure(activations, labels)
    assert distances.intra == pytest.approx(math.sqrt(2 * 1000), rel=1e-3)
    assert distances.inter == pytest.approx(100, rel=1e-2)
    assert distances.silhouette == pytest.approx(1 - 2000 / (2000 + 100**2), rel=1e-2)


@quick
@given(layers())
def test_class_by_class_gives_what_the_definitions_give(layer):
    assert measure(*layer) == pytest.approx(naive(*layer), nan_ok=True)


def test_the_silhouette_is_that_of_scikit_learn(layer):
    expected = silhouette_score(*layer, metric="sqeuclidean")
    assert measure(*layer).silhouette == pytest.approx(expected, rel=1e-5)


def test_features_looked_at_in_several_parts_all_count(layer):
    activations, labels = layer
    wide = np.tile(activations, 2 * FEATURES // 12)
    assert wide.shape[1] % FEATURES
    distances, narrow = measure(wide, labels), measure(activations, labels)
    scale = math.sqrt(wide.shape[1] / 12)
    expected = (narrow.intra * scale, narrow.inter * scale, narrow.ratio, narrow.silhouette)
    assert distances[1:] == pytest.approx(expected)


def test_layers_are_measured_each_by_itself(layer):
    activations, labels = layer
    found = class_distances(
        lambda label: [
            ("s1", activations[labels == label]),
            ("s2", activations[labels == label] ** 2),
        ],
        range(4),
    )
    assert found == {"s1": measure(activations, labels), "s2": measure(activations**2, labels)}


@quick
@given(layers(), st.sampled_from([2.0**-20, 0.5, 64.0]))
def test_scale_changes_distances_and_leaves_ratio_and_silhouette_alone(layer, scale):
    activations, labels = layer
    features, intra, inter, *others = measure(activations, labels)
    expected = (features, intra * scale, inter * scale, *others)
    scaled = measure(activations * np.float32(scale), labels)
    assert scaled == pytest.approx(expected, abs=0, nan_ok=True)


@quick
@given(layers(), st.integers(-1000, 1000))
def test_translation_changes_nothing(layer, offset):
    activations, labels = layer
    moved = measure(activations + np.float32(offset), labels)
    assert moved == pytest.approx(measure(activations, labels), nan_ok=True)


@quick
@given(layers(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_classes_matter(layer, random):
    activations, labels = layer
    order = random.sample(range(len(labels)), len(labels))
    names = np.array(random.sample(range(4), 4))
    renamed = measure(activations[order], names[labels[order]])
    assert renamed == pytest.approx(measure(activations, labels), nan_ok=True)


@pytest.mark.parametrize("spread", [1e-1, 1e-4, 1e-6])
def test_saturated_units_keep_five_digits(layer, spread):
    activations, labels = layer
    saturated = np.float32(1) - np.float32(spread) * np.abs(activations)
    assert measure(saturated, labels) == pytest.approx(naive(saturated, labels), rel=1e-5)


def test_near_samples_of_a_wide_class_keep_five_digits():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 40)
    activations = rng.normal(scale=1e-4, size=(80, 12)).astype(np.float32)
    activations[::2] += 1
    activations[0] += 1000
    assert measure(activations, labels) == pytest.approx(naive(activations, labels), rel=1e-5)


def test_a_class_of_one_sample_has_no_intra_distance_but_a_centroid():
    distances = measure(np.float32([[0], [2], [11]]), np.array([0, 0, 7]))
    # Squared distances 4, 121 and 4, 81; the silhouette of a sample alone is 0.
    assert distances == pytest.approx((1, 2, 10, 5, (117 / 121 + 77 / 81) / 3))


@pytest.mark.filterwarnings("error")
def test_collapsed_classes_are_infinitely_far_apart():
    activations = np.repeat(np.float32([[0.1, 0.2], [0.3, 0.7]]), 7, axis=0)
    distances = measure(activations, np.repeat([0, 1], 7))
    assert distances.intra == 0
    assert (distances.ratio, distances.silhouette) == (math.inf, 1)


@pytest.mark.filterwarnings("error")
def test_a_dead_layer_has_no_ratio_and_a_silhouette_of_zero():
    distances = measure(np.full((10, 3), 0.1, np.float32), np.arange(10) % 3)
    assert distances == pytest.approx((3, 0, 0, math.nan, 0), abs=0, nan_ok=True)


def test_memory_is_bounded_by_one_class():
    samples, features, classes = 100, 20_000, 20

    def of_class(label: int) -> list[tuple[str, np.ndarray]]:
        return [("s1", np.full((samples, features), label, np.float32))]

    tracemalloc.start()
    try:
        class_distances(of_class, range(classes))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    one_class = 4 * samples * features
    assert peak < 4 * one_class < classes * one_class / 4


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    ("activations", "labels", "message"),
    [
        ([[0], [1]], [3, 3], "two classes"),
        ([[0], [1]], [0, 1], "a class with two samples"),
        ([[0], [1], [np.nan]], [0, 1, 1], "s1: activations hold NaN or infinite"),
        ([[0], [1], [np.inf]], [0, 1, 1], "NaN or infinite"),
        ([[0], [-np.inf], [np.inf]], [0, 1, 1], "NaN or infinite"),
    ],
)
def test_what_has_no_distances_is_refused(activations, labels, message):
    with pytest.raises(ValueError, match=message):
        measure(np.float32(activations), np.array(labels))
