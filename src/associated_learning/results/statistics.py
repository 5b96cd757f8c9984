"""Statistics over seeds: means, deviations, intervals, tests, which components have started."""

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

ERROR = 0.025  # of each one-sided test: that of one end of a 95 % interval
SEEDS = 3  # the fewest that decide something
NO_DIFFERENCE = dict.fromkeys(("difference", "ci_low", "ci_high"), math.nan)  # see `difference`


class Sample(NamedTuple):
    """Summary of some values, each of one seed.

    Attributes
    ----------
    mean
        In the values' unit.
    std
        Standard deviation with n - 1, NaN of a single value.
    n
        How many they are.
    """

    mean: float
    std: float
    n: int


def sample(values: Sequence[float]) -> Sample:
    """Summarise values; mean and deviation are infinite or NaN as soon as one value is."""
    values = pd.Series(values)
    with np.errstate(invalid="ignore"):  # of a mean that is infinite
        return Sample(values.mean(skipna=False), values.std(skipna=False), len(values))


def by_cell(frame: pd.DataFrame, keys: list[str], measures: list[str]) -> pd.DataFrame:
    """Summarise columns of a frame.

    Returns
    -------
    One row per combination of `keys`, in the order found: these, `n`, and `x_mean` and `x_std`
    (with n - 1) for each x of `measures`. pandas adds up in groups more exactly than in `sample`,
    so the last digit may differ from there.
    """
    cells = frame.groupby(keys, sort=False)
    summary = cells[measures].agg(["mean", "std"])
    summary.columns = [f"{measure}_{statistic}" for measure, statistic in summary.columns]
    summary.insert(0, "n", cells.size())
    return summary.reset_index()


def welch_interval(a: Sample, b: Sample) -> tuple[float, float]:
    """95 % confidence interval of a difference of two means, variances unequal (Welch 1947).

    Runs of two methods are independent samples, also those of one seed: it draws other weights and
    another order for each method.

    Parameters
    ----------
    a, b
        Mean, standard deviation (with n - 1) and n of each sample.

    Returns
    -------
    Its ends, for mean a - mean b; NaN where there is none: with fewer than two values in one
    sample, or without any deviation in both.
    """
    (mean_a, std_a, n_a), (mean_b, std_b, n_b) = a, b
    if min(n_a, n_b) < 2 or max(std_a, std_b) < 1e-12:
        return math.nan, math.nan
    from scipy.special import stdtrit  # Student's t quantile; scipy.stats takes a second to import

    parts = np.array([std_a**2 / n_a, std_b**2 / n_b])  # variances of the means
    degrees = parts.sum() ** 2 / np.sum(parts**2 / [n_a - 1, n_b - 1])
    half = stdtrit(degrees, 0.975) * math.sqrt(parts.sum())
    return float(mean_a - mean_b - half), float(mean_a - mean_b + half)


def difference(a: Sample, b: Sample) -> dict[str, float]:
    """`difference`, mean a - mean b, with `ci_low` and `ci_high` (see `welch_interval`)."""
    low, high = welch_interval(a, b)
    return {"difference": a.mean - b.mean, "ci_low": low, "ci_high": high}


def mean_interval(values: Sample) -> tuple[float, float]:
    """95 % confidence interval of a mean (Student's t); NaN of fewer than two values."""
    if values.n < 2:
        return math.nan, math.nan
    from scipy.special import stdtrit

    half = stdtrit(values.n - 1, 0.975) * values.std / math.sqrt(values.n)
    return float(values.mean - half), float(values.mean + half)


def p_above(a: Sample, b: Sample) -> float:
    """Give the p value of Welch's one-sided test for mean a > mean b.

    Returns
    -------
    1 minus it is that for mean a < mean b. NaN where there is no interval (see `welch_interval`),
    or where one of them has fewer than `SEEDS` seeds: of two, the spread is not known.
    """
    if min(a.n, b.n) < SEEDS or math.isnan(welch_interval(a, b)[0]):
        return math.nan
    from scipy.stats import ttest_ind_from_stats

    return float(ttest_ind_from_stats(*a, *b, equal_var=False, alternative="greater").pvalue)


class NonInferiority(NamedTuple):
    """Whether a method is as accurate as a baseline, but for a margin.

    Attributes
    ----------
    margin
        By how much it may be less accurate, as a fraction.
    p
        Of the one-sided test for a difference above minus the margin; 1 minus it is that for one
        below. NaN where there is none.
    """

    margin: float
    p: float


def non_inferiority(
    method: Sample, baseline: Sample, points: float, errors: float
) -> NonInferiority:
    """Test accuracies against a margin: the smaller of `points` and a part of the baseline's error.

    That part is not known, but estimated by the same runs as the difference. Its uncertainty
    counts: with a margin of a tenth of the error, accuracy - baseline + (1 - baseline) / 10 is
    compared with 0, by Welch's test.

    Parameters
    ----------
    method, baseline
        Accuracies, as fractions.
    points
        The greatest margin, as a fraction.
    errors
        The part of the baseline's mean error.
    """
    relative = errors * (1 - baseline.mean)
    if relative >= points:
        return NonInferiority(
            points, p_above(method, baseline._replace(mean=baseline.mean - points))
        )
    bar = Sample(baseline.mean - relative, (1 + errors) * baseline.std, baseline.n)
    return NonInferiority(relative, p_above(method, bar))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for how many they are (Holm 1979); NaN counts as 1."""
    if not len(p_values):
        return []
    from statsmodels.stats.multitest import multipletests

    return multipletests(np.nan_to_num(p_values, nan=1.0), method="holm")[1].tolist()


def both_sides(p_values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Corrected p values for above and for below, of one-sided ones for above (see `holm`)."""
    return holm(p_values), holm([1 - p for p in p_values])


def sides(p_values: Sequence[float]) -> list[int]:
    """On which side the differences of several cells lie: 1 above, -1 below, 0 not decided.

    Parameters
    ----------
    p_values
        Of each cell's one-sided test for above; NaN where there is none. All are corrected
        together, for each side apart, and an error of `ERROR` is allowed for each.
    """
    above, below = both_sides(p_values)
    return [(a < ERROR) - (b < ERROR) for a, b in zip(above, below, strict=True)]


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean of values that are not negative; 0 as soon as one is."""
    with np.errstate(divide="ignore"):
        return float(np.exp(np.log(np.asarray(values)).mean()))


def prefix_means(accuracies: Collection[Any]) -> np.ndarray | None:
    """Mean accuracy over seeds of every prefix of components.

    Parameters
    ----------
    accuracies
        `prefix_test_accuracy` of the runs of one cell, a list each.

    Returns
    -------
    Shape (components,), as fractions; None of a network that predicts as a whole alone.
    """
    means = np.mean(list(accuracies), axis=0)
    return means if len(means) > 1 else None


def started(prefixes: np.ndarray, classes: int) -> str:
    """How many components have started, of how many: "3/4".

    A component has started if its prefix is right more than twice as often as chance.

    Parameters
    ----------
    prefixes
        Mean accuracies over seeds, shape (components,), as fractions (see `prefix_means`).
    classes
        Of the data set.
    """
    return f"{sum(prefixes > 2 / classes)}/{len(prefixes)}"
