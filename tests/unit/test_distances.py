import math
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from associated_learning.distances import class_distances

quick = settings(max_examples=40, deadline=None)


def naive(activations: np.ndarray, labels: np.ndarray) -> tuple[float, float, float, float]:
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
    between = sum(
        len(group) * math.dist(centroid, x.mean(axis=0)) ** 2
        for group, centroid in zip(groups, centroids, strict=True)
    )
    within = sum(
        math.dist(sample, centroid) ** 2
        for group, centroid in zip(groups, centroids, strict=True)
        for sample in group
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return intra, inter, inter / intra, between / np.float64(within)


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
    distances = class_distances(activations, np.array([0, 0, 1, 1]))
    # centroids 1 and 13, mean 7: between 4 * 6^2, within 1 + 1 + 9 + 9
    assert distances == pytest.approx((4, 12, 3, 144 / 20))


def test_far_gaussians_have_the_distances_of_theory():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 400)
    activations = rng.normal(size=(800, 1000)).astype(np.float32)
    activations[labels == 1, 0] += 100
    distances = class_distances(activations, labels)
    assert distances.intra == pytest.approx(math.sqrt(2 * 1000), rel=1e-3)
    assert distances.inter == pytest.approx(100, rel=1e-2)
    assert distances.fisher == pytest.approx(50**2 / 1000, rel=1e-2)


@quick
@given(layers(), st.integers(1, 8))
def test_every_block_size_gives_what_the_definitions_give(layer, block):
    assert class_distances(*layer, block=block) == pytest.approx(naive(*layer), nan_ok=True)


@quick
@given(layers(), st.sampled_from([2.0**-20, 0.5, 64.0]))
def test_scale_changes_distances_and_leaves_ratios_alone(layer, scale):
    activations, labels = layer
    distances = class_distances(activations, labels)
    expected = (distances.intra * scale, distances.inter * scale, *distances[2:])
    scaled = class_distances(activations * np.float32(scale), labels)
    assert scaled == pytest.approx(expected, abs=0, nan_ok=True)


@quick
@given(layers(), st.integers(-1000, 1000))
def test_translation_changes_nothing(layer, offset):
    activations, labels = layer
    distances = class_distances(activations, labels)
    moved = class_distances(activations + np.float32(offset), labels)
    assert moved == pytest.approx(distances, nan_ok=True)


@quick
@given(layers(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_classes_matter(layer, random):
    activations, labels = layer
    order = random.sample(range(len(labels)), len(labels))
    names = np.array(random.sample(range(4), 4))
    renamed = class_distances(activations[order], names[labels[order]])
    assert renamed == pytest.approx(class_distances(activations, labels), nan_ok=True)


@pytest.mark.parametrize("spread", [1e-1, 1e-4, 1e-6])
def test_saturated_units_keep_five_digits(layer, spread):
    activations, labels = layer
    saturated = np.float32(1) - np.float32(spread) * np.abs(activations)
    assert class_distances(saturated, labels) == pytest.approx(naive(saturated, labels), rel=1e-5)


def test_near_samples_of_a_wide_class_keep_five_digits():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 40)
    activations = rng.normal(scale=1e-4, size=(80, 12)).astype(np.float32)
    activations[::2] += 1
    activations[0] += 1000
    distances = class_distances(activations, labels, block=16)
    assert distances == pytest.approx(naive(activations, labels), rel=1e-5)


def test_a_class_of_one_sample_has_no_intra_distance_but_a_centroid():
    activations = np.float32([[0], [2], [11]])
    distances = class_distances(activations, np.array([0, 0, 7]))
    assert distances[:3] == pytest.approx((2, 10, 5))


@pytest.mark.filterwarnings("error")
def test_collapsed_classes_are_infinitely_far_apart():
    activations = np.repeat(np.float32([[0.1, 0.2], [0.3, 0.7]]), 7, axis=0)
    distances = class_distances(activations, np.repeat([0, 1], 7), block=3)
    assert distances.intra == 0
    assert distances.ratio == distances.fisher == math.inf


@pytest.mark.filterwarnings("error")
def test_a_dead_layer_has_no_ratio():
    distances = class_distances(np.full((10, 3), 0.1, np.float32), np.arange(10) % 3)
    assert distances == pytest.approx((0, 0, math.nan, math.nan), nan_ok=True)


def test_memory_is_bounded_by_a_few_blocks():
    labels = np.arange(1200) % 2
    activations = np.random.default_rng(0).random((1200, 2000), dtype=np.float32)
    block_bytes = 8 * 50 * activations.shape[1]
    tracemalloc.start()
    try:
        class_distances(activations, labels, block=50)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * block_bytes < activations.nbytes


@pytest.mark.parametrize(
    ("activations", "labels", "message"),
    [
        ([[0], [1], [2]], [0, 1], "inconsistent numbers of samples"),
        ([[0], [1]], [3, 3], "two classes"),
        ([[0], [1]], [0, 1], "a class with two samples"),
        ([[0], [1], [np.nan]], [0, 1, 1], "NaN or infinite"),
        ([[0], [1], [np.inf]], [0, 1, 1], "NaN or infinite"),
        ([[0], [-np.inf], [1]], [0, 1, 1], "NaN or infinite"),
    ],
)
def test_what_has_no_distances_is_refused(activations, labels, message):
    with pytest.raises(ValueError, match=message):
        class_distances(np.float32(activations), np.array(labels))
