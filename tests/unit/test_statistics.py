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


def test_the_interval_of_a_mean_is_student_s():
    expected = scipy.stats.t.interval(0.95, 2, np.mean(A), scipy.stats.sem(A))
    assert statistics.mean_interval(statistics.sample(A)) == pytest.approx(expected)
    assert all(map(math.isnan, statistics.mean_interval(Sample(0.5, math.nan, 1))))


def test_the_one_sided_test_is_welch_s_and_its_5_in_200_is_the_end_of_the_interval():
    a, b = statistics.sample(A), statistics.sample(B)
    expected = scipy.stats.ttest_ind(A, B, equal_var=False, alternative="greater").pvalue
    assert statistics.p_above(a, b) == pytest.approx(expected)
    assert statistics.p_above(b, a) == pytest.approx(1 - expected)
    low, high = statistics.welch_interval(a, b)
    assert statistics.p_above(a._replace(mean=a.mean - low), b) == pytest.approx(0.025)
    assert statistics.p_above(a._replace(mean=a.mean - high), b) == pytest.approx(0.975)
    assert math.isnan(statistics.p_above(a, Sample(0.5, math.nan, 1)))
    assert math.isnan(statistics.p_above(a, Sample(0.1, 0.01, 2)))  # of two the spread is not known
    assert not math.isnan(statistics.p_above(a, Sample(0.1, 0.01, 3)))
    assert math.isnan(statistics.p_above(Sample(0.5, 0.0, 3), Sample(0.4, 0.0, 3)))


MARGIN = {"points": 0.02, "errors": 0.1}


@pytest.mark.parametrize(("bp", "margin"), [(0.98, 0.002), (0.9, 0.01), (0.8, 0.02), (0.4, 0.02)])
def test_the_margin_is_two_points_or_a_tenth_of_the_baseline_s_error(bp, margin):
    found = statistics.non_inferiority(Sample(bp, 0.01, 5), Sample(bp, 0.01, 5), **MARGIN)
    assert found.margin == pytest.approx(margin)
    at_margin = statistics.non_inferiority(
        Sample(bp - margin, 0.01, 5), Sample(bp, 0.01, 5), **MARGIN
    )
    assert at_margin.p == pytest.approx(0.5)


def test_a_margin_that_is_known_only_shifts_and_one_that_is_estimated_counts_as_uncertain():
    al = Sample(0.395, 0.01, 5)
    known = statistics.non_inferiority(al, Sample(0.4, 0.01, 5), **MARGIN)
    assert known.p == pytest.approx(statistics.p_above(al, Sample(0.38, 0.01, 5)))
    al, bp = [0.9795, 0.9781, 0.9802], [0.9805, 0.9799, 0.9811]
    found = statistics.non_inferiority(statistics.sample(al), statistics.sample(bp), **MARGIN)
    bar = 1.1 * np.array(bp) - 0.1  # what AL has to be above
    expected = scipy.stats.ttest_ind(al, bar, equal_var=False, alternative="greater").pvalue
    assert found.p == pytest.approx(expected)


def test_p_values_are_corrected_by_holm_s_steps():
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([0.01, math.nan]) == pytest.approx([0.02, 1])
    assert statistics.holm([]) == []


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.02], [1]),
        ([0.02, 0.02], [0, 0]),
        ([0.012, 0.02], [1, 1]),  # Holm's second step
        ([0.02, math.nan], [0, 0]),  # what decides nothing counts
        ([0.98], [-1]),
        ([0.999, 0.001, 0.5], [-1, 1, 0]),
        ([], []),
    ],
)
def test_a_cell_lies_on_a_side_if_its_corrected_p_value_says_so(p_values, expected):
    assert statistics.sides(p_values) == expected


@pytest.fixture
def no_collection(monkeypatch):
    """Statsmodels collects garbage at each correction, which takes a tenth of a second here."""
    monkeypatch.setattr("gc.collect", lambda: 0)


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("seeds", [3, 10])
@pytest.mark.parametrize(
    ("bp", "deviations"), [(0.98, (0.001, 0.001)), (0.4, (0.02, 0.01)), (0.8, (0.01, 0.01))]
)
@pytest.mark.parametrize("cells", [1, 5])
def test_at_minus_the_margin_a_claim_is_reproduced_in_2_and_a_half_percent_of_draws_at_most(
    seeds, bp, deviations, cells
):
    """In any cell of a claim of so many, in all of which the true difference is the margin."""
    draws, generator = 2000, np.random.default_rng(0)
    al = bp - min(0.02, 0.1 * (1 - bp))
    values = generator.normal(
        np.array([al, bp])[:, None], np.array(deviations)[:, None], (draws, cells, 2, seeds)
    )
    means, spreads = values.mean(-1), values.std(-1, ddof=1)
    wrong = 0
    for of_means, of_spreads in zip(means, spreads, strict=True):
        found = [
            statistics.non_inferiority(
                Sample(mean[0], spread[0], seeds), Sample(mean[1], spread[1], seeds), **MARGIN
            ).p
            for mean, spread in zip(of_means, of_spreads, strict=True)
        ]
        wrong += 1 in statistics.sides(found)
    allowed = draws * statistics.ERROR
    assert wrong <= allowed + 3 * math.sqrt(allowed)


def test_a_method_that_is_as_good_is_called_so_and_one_that_is_worse_is_not():
    generator = np.random.default_rng(1)
    for al, side in ((0.981, 1), (0.970, -1)):
        found = [
            statistics.non_inferiority(
                statistics.sample(generator.normal(al, 0.001, 5)),
                statistics.sample(generator.normal(0.98, 0.001, 5)),
                **MARGIN,
            ).p
            for _ in range(5)
        ]
        assert statistics.sides(found) == [side] * 5
