"""Related methods and controls: each does what its own equation says, in a few other lines."""

import copy

import pytest
import torch
import torch.nn.functional as F
from helpers import batch, network
from torch import nn

from associated_learning import build
from associated_learning.training import step


def gradients(module):
    return [p.grad.clone() for p in module.parameters() if p.grad is not None]


def taken(net, steps=3):
    """Parameters before and after some steps."""
    before = copy.deepcopy(net.state_dict())
    optimisers = step.make_optimisers(net, 1e-3, 2.0, 1e-4, (nn.Conv2d, nn.Linear))
    for _ in range(steps):
        step.train_step(net, optimisers, *batch())
    return before, net.state_dict()


@pytest.mark.parametrize("arch", ["mlp", "cnn", "resnet20", "vgg", "sigmoid4"])
def test_frozen_leaves_every_forward_weight_as_it_was_and_trains_all_others(arch):
    net = network(arch, "frozen")
    forward = {id(p) for layer in net.forward_layers() for p in layer.parameters()}
    names = {name for name, p in net.named_parameters() if id(p) in forward}
    before, after = taken(net)
    for name, _ in net.named_parameters():
        assert torch.equal(before[name], after[name]) == (name in names), name


@pytest.mark.parametrize("arch", ["mlp", "cnn", "sigmoid4"])
def test_a_local_classifier_is_backpropagation_in_its_own_block_and_nowhere_else(arch):
    net = network(arch, "local")
    images, labels = batch()
    for losses in net.losses(images, labels):
        sum(losses).backward()
    s, twin = images, copy.deepcopy(net)
    for own, part in zip(net.components, twin.components, strict=True):
        alone = nn.Sequential(part.block, part.head)
        alone.zero_grad()
        F.cross_entropy(alone(s), labels).backward()
        s = part.block(s).detach()
        found, wanted = gradients(own), gradients(alone)
        assert len(found) == len(wanted) > 0
        assert all(map(torch.equal, found, wanted))


def test_feedback_alignment_replaces_the_error_from_above_by_a_fixed_projection():
    net = network("mlp", "dfa").double()
    images, labels = batch()
    images = images.double()
    (losses,) = net.losses(images, labels)
    sum(losses).backward()
    # By hand: a dense layer's gradient is input^T (delta * f'(z)), delta = e B / batch.
    s, found = images.flatten(1), []
    with torch.no_grad():
        error = net(images).softmax(1) - F.one_hot(labels, 10)
        for k, block in enumerate(net.blocks):
            linear, elu = [m for m in block.modules() if not list(m.children())][-2:]
            z = linear(s)
            slope = torch.where(z > 0, torch.ones_like(z), z.exp())
            delta = error @ getattr(net, f"feedback_{k}") * slope / len(labels)
            found.append((linear, delta.T @ s, delta.sum(0)))
            s = elu(z)
    for linear, weight, bias in found:
        torch.testing.assert_close(linear.weight.grad, weight)
        torch.testing.assert_close(linear.bias.grad, bias)


@pytest.mark.parametrize("arch", ["cnn", "resnet20", "sigmoid4"])
def test_feedback_alignment_is_backpropagation_in_a_block_from_a_fixed_projection(arch):
    net = network(arch, "dfa").double().eval()
    images, labels = batch()
    images = images.double()
    (losses,) = net.losses(images, labels)
    losses[1].backward()
    with torch.no_grad():
        error = net(images).softmax(1) - F.one_hot(labels, 10)
    s = images
    for k, block in enumerate(copy.deepcopy(net.blocks)):
        block.zero_grad(set_to_none=True)
        out = block(s)
        # A map is projected as it is flattened: by height, width and channel.
        flat = out.movedim(1, -1).flatten(1) if out.ndim == 4 else out
        flat.backward(error @ getattr(net, f"feedback_{k}") / len(labels))
        s = out.detach()
        found, wanted = gradients(net.blocks[k]), gradients(block)
        assert len(found) == len(wanted) > 0
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other)


def test_feedback_is_fixed_and_passes_nothing_down_from_the_classifier():
    net = network("mlp", "dfa")
    before, after = taken(net)
    assert all(torch.equal(before[k], after[k]) for k in before if k.startswith("feedback"))
    ((cross_entropy, feedback),) = net.losses(*batch())
    net.zero_grad(set_to_none=True)
    cross_entropy.backward()
    assert not gradients(net.blocks) and gradients(net.head)
    net.zero_grad(set_to_none=True)
    feedback.backward()
    assert gradients(net.blocks) and not gradients(net.head)


