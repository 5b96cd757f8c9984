"""One training step: Adam, one for each part, and what it does to which parameters (appendix A)."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Torch's fused Adam (Kingma and Ba 2015) over groups of parameters, with TensorFlow's epsilon.

    Computed by torch's own functional form: the class `torch.optim.Adam` would import torch's
    compiler at its first step, which costs every job seconds. TensorFlow adds its epsilon to the
    square root of the uncorrected second moment. In torch's form that is, at step t, an epsilon of
    1e-8 / sqrt(1 - 0.999^t): 3.2e-7 at the first step, 1.3e-8 at the thousandth.

    Parameters
    ----------
    groups
        Dicts of `params`, `learning_rate` and `weight_decay`, the factor of the L2 penalty.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.groups = [group for group in groups if group["params"]]
        self.steps = 0
        self.moments: list[list[Tensor]] = []  # of each group: first moments, second, step counts

    @torch.no_grad()
    def step(self, factor: float = 1.0) -> None:
        """Update all parameters at `factor` times their rates, and let go of the gradients."""
        self.steps += 1
        for group, state in zip(self.groups, self.state(), strict=True):
            params, count = group["params"], len(group["params"])
            adam(
                [as_it_lies(p) for p in params],
                [as_it_lies(p.grad) for p in params],
                state[:count],
                state[count : 2 * count],
                max_exp_avg_sqs=[],
                state_steps=state[2 * count :],
                fused=True,
                foreach=False,
                capturable=False,
                differentiable=False,
                amsgrad=False,
                maximize=False,
                beta1=BETA1,
                beta2=BETA2,
                eps=epsilon(self.steps),
                lr=group["learning_rate"] * factor,
                weight_decay=group["weight_decay"],
            )
            for p in params:
                p.grad = None

    def state(self) -> list[list[Tensor]]:
        """What it remembers, of each group one list: first moments, second moments, step counts."""
        if not self.moments:
            for group in self.groups:
                params = group["params"]
                moments = [
                    torch.zeros_like(as_it_lies(p.detach())) for _ in range(2) for p in params
                ]
                self.moments.append([*moments, *(torch.zeros((), device=p.device) for p in params)])
        return self.moments

    def load_state(self, state: list[list[Tensor]]) -> None:
        """Restore what `state` gave."""
        for mine, theirs in zip(self.state(), state, strict=True):
            for one, other in zip(mine, theirs, strict=True):
                one.copy_(other)
            self.steps = int(mine[-1])


def epsilon(step: int) -> float:
    """TensorFlow's epsilon at a step, counted from 1, in torch's form."""
    return EPSILON / math.sqrt(1 - BETA2**step)


def as_it_lies(tensor: Tensor) -> Tensor:
    """A tensor without gaps in the order of memory, (numbers,), where that is not its shape's.

    Torch's fused kernels take tensors of other orders by way of copies. A gradient lies as its
    parameter does: autograd sees to that.
    """
    return tensor if tensor.is_contiguous() else tensor.as_strided((tensor.numel(),), (1,))


def make_optimisers(
    network: nn.Module,
    learning_rate: float,
    target_lr_factor: float,
    l2: float,
    l2_layers: tuple[type[nn.Module], ...],
) -> list[Adam]:
    """One Adam for each part of a network (see `methods.base.Method`).

    The target path learns at `target_lr_factor` times the rate. The L2 penalty is on the weights of
    those of the network's `penalised` layers that are `l2_layers`; Adam's weight decay is its
    gradient.
    """
    layers = [layer for module in network.penalised() for layer in module.modules()]
    penalised = {id(layer.weight) for layer in layers if isinstance(layer, l2_layers)}
    target = {id(p) for p in network.target_parameters()}
    found = []
    for part in network.parts():
        groups = [
            {"params": [], "learning_rate": learning_rate, "weight_decay": l2},
            {
                "params": [],
                "learning_rate": learning_rate * target_lr_factor,
                "weight_decay": 0.0,
            },
            {"params": [], "learning_rate": learning_rate, "weight_decay": 0.0},
        ]
        for parameter in filter(lambda p: p.requires_grad, part.parameters()):
            place = 0 if id(parameter) in penalised else 1 if id(parameter) in target else 2
            groups[place]["params"].append(parameter)
        found.append(Adam(groups))
    return found


def train_step(
    network: nn.Module, optimisers: list[Adam], x: Tensor, labels: Tensor, factor: float = 1.0
) -> Tensor:
    """One update of each part, at `factor` times its rates; returns all losses, flat, detached.

    Each part is updated before the next one is computed, which changes no bit of any of them: their
    losses share no parameter. So there is one part's gradients in memory at a time.
    """
    found = []
    for losses, optimiser in zip(network.losses(x, labels), optimisers, strict=True):
        sum(losses).backward()
        optimiser.step(factor)
        found += [loss.detach() for loss in losses]
    return torch.stack(found)


def schedule_factor(schedule: str, step: int, total_steps: int) -> float:
    """Factor on the learning rate at a step, counted from 0.

    `step` is the thesis' schedule: x0.1 at 40 %, 60 % and 80 % of the steps, x0.5 at 90 %. `cosine`
    goes to 0 (Loshchilov and Hutter 2017), `constant` stays at 1.
    """
    done = step / total_steps
    if schedule == "step":
        return math.prod(
            f for at, f in ((0.4, 0.1), (0.6, 0.1), (0.8, 0.1), (0.9, 0.5)) if done >= at
        )
    return (1 + math.cos(math.pi * done)) / 2 if schedule == "cosine" else 1.0
