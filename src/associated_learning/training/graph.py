"""Training on a GPU: the gradients of a step are one CUDA graph, launched at once.

The kernels of a small network end sooner than Python launches the next ones. Recorded once and
replayed, all of a step but its optimisers costs one launch, and every number keeps every bit. The
optimisers' few kernels are launched as ever: rate and epsilon change from step to step, and what is
recorded stays.
"""

import torch
from torch import Tensor

from associated_learning.data.load import Dataset
from associated_learning.training.config import Config
from associated_learning.training.run import Run

WARM_UP = 3  # steps before the graph is recorded: libraries choose and allocate in the first ones


def make_run(config: Config, data: Dataset) -> Run:
    """The run of a config: graphed on a GPU."""
    return (GraphedRun if config.device == "cuda" else Run)(config, data)


class GraphedRun(Run):
    """A run on a GPU that records the gradients of its fourth step, and replays them from then on.

    Where a method asks the device for a number within a step, nothing can be recorded: its kernels
    are launched one by one.
    """

    graph: torch.cuda.CUDAGraph | None = None
    steps_here = 0  # since this process began or restored the run

    def step_on(self, batch: Tensor) -> Tensor:
        """Take one step on training images, given by their indices; returns all losses, flat."""
        self.steps_here += 1
        if self.steps_here == WARM_UP + 1:
            self.record(batch)
        if self.graph is None:
            return super().step_on(batch)
        self.batch.copy_(batch)
        self.graph.replay()
        factor = self.schedule_factor(self.step)
        for optimiser, gradients in zip(self.optimisers, self.gradients, strict=True):
            for parameter, gradient in gradients:
                parameter.grad = gradient
            optimiser.step(factor)
        return self.flat

    def record(self, batch: Tensor) -> None:
        """Record what `Run.step_on` does on a batch, but for the optimisers."""
        self.batch = batch.clone()
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.augmentation)
        try:
            with torch.cuda.graph(graph):
                self.flat = self.backward()
        except RuntimeError as error:
            if "captur" not in str(error):
                raise
            self.network.zero_grad(set_to_none=True)
            print(f"{self.config.name} | kernels are launched one by one: {error}", flush=True)
            return
        self.graph = graph
        self.gradients = [
            [(p, p.grad) for group in optimiser.groups for p in group["params"]]
            for optimiser in self.optimisers
        ]

    def backward(self) -> Tensor:
        """Gradients of all parts, as `step.train_step` has them; returns all losses, flat."""
        augmentation = self.augmentation if self.config.augment else None
        x = self.prepared(self.images[self.batch], augmentation)
        found = []
        for losses in self.network.losses(x, self.labels[self.batch]):
            sum(losses).backward()
            found += [loss.detach() for loss in losses]
        return torch.stack(found)