def test_targets_come_down_through_the_inverses_with_the_difference_correction():
    net = network("sigmoid4", "dtp")
    images, labels = batch()
    outputs, s = [], images
    with torch.no_grad():
        for block in net.blocks:
            s = block(s)
            outputs.append(s)
    top = outputs[-1].clone().requires_grad_()
    # Of each sample's own loss: a sum, not a mean.
    (gradient,) = torch.autograd.grad(F.cross_entropy(net.head(top), labels, reduction="sum"), top)
    wanted = [None, None, None, outputs[3] - gradient]
    with torch.no_grad():
        for k in (2, 1, 0):
            inverse = net.inverses[k]
            wanted[k] = outputs[k] + inverse(wanted[k + 1]) - inverse(outputs[k + 1])
    mean = F.cross_entropy(net.head(top), labels)
    (of_mean,) = torch.autograd.grad(mean, top)
    for ours, theirs in zip(net.targets(outputs, len(labels) * of_mean), wanted, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_each_loss_of_target_propagation_trains_what_is_its_own():
    net = network("sigmoid4", "dtp")
    ((cross_entropy, forward, inverse),) = net.losses(*batch())
    for loss, own in ((cross_entropy, net.head), (forward, net.blocks), (inverse, net.inverses)):
        net.zero_grad(set_to_none=True)
        loss.backward(retain_graph=True)
        reached = {id(p) for p in net.parameters() if p.grad is not None}
        assert reached == {id(p) for p in own.parameters()}


def test_inverses_learn_to_give_back_what_a_block_was_fed_with_but_for_noise():
    net = network("sigmoid4", "dtp")
    images, labels = batch()
    generator = torch.Generator().manual_seed(int(net.noise))
    ((_, _, inverse),) = net.losses(images, labels)
    wanted, s = 0.0, images
    with torch.no_grad():
        for block, above, back in zip(net.blocks, net.blocks[1:], net.inverses, strict=False):
            s = block(s)
            near = s + 0.1 * torch.empty_like(s).normal_(generator=generator)
            wanted += ((back(above(near)) - near) ** 2).sum(1).mean()
    torch.testing.assert_close(inverse, wanted)


def test_a_block_of_target_propagation_follows_the_distance_to_its_target():
    """By finite differences, with the target held: the gradient is the method's whole claim."""
    net = network("sigmoid2", "dtp").double()
    images, labels = batch()
    images = images.double()
    ((_, forward, _),) = net.losses(images, labels)
    forward.backward()
    with torch.no_grad():
        s1 = net.blocks[0](images)
        s2 = net.blocks[1](s1)
    top = s2.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(net.head(top), labels), top)
    target, _ = net.targets([s1, s2], len(labels) * gradient)
    linear = next(m for m in net.blocks[0].modules() if isinstance(m, nn.Linear))
    for place in ((0, 100), (3, 77)):
        values = []
        for shift in (1e-5, -1e-5):
            with torch.no_grad():
                linear.weight[place] += shift
                values.append((net.blocks[0](images) - target).square().sum(1).mean().item())
                linear.weight[place] -= shift
        slope = (values[0] - values[1]) / 2e-5
        assert linear.weight.grad[place].item() == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_the_noise_of_inverses_goes_on_where_a_run_was_stopped():
    net = network("sigmoid2", "dtp")
    twin = copy.deepcopy(net)
    first = [loss.item() for loss in next(net.losses(*batch()))]
    second = [loss.item() for loss in next(net.losses(*batch()))]
    assert first[:2] == second[:2] and first[2] != second[2]
    next(twin.losses(*batch()))
    restored = network("sigmoid2", "dtp")
    restored.load_state_dict(twin.state_dict())
    assert [loss.item() for loss in next(restored.losses(*batch()))] == second


def test_every_seed_has_noise_of_its_own():
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(int(build.build("sigmoid2", "dtp", (1, 16, 16), 10, 1, 8).noise))
    assert drawn[0] == drawn[1] != drawn[2]


def test_glorot_s_initialisation_is_four_times_as_wide_and_he_s_is_the_default():
    torch.manual_seed(0)
    by_name = {name: network(name, "bp") for name in ("sigmoid4", "sigmoid4_glorot")}
    for name, net in by_name.items():
        weight = next(
            m for m in net.forward_layers()[1].modules() if isinstance(m, nn.Linear)
        ).weight
        fan_in, fan_out = weight.shape
        bound = 4 * (6 / (fan_in + fan_out)) ** 0.5
        wide = weight.abs().max() <= bound and weight.std() > 0.9 * bound / 3**0.5
        assert wide == (name == "sigmoid4_glorot")


def test_a_resnet_without_pooling_reads_the_whole_last_map():
    pooled, whole = network("resnet20", "bp"), network("resnet20_nopool", "bp")
    reads = [
        next(m for m in net.head.modules() if isinstance(m, nn.Linear)).in_features
        for net in (pooled, whole)
    ]
    assert reads[1] == 16 * reads[0]  # of 16 x 16 images a map of 4 x 4
