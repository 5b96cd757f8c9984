"""Training on a GPU: a step is a CUDA graph, launched at once.

The kernels of a small network end sooner than Python launches the next ones. Recorded once and
replayed they cost one launch, and every number keeps every bit. What is recorded with a graph stays
as it was: so the optimisers' kernels are part of it only where the rate and Adam's epsilon have
stood still for a while. Until then, and under a schedule that never stands still, they are launched
one by one.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from associated_learning.data.load import Dataset
from associated_learning.training import step
from associated_learning.training.config import Config
from associated_learning.training.run import Run

WARM_UP = 3  # steps before anything is recorded: libraries choose and allocate in the first ones
STILL = 100  # steps after which rate and epsilon count as constant


def make_run(config: Config, data: Dataset) -> Run:
    """The run of a config: graphed on a GPU."""
    return (GraphedRun if config.device == "cuda" else Run)(config, data)


class GraphedRun(Run):
    """A run on a GPU that records its steps and replays them.

    Where a method asks the device for a number within a step, nothing can be recorded: its kernels
    are launched one by one.
    """

    steps_here = 0  # since this process began or restored the run
    recordable = True
    constants: tuple[float, float] | None = None  # of the last step
    still = 0  # steps since they changed
    gradients: torch.cuda.CUDAGraph | None = None  # of a step without what its optimisers do
    whole: torch.cuda.CUDAGraph | None = None  # of a step with these constants

    def step_on(self, batch: Tensor) -> Tensor:
        """Take one step on training images, given by their indices; returns all losses, flat."""
        if not self.recordable or self.steps_here < WARM_UP:
            self.steps_here += 1
            return super().step_on(batch)
        if self.gradients is None:
            self.batch = batch.clone()
            self.gradients, self.losses_of_gradients = self.recorded(self.backward)
            self.found = [
                [(p, p.grad) for group in optimiser.groups for p in group["params"]]
                for optimiser in self.optimisers
            ]
            if not self.recordable:
                return super().step_on(batch)
        self.batch.copy_(batch)
        self.notice_constants()
        if self.still < STILL:
            return self.step_by_gradients()
        if self.whole is None:
            # Recording counts the optimisers' steps, so this one is not counted below.
            self.whole, self.losses_of_whole = self.recorded(lambda: Run.step_on(self, self.batch))
        else:
            for optimiser in self.optimisers:
                optimiser.steps += 1
        self.whole.replay()
        return self.losses_of_whole

    def notice_constants(self) -> None:
        """Count the steps that rate and epsilon have stood still; forget what has others."""
        constants = self.schedule_factor(self.step), step.epsilon(self.optimisers[0].steps + 1)
        self.still = self.still + 1 if constants == self.constants else 0
        if not self.still:
            self.constants, self.whole = constants, None

    def step_by_gradients(self) -> Tensor:
        """Take one step: gradients at once, optimisers' kernels one by one."""
        self.gradients.replay()
        factor = self.schedule_factor(self.step)
        for optimiser, found in zip(self.optimisers, self.found, strict=True):
            for parameter, gradient in found:
                parameter.grad = gradient
            optimiser.step(factor)
        return self.losses_of_gradients

    def backward(self) -> Tensor:
        """Gradients of all parts, as `step.train_step` has them; returns all losses, flat."""
        augmentation = self.augmentation if self.config.augment else None
        x, labels = self.prepared(self.images[self.batch], augmentation), self.labels[self.batch]
        found = []
        for losses in self.network.losses(x, labels):
            sum(losses).backward()
            found += [loss.detach() for loss in losses]
        return torch.stack(found)

    def recorded(self, work: Callable[[], Tensor]) -> tuple[torch.cuda.CUDAGraph | None, Tensor]:
        """The graph of some work, and where its result will lie; no graph where there can be none.

        The work is not done meanwhile.
        """
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.augmentation)
        try:
            with torch.cuda.graph(graph):
                losses = work()
        except RuntimeError as error:
            if "captur" not in str(error):
                raise
            self.recordable = False
            self.network.zero_grad(set_to_none=True)
            print(f"{self.config.name} | steps are launched kernel by kernel: {error}", flush=True)
            return None, torch.empty(0)
        return graph, losses
