"""Adam, one for each component, and what it does to which parameters (thesis appendix A)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from associated_learning.network import BackpropNetwork, Component

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Torch's fused Adam (Kingma and Ba 2015) over groups of parameters.

    Bit for bit what `torch.optim.Adam(fused=True)` computes, by torch's own functional form. The
    class would import torch's compiler at its first step, which costs every job seconds.

    Parameters
    ----------
    groups
        Dicts of `params`, `learning_rate` and `weight_decay`, the factor of the L2 penalty.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.groups = [group for group in groups if group["params"]]
        self.moments: list[list[Tensor]] = []  # of each group: first moments, second, step counts

    @torch.no_grad()
    def step(self, factor: float = 1.0) -> None:
        """Update all parameters at `factor` times their rates, and let go of the gradients."""
        for group, state in zip(self.groups, self.state(), strict=True):
            params, count = group["params"], len(group["params"])
            adam(
                params,
                [p.grad for p in params],
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
                eps=EPSILON,
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
                moments = [torch.zeros_like(p.detach()) for _ in range(2) for p in params]
                self.moments.append([*moments, *(torch.zeros((), device=p.device) for p in params)])
        return self.moments

    def load_state(self, state: list[list[Tensor]]) -> None:
        """Take up what `state` gave."""
        for mine, theirs in zip(self.state(), state, strict=True):
            for one, other in zip(mine, theirs, strict=True):
                one.copy_(other)


def optimisers(
    network: nn.Module,
    learning_rate: float,
    target_lr_factor: float,
    l2: float,
    l2_layers: tuple[type[nn.Module], ...],
) -> list[Adam]:
    """One Adam for each part of a network that is trained apart.

    The target path learns at `target_lr_factor` times the rate. The L2 penalty is on the weights of
    `l2_layers`, in AL's networks on those of the forward maps alone; Adam's weight decay is its
    gradient.
    """
    maps = [network] if isinstance(network, BackpropNetwork) else network.forward_layers()
    layers = [layer for part in maps for layer in part.modules()]
    penalised = {id(layer.weight) for layer in layers if isinstance(layer, l2_layers)}
    found = []
    for part in network.parts():
        is_component = isinstance(part, Component)
        target = {id(p) for p in part.target_parameters()} if is_component else set()
        groups = [
            {"params": [], "learning_rate": learning_rate, "weight_decay": l2},
            {
                "params": [],
                "learning_rate": learning_rate * target_lr_factor,
                "weight_decay": 0.0,
            },
            {"params": [], "learning_rate": learning_rate, "weight_decay": 0.0},
        ]
        for parameter in part.parameters():
            place = 0 if id(parameter) in penalised else 1 if id(parameter) in target else 2
            groups[place]["params"].append(parameter)
        found.append(Adam(groups))
    return found
