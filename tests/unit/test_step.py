"""One training step: Adam as torch has it, for each part apart, at the rates of the thesis."""

import copy

import pytest
import torch
from helpers import network
from torch import nn

from associated_learning import build, registry
from associated_learning.training.step import Adam, make_optimisers, schedule_factor, train_step


def epsilon(step):
    """TensorFlow's, in torch's form: 1e-8 stands beside the uncorrected second moment."""
    return 1e-8 / (1 - 0.999**step) ** 0.5


def test_it_is_the_fused_adam_of_torch_with_tensorflow_s_epsilon_bit_for_bit():
    mine, theirs = network("cnn"), network("cnn")
    rates = [1e-3, 3e-4, 1e-5]
    optimiser = Adam(
        [{"params": list(mine.parameters()), "learning_rate": 1e-3, "weight_decay": 1e-2}]
    )
    reference = torch.optim.Adam(theirs.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    for k, rate in enumerate(rates, start=1):
        x, y = torch.randn(8, 1, 16, 16), torch.randint(10, (8,))
        for one in (mine, theirs):
            sum(loss for losses in one.losses(x, y) for loss in losses).backward()
        optimiser.step(rate / 1e-3)
        reference.param_groups[0]["lr"] = 1e-3 * (rate / 1e-3)
        reference.param_groups[0]["eps"] = epsilon(k)
        reference.step()
        reference.zero_grad()
    for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other) and one.grad is None


def test_updating_each_component_before_the_next_is_computed_changes_no_bit():
    """train_step against the plain loop: one sum of losses, one Adam for everything."""
    quick, plain = network("cnn"), network("cnn")
    rate = 1e-4
    optimisers = make_optimisers(quick, rate, 2.0, 0.0, (nn.Conv2d,))
    target = {id(p) for p in plain.target_parameters()}
    groups = [
        {"params": [p for p in plain.parameters() if id(p) in target], "lr": 2 * rate},
        {"params": [p for p in plain.parameters() if id(p) not in target], "lr": rate},
    ]
    reference = torch.optim.Adam(groups, fused=True)
    for k in range(1, 4):
        for group in reference.param_groups:
            group["eps"] = epsilon(k)
        x, y = torch.randn(8, 1, 16, 16), torch.randint(10, (8,))
        found = train_step(quick, optimisers, x, y)
        losses = [loss for component in plain.losses(x, y) for loss in component]
        sum(losses).backward()
        reference.step()
        reference.zero_grad()
        assert torch.equal(found, torch.stack(losses))
    for one, other in zip(quick.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_its_state_is_restored():
    some = network("cnn")
    params = list(some.parameters())
    optimiser = Adam([{"params": params, "learning_rate": 1e-3, "weight_decay": 0.0}])

    def step():
        x, y = torch.ones(8, 1, 16, 16), torch.arange(8)
        sum(loss for losses in some.losses(x, y) for loss in losses).backward()
        optimiser.step()

    step()
    weights, state = copy.deepcopy(some.state_dict()), copy.deepcopy(optimiser.state())
    step()
    undisturbed = copy.deepcopy(some.state_dict())
    some.load_state_dict(weights)
    optimiser = Adam(optimiser.groups)
    optimiser.load_state(state)
    step()
    for name, value in some.state_dict().items():
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


def test_schedules():
    def factors(name, total=100):
        return [schedule_factor(name, step, total) for step in range(total)]

    step = factors("step")
    assert step[39] == 1 and step[40] == pytest.approx(0.1) and step[60] == pytest.approx(0.01)
    assert step[80] == pytest.approx(1e-3) and step[90] == pytest.approx(5e-4)
    cosine = factors("cosine")
    assert cosine[0] == 1 and cosine == sorted(cosine, reverse=True) and cosine[50] == 0.5
    assert set(factors("constant")) == {1.0}


def groups(arch, method):
    """Rate and penalty of every parameter, by name, as the thesis has it on CIFAR-10."""
    some = network(arch, method, "cifar10")
    protocol = build.protocol(arch, method, registry.classes("cifar10"))
    rates = protocol.learning_rate, protocol.target_lr_factor
    optimisers = make_optimisers(some, *rates, protocol.l2, protocol.l2_layers)
    names = {id(p): name for name, p in some.named_parameters()}
    found = {
        names[id(p)]: (group["learning_rate"], group["weight_decay"])
        for optimiser in optimisers
        for group in optimiser.groups
        for p in group["params"]
    }
    assert found.keys() == set(names.values())
    return found


def test_learning_rates_and_penalty_reach_the_right_parameters_of_al():
    for name, (rate, penalty) in groups("resnet20", "al").items():
        target = ".encoder." in name or ".decoder." in name
        convolution = (
            ".forward_map." in name and name.endswith("weight") and ".1." not in name[-11:]
        )
        assert rate == (2e-4 if target else 1e-4)
        if target or ".bridge." in name or name.endswith("bias"):
            assert penalty == 0
        elif convolution:
            assert penalty == 1e-4, name


def test_learning_rates_and_penalty_reach_the_right_parameters_of_bp():
    bp = groups("vgg", "bp")
    assert {rate for rate, _ in bp.values()} == {1e-4}
    assert {n.split(".")[0] for n, (_, penalty) in bp.items() if penalty} == {"body"}
    assert sum(1 for _, penalty in bp.values() if penalty == 5e-4) == 6  # the convolutions
    bp = groups("resnet20", "bp")
    assert {rate for rate, _ in bp.values()} == {1e-3}
    assert sum(1 for _, penalty in bp.values() if penalty) == 21 + 6  # convolutions, dense layers
