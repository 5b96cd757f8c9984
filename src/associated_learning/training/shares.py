"""Which worker of a pipeline trains which parts."""

import functools
import itertools
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from associated_learning.errors import TrainingError
from associated_learning.methods.base import Method
from associated_learning.training.step import Adam


def stage_seconds(
    network: Method, optimisers: Sequence[Adam], x: Tensor, labels: Tensor
) -> list[float]:
    """Seconds that a step of each part takes, one after the other in one process.

    Input x and labels are those of `Method.losses`; the parts are updated.
    """
    stamps = [time.perf_counter()]
    for losses, optimiser in zip(network.losses(x, labels), optimisers, strict=True):
        sum(losses).backward()
        optimiser.step()
        if x.is_cuda:
            torch.cuda.synchronize()
        stamps.append(time.perf_counter())
    return [end - start for start, end in itertools.pairwise(stamps)]


def balanced(costs: Sequence[float], workers: int) -> list[range]:
    """Split parts into consecutive shares such that the most expensive share is the least so.

    Parameters
    ----------
    costs
        Of each part.
    workers
        Number of shares; none is empty.

    Raises
    ------
    TrainingError
        There are fewer parts than workers.
    """
    if workers > len(costs):
        raise TrainingError(f"--workers: {workers}; allowed: 1 to {len(costs)}, one per component")

    @functools.cache
    def best(start: int, shares: int) -> tuple[float, tuple[int, ...]]:
        """Cost of the most expensive share and ends of all, from a part on."""
        if shares == 1:
            return sum(costs[start:]), (len(costs),)
        return min(
            (max(sum(costs[start:end]), best(end, shares - 1)[0]), (end, *best(end, shares - 1)[1]))
            for end in range(start + 1, len(costs) - shares + 2)
        )

    ends = best(0, workers)[1]
    return [range(start, end) for start, end in zip((0, *ends), ends, strict=False)]
