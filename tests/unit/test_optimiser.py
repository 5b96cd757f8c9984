"""Adam as torch has it, for each component apart."""

import copy

import pytest
import torch

from associated_learning import architectures, training
from associated_learning.network import AssociatedNetwork
from associated_learning.optimiser import Adam


def build():
    torch.manual_seed(0)
    return architectures.build("cnn", AssociatedNetwork, (1, 16, 16), 10, 1 / 16, 8)


def test_it_is_the_fused_adam_of_torch_bit_for_bit():
    mine, theirs = build(), build()
    rates = [1e-3, 3e-4, 1e-5]
    optimiser = Adam(
        [{"params": list(mine.parameters()), "learning_rate": 1e-3, "weight_decay": 1e-2}]
    )
    reference = torch.optim.Adam(theirs.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    for rate in rates:
        x, y = torch.randn(8, 1, 16, 16), torch.randint(10, (8,))
        for network in (mine, theirs):
            sum(loss for losses in network.losses(x, y) for loss in losses).backward()
        optimiser.step(rate / 1e-3)
        reference.param_groups[0]["lr"] = 1e-3 * (rate / 1e-3)
        reference.step()
        reference.zero_grad()
    for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other) and one.grad is None


def test_updating_each_component_before_the_next_is_computed_changes_no_bit():
    """train_step against the plain loop: one sum of losses, one Adam for everything."""
    quick, plain = build(), build()
    config = training.resolve(
        {
            **dict.fromkeys(("epochs", "batch_size", "schedule", "width", "augment", "tf32")),
            **dict.fromkeys(("learning_rate", "target_lr_factor", "l2", "train_subset")),
            **{"dataset": "digits", "arch": "cnn", "method": "al", "seed": 0, "target_width": 8},
            **{"device": "cpu", "threads": 1},
        }
    )
    optimisers = training.make_optimisers(quick, config)
    target = {id(p) for p in plain.target_parameters()}
    rate = config.learning_rate
    groups = [
        {"params": [p for p in plain.parameters() if id(p) in target], "lr": 2 * rate},
        {"params": [p for p in plain.parameters() if id(p) not in target], "lr": rate},
    ]
    reference = torch.optim.Adam(groups, fused=True)
    for _ in range(3):
        x, y = torch.randn(8, 1, 16, 16), torch.randint(10, (8,))
        found = training.train_step(quick, optimisers, x, y)
        losses = [loss for component in plain.losses(x, y) for loss in component]
        sum(losses).backward()
        reference.step()
        reference.zero_grad()
        assert torch.equal(found, torch.stack(losses))
    for one, other in zip(quick.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_its_state_is_taken_up_again():
    network = build()
    params = list(network.parameters())
    optimiser = Adam([{"params": params, "learning_rate": 1e-3, "weight_decay": 0.0}])

    def step():
        x, y = torch.ones(8, 1, 16, 16), torch.arange(8)
        sum(loss for losses in network.losses(x, y) for loss in losses).backward()
        optimiser.step()

    step()
    weights, state = copy.deepcopy(network.state_dict()), copy.deepcopy(optimiser.state())
    step()
    undisturbed = copy.deepcopy(network.state_dict())
    network.load_state_dict(weights)
    optimiser = Adam(optimiser.groups)
    optimiser.load_state(state)
    step()
    for name, value in network.state_dict().items():
        assert torch.equal(value, undisturbed[name]), name


def test_the_penalty_is_the_gradient_of_half_the_squared_weights():
    weight = torch.nn.Parameter(torch.tensor([2.0, -5.0]))
    plain = torch.nn.Parameter(weight.detach().clone())
    decayed = Adam([{"params": [weight], "learning_rate": 1e-3, "weight_decay": 0.1}])
    by_loss = Adam([{"params": [plain], "learning_rate": 1e-3, "weight_decay": 0.0}])
    for _ in range(5):
        (weight.sum() * 0.3).backward()
        (plain.sum() * 0.3 + 0.1 * (plain**2).sum() / 2).backward()
        decayed.step()
        by_loss.step()
    assert weight.tolist() == pytest.approx(plain.tolist(), abs=1e-6)
