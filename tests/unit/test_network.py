"""The method: what thesis chapter 2 says of it, for every architecture."""

import copy

import pytest
import torch
from torch import nn

from associated_learning import architectures
from associated_learning.network import (
    AssociatedNetwork,
    BackpropNetwork,
    SamePathMSENetwork,
    SamePathNetwork,
    he_normal,
)

ARCHS = ["mlp", "cnn", "resnet20", "resnet32", "vgg", "sigmoid4"]
SHAPES = {"digits": ((1, 16, 16), 10), "cifar100": ((3, 32, 32), 100)}


def build(arch, kind=AssociatedNetwork, dataset="digits"):
    torch.manual_seed(0)
    shape, classes = SHAPES[dataset]
    return architectures.build(arch, kind, shape, classes, 1 / 16, 8)


def batch(dataset="digits", size=6):
    torch.manual_seed(1)
    shape, classes = SHAPES[dataset]
    return torch.randn(size, *shape), torch.randint(classes, (size,))


def parameters_with_gradient(network):
    return {name for name, p in network.named_parameters() if p.grad is not None}


@pytest.fixture(params=ARCHS)
def arch(request):
    return request.param


def test_associated_loss_trains_only_its_own_forward_map_and_bridge(arch):
    network = build(arch)
    for index in range(len(network.components)):
        network.zero_grad(set_to_none=True)
        list(network.losses(*batch()))[index][0].backward()
        wanted = {
            name
            for name, _ in network.named_parameters()
            if name.startswith((f"components.{index}.forward_map.", f"components.{index}.bridge."))
        }
        assert wanted and parameters_with_gradient(network) == wanted


def test_inverse_loss_trains_only_its_own_encoder_and_decoder(arch):
    network = build(arch)
    for index in range(len(network.components)):
        network.zero_grad(set_to_none=True)
        list(network.losses(*batch()))[index][1].backward()
        wanted = {
            name
            for name, _ in network.named_parameters()
            if name.startswith((f"components.{index}.encoder.", f"components.{index}.decoder."))
        }
        assert wanted and parameters_with_gradient(network) == wanted


def test_every_parameter_learns_from_some_local_loss(arch):
    network = build(arch)
    sum(loss for losses in network.losses(*batch()) for loss in losses).backward()
    assert parameters_with_gradient(network) == {name for name, _ in network.named_parameters()}


def test_gradient_of_the_summed_losses_is_the_gradient_of_each_bit_for_bit(arch):
    summed, apart = build(arch), build(arch)
    images, labels = batch()
    torch.stack([x for losses in summed.losses(images, labels) for x in losses]).sum().backward()
    for losses in apart.losses(images, labels):
        for loss in losses:
            loss.backward()
    for (name, one), other in zip(summed.named_parameters(), apart.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad), name


def test_a_component_is_told_nothing_by_the_one_behind_it(arch):
    """Another network behind component 1 leaves the losses of component 1 as they are."""
    network, images_labels = build(arch), batch()
    before = [loss.item() for loss in next(network.losses(*images_labels))]
    for parameter in network.components[1].parameters():
        parameter.data.add_(1.0)
    assert [loss.item() for loss in next(network.losses(*images_labels))] == before


def test_the_target_path_sees_no_image(arch):
    network = build(arch)
    images, labels = batch()
    inverse = [losses[1].item() for losses in network.losses(images, labels)]
    assert [losses[1].item() for losses in network.losses(images * 3 + 1, labels)] == inverse


def test_losses_are_those_of_the_thesis(arch):
    """A_i and I_i by their formulas, without a line of the implementation."""
    network = build(arch)
    images, labels = batch()
    network.eval()
    s, t = images, torch.eye(network.classes)[labels]
    for component, (associated, inverse) in zip(
        network.components, network.losses(images, labels), strict=True
    ):
        s, below, t = component.forward_map(s), t, component.encoder(t)
        assert torch.isclose(associated, ((component.bridge(s) - t) ** 2).mean())
        assert torch.isclose(inverse, ((component.decoder(t) - below) ** 2).mean())


