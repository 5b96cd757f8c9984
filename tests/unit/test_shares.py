"""Which worker of a pipeline trains which parts: the slowest worker is as quick as can be."""

import itertools

import pytest
import torch
from helpers import batch, network
from torch import nn

from associated_learning.errors import TrainingError
from associated_learning.training.shares import balanced, stage_seconds
from associated_learning.training.step import make_optimisers


@pytest.mark.parametrize(
    ("costs", "workers", "shares"),
    [
        ([1, 1, 1, 1], 2, [(0, 2), (2, 4)]),
        ([5, 1, 1, 1], 2, [(0, 1), (1, 4)]),
        ([1, 2, 3, 4], 2, [(0, 3), (3, 4)]),
        ([1, 1, 8, 1, 1], 3, [(0, 2), (2, 3), (3, 5)]),
        ([3], 1, [(0, 1)]),
    ],
)
def test_components_are_grouped_so_that_the_slowest_worker_is_quickest(costs, workers, shares):
    found = balanced(costs, workers)
    assert [(share.start, share.stop) for share in found] == shares


def test_grouping_is_the_best_of_all():
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        costs = torch.rand(7, generator=generator).tolist()
        for workers in range(1, 8):
            every = itertools.combinations(range(1, 7), workers - 1)
            best = min(
                max(sum(costs[a:b]) for a, b in itertools.pairwise((0, *cuts, 7))) for cuts in every
            )
            found = balanced(costs, workers)
            assert max(sum(costs[k] for k in share) for share in found) == pytest.approx(best)
            assert [k for share in found for k in share] == list(range(7))


def test_more_workers_than_components_are_refused():
    with pytest.raises(TrainingError, match="--workers: 3; allowed: 1 to 2, one per component"):
        balanced([1.0, 1.0], 3)


def test_every_part_is_timed_at_a_step_that_is_taken():
    some = network("cnn")
    before = [p.detach().clone() for p in some.parameters()]
    optimisers = make_optimisers(some, 1e-3, 2.0, 0.0, (nn.Conv2d,))
    seconds = stage_seconds(some, optimisers, *batch())
    assert len(seconds) == 4 and min(seconds) > 0
    assert not any(torch.equal(p, old) for p, old in zip(some.parameters(), before, strict=True))
