"""Means, deviations and intervals over seeds; which components have started."""

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from associated_learning.results import statistics
from associated_learning.results.statistics import Sample

A, B = [0.970, 0.975, 0.986], [0.980, 0.984, 0.985, 0.99]


def test_a_sample_is_its_mean_its_deviation_with_n_minus_1_and_n():
    mean, std, n = statistics.sample(A)
    assert (mean, std, n) == pytest.approx((np.mean(A), np.std(A, ddof=1), 3))
    one = statistics.sample([0.5])
    assert (one.mean, one.n) == (0.5, 1) and math.isnan(one.std)


@pytest.mark.filterwarnings("error")
def test_a_value_that_is_not_finite_is_not_averaged_away():
    assert math.isnan(statistics.sample([1.0, math.nan]).mean)
    assert math.isnan(statistics.sample([1.0, math.nan, 2.0]).std)
    infinite = statistics.sample([1.0, math.inf])
    assert math.isinf(infinite.mean) and math.isnan(infinite.std)


def test_the_interval_is_welch_s():
    expected = scipy.stats.ttest_ind(A, B, equal_var=False).confidence_interval(0.95)
    samples = statistics.sample(A), statistics.sample(B)
    assert statistics.welch_interval(*samples) == pytest.approx(tuple(expected))
    found = statistics.difference(*samples)
    assert found["difference"] == pytest.approx(np.mean(A) - np.mean(B))
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(expected))
    turned = statistics.welch_interval(*samples[::-1])
    assert turned == pytest.approx((-expected.high, -expected.low))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Sample(0.5, math.nan, 1), Sample(0.5, 0.1, 3)),
        (Sample(0.5, 0.1, 3), Sample(0.5, math.nan, 1)),
        (Sample(0.5, 0.0, 3), Sample(0.4, 0.0, 3)),
        (Sample(0.5, 1e-17, 3), Sample(0.4, 0.0, 3)),  # of rounding alone
    ],
)
def test_there_is_no_interval_of_too_few_values_or_without_any_deviation(a, b):
    found = statistics.difference(a, b)
    assert math.isnan(found["ci_low"]) and math.isnan(found["ci_high"])
    assert found["difference"] == a.mean - b.mean
    assert found.keys() == statistics.NO_DIFFERENCE.keys()


def test_cells_are_summarised_in_the_order_found():
    frame = pd.DataFrame(
        {"method": ["b", "a", "b"], "seed": [0, 0, 1], "x": [1.0, 5.0, 2.0], "y": [0.0, 1.0, 0.0]}
    )
    found = statistics.by_cell(frame, ["method"], ["x", "y"])
    assert list(found) == ["method", "n", "x_mean", "x_std", "y_mean", "y_std"]
    assert found["method"].tolist() == ["b", "a"] and found["n"].tolist() == [2, 1]
    assert found["x_mean"].tolist() == [1.5, 5]
    assert found["x_std"][0] == pytest.approx(math.sqrt(0.5)) and math.isnan(found["x_std"][1])
    assert found["y_std"][0] == 0


@pytest.mark.filterwarnings("error")
def test_the_geometric_mean_is_zero_as_soon_as_one_value_is():
    assert statistics.geometric_mean([1e-3, 1e-1]) == pytest.approx(1e-2)
    assert statistics.geometric_mean([1e-3, 0.0]) == 0
    assert statistics.geometric_mean([1e-200, 1e-200]) == pytest.approx(1e-200)  # no underflow


def test_prefixes_are_averaged_over_seeds_where_there_is_more_than_one():
    np.testing.assert_allclose(statistics.prefix_means([[0.9, 0.1], [0.7, 0.3]]), [0.8, 0.2])
    assert statistics.prefix_means([[0.9], [0.7]]) is None


@pytest.mark.parametrize(
    ("prefixes", "classes", "expected"),
    [
        ([0.9, 0.2, 0.25], 10, "2/3"),  # twice chance is not above it
        ([0.021, 0.019], 100, "1/2"),
        ([0.1, 0.1], 10, "0/2"),
    ],
)
def test_a_component_has_started_above_twice_chance(prefixes, classes, expected):
    assert statistics.started(np.array(prefixes), classes) == expected