def test_prediction_uses_all_effective_parameters_and_no_affiliated_one(arch):
    network = build(arch).eval()
    images, _ = batch()
    effective = {id(p) for p in network.effective_parameters()}
    affiliated = [p for p in network.parameters() if id(p) not in effective]
    before = network(images)
    with torch.no_grad():
        for parameter in affiliated:
            parameter.add_(torch.randn_like(parameter))
    assert affiliated and torch.equal(network(images), before)

    network(images).sum().backward()
    used = {id(p) for p in network.parameters() if p.grad is not None}
    assert used == effective


def test_a_prefix_of_components_is_the_predictor_that_it_would_be_alone(arch):
    network = build(arch).eval()
    images, _ = batch()
    predictions = network.prefix_predictions(images)
    assert len(predictions) == len(network.components)
    for k, prediction in enumerate(predictions, start=1):
        alone = AssociatedNetwork(copy.deepcopy(network.components[:k]), network.classes)
        assert torch.equal(prediction, alone(images))
        assert torch.equal(prediction, network(images, components=k))
    assert torch.equal(predictions[-1], network(images))
    assert predictions[-1].shape == (len(images), network.classes)


@pytest.mark.parametrize("kind", [BackpropNetwork, SamePathNetwork, SamePathMSENetwork])
def test_baselines_have_one_loss_that_trains_everything(arch, kind):
    network = build(arch, kind)
    ((loss,),) = network.losses(*batch())
    loss.backward()
    assert parameters_with_gradient(network) == {name for name, _ in network.named_parameters()}
    assert network.prefix_predictions(batch()[0])[0].shape == (6, 10)


def test_same_path_control_predicts_as_associated_learning_does(arch):
    al, control = build(arch).eval(), build(arch, SamePathNetwork).eval()
    missing = control.load_state_dict(al.state_dict(), strict=False)
    assert not missing.missing_keys
    images, _ = batch()
    assert torch.equal(al(images), control(images))
    assert sum(p.numel() for p in control.parameters()) == sum(
        p.numel() for p in al.effective_parameters()
    )


def test_cross_entropy_of_the_same_path_is_on_the_logits_of_the_last_decoder():
    network = build("mlp", SamePathNetwork)
    images, labels = batch()
    logits = torch.logit(network(images).double())
    wanted = nn.functional.cross_entropy(logits, labels).item()
    assert next(network.losses(images, labels))[0].item() == pytest.approx(wanted, rel=1e-4)


def test_any_list_of_blocks_becomes_an_associated_network():
    blocks = [
        nn.Sequential(nn.Conv1d(2, 5, 3), nn.Tanh()),
        nn.Sequential(nn.Flatten(), nn.Linear(5 * 7, 11), nn.ReLU()),
        nn.Identity(),
    ]
    network = AssociatedNetwork.from_blocks(blocks, (2, 9), classes=3, target_width=4)
    images, labels = torch.randn(8, 2, 9), torch.randint(3, (8,))
    assert network(images).shape == (8, 3)
    assert len(list(network.losses(images, labels))) == 3
    assert [c.forward_map for c in network.components] == blocks


def test_building_a_network_leaves_batch_norm_statistics_alone():
    for kind in (AssociatedNetwork, BackpropNetwork):
        for name, buffer in build("resnet20", kind).named_buffers():
            if name.endswith("running_mean"):
                assert not buffer.any()


def test_he_normal_is_truncated_and_has_variance_two_over_fan_in():
    torch.manual_seed(0)
    weight = he_normal(nn.Linear(400, 2000)).weight
    assert weight.var().item() == pytest.approx(2 / 400, rel=0.01)
    assert weight.abs().max().item() <= 2.0001 * (2 / 400) ** 0.5 / 0.8796


def test_a_few_steps_teach_a_toy_problem():
    torch.manual_seed(0)
    images = torch.randn(256, 4)
    labels = (images[:, 0] > 0).long()
    blocks = [nn.Sequential(nn.Linear(4, 16), nn.ELU()), nn.Sequential(nn.Linear(16, 16), nn.ELU())]
    network = AssociatedNetwork.from_blocks(blocks, (4,), classes=2, target_width=8)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(300):
        optimiser.zero_grad()
        sum(loss for losses in network.losses(images, labels) for loss in losses).backward()
        optimiser.step()
    for prediction in network.prefix_predictions(images):
        assert (prediction.argmax(1) == labels).float().mean() > 0.95
