"""The methods: what thesis chapter 2 says of AL, and what the project asks of every one of them."""

import copy
import types

import pytest
import torch
from helpers import batch, network
from torch import nn

from associated_learning import build, registry
from associated_learning.errors import TrainingError
from associated_learning.methods import target_first
from associated_learning.methods.associated import AssociatedNetwork
from associated_learning.methods.backprop import BackpropNetwork
from associated_learning.methods.base import Method, load_class
from associated_learning.training import step

ARCHS = ["mlp", "cnn", "resnet20", "resnet32", "vgg", "sigmoid4"]


def names_with_gradient(module):
    return {name for name, p in module.named_parameters() if p.grad is not None}


def with_gradient(module):
    return {id(p) for p in module.parameters() if p.grad is not None}


def ids(parameters):
    return {id(p) for p in parameters}


@pytest.fixture(params=ARCHS)
def arch(request):
    return request.param


# ---------------------------------------------------------------------------- every method


@pytest.fixture(scope="module", params=registry.networks())
def any_arch(request):
    return request.param


@pytest.fixture(scope="module", params=registry.methods())
def cell(request, any_arch):
    """One small network, of each kind, by each method that can train it."""
    try:
        return network(any_arch, request.param)
    except ValueError as error:
        assert "needs blocks that give vectors" in str(error)
        pytest.skip(str(error))


def test_a_loss_reaches_its_own_part_alone(cell):
    cell.zero_grad(set_to_none=True)
    parts, reached = cell.parts(), set()
    found = list(cell.losses(*batch()))
    assert len(found) == len(parts)
    for part, losses in zip(parts, found, strict=True):
        assert len(losses) == len(cell.loss_names)
        cell.zero_grad(set_to_none=True)
        sum(losses).backward()
        mine = with_gradient(cell)
        assert mine and mine <= ids(part.parameters())
        reached |= mine
    cell.zero_grad(set_to_none=True)
    assert reached == ids(p for p in cell.parameters() if p.requires_grad)


def test_parts_have_each_parameter_once(cell):
    found = [id(p) for part in cell.parts() for p in part.parameters()]
    assert len(found) == len(set(found))
    assert set(found) == ids(cell.parameters())


def test_parts_of_a_local_method_have_losses_of_their_own_and_pass_on_what_is_detached(cell):
    assert cell.local == all(type(part).losses is not type(cell).losses for part in cell.parts())
    if not cell.local:
        return
    state = cell.start(*batch())
    for part, wanted in zip(cell.parts(), cell.losses(*batch()), strict=True):
        losses, state = part.losses(*state)
        assert [loss.item() for loss in losses] == [loss.item() for loss in wanted]
        assert not any(tensor.requires_grad for tensor in state)


def test_special_parameters_and_modules_are_its_own(cell):
    every, target = ids(cell.parameters()), ids(cell.target_parameters())
    assert target <= every and ids(cell.effective_parameters()) <= every
    assert bool(target) == cell.has_target_path
    modules = {id(module) for module in cell.modules()}
    learns = any(p.requires_grad for layer in cell.forward_layers() for p in layer.parameters())
    assert bool(cell.penalised()) == learns
    assert {id(module) for module in cell.penalised()} <= modules
    assert not target & ids(p for module in cell.penalised() for p in module.parameters())
    roles = [p for some in cell.roles().values() for module in some for p in module.parameters()]
    assert ids(roles) in (set(), every) and len(roles) == len(ids(roles))


def test_a_prediction_uses_all_effective_parameters_and_no_affiliated_one(cell):
    cell.eval()
    images, _ = batch()
    effective = ids(cell.effective_parameters())
    affiliated = [p for p in cell.parameters() if id(p) not in effective]
    kept = [p.detach().clone() for p in affiliated]
    with torch.no_grad():
        before = cell(images)
        for parameter in affiliated:
            parameter.add_(torch.randn_like(parameter))
        assert torch.equal(cell(images), before)
        for parameter, value in zip(affiliated, kept, strict=True):
            parameter.copy_(value)
    assert bool(affiliated) == (len(cell.parts()) > 1 or "inverse" in cell.loss_names)

    cell.zero_grad(set_to_none=True)
    # Not their sum: logits of a softmax would do, but a sum of probabilities has no gradient.
    (cell(images) * torch.arange(10.0)).sum().backward()
    assert with_gradient(cell) == ids(p for p in cell.effective_parameters() if p.requires_grad)
    cell.zero_grad(set_to_none=True)
    cell.train()


def test_the_last_prefix_is_the_prediction(cell):
    cell.eval()
    images, _ = batch()
    with torch.no_grad():
        predictions = list(cell.prefix_predictions(images))
        assert torch.equal(predictions[-1], cell(images))
    cell.train()
    assert all(prediction.shape == (6, 10) for prediction in predictions)
    assert len(predictions) in (1, len(cell.parts()))


def test_the_inference_path_is_the_forward_path_a_bridge_and_the_prediction(cell):
    names, layers = zip(*cell.inference_path(), strict=True)
    count = len(cell.forward_layers())
    assert names[:count] == tuple(f"s{k}" for k in range(1, count + 1))
    assert names[count:] in (("bridge", "prediction"), ("prediction",))
    assert [id(layer) for layer in layers[:count]] == [id(one) for one in cell.forward_layers()]
    cell.eval()
    images, _ = batch()
    with torch.no_grad():
        x = images
        for layer in layers:
            x = layer(x)
        predicted = cell(images)
    cell.train()
    assert x.min() >= 0 and x.max() <= 1
    logits = predicted.min() < 0 or predicted.max() > 1
    assert torch.allclose(x, predicted.softmax(1) if logits else predicted, atol=1e-6)


def test_every_parameter_has_one_optimiser(cell):
    optimisers = step.make_optimisers(cell, 1e-3, 2.0, 1e-4, (nn.Conv2d, nn.Linear))
    assert len(optimisers) == len(cell.parts())
    found = [id(p) for one in optimisers for group in one.groups for p in group["params"]]
    assert len(found) == len(set(found))
    assert set(found) == ids(p for p in cell.parameters() if p.requires_grad)


@pytest.mark.parametrize("method", registry.methods())
def test_the_module_of_a_method_has_one_class_of_its_own(method):
    kind = build.method_class(method)
    assert issubclass(kind, Method) and kind.__module__ == registry.method_module(method)
    assert kind.loss_names


def test_the_method_whose_role_is_the_baseline_s_trains_the_baseline_s_path():
    assert build.method_class(registry.baseline()).baseline
    assert not build.method_class(registry.thesis_method()).baseline


def test_a_module_without_a_method_or_with_two_is_refused():
    module = types.ModuleType("some")
    module.Method = Method  # imported, not its own
    for known in (False, True):
        if known:
            for name in ("One", "Two"):
                setattr(module, name, type(name, (Method,), {"__module__": "some"}))
        with pytest.raises(ValueError, match="unpack"):
            load_class(module)


@pytest.mark.parametrize("method", registry.methods())
def test_what_comes_before_training_tells_its_steps_and_seconds_or_nothing(method):
    found = network("mlp", method).before_training(torch.device("cpu"), "a run")
    assert found == {} or (found["steps"] > 0 and found["seconds"] > 0)


# ---------------------------------------------------------------------------- AL (thesis chapter 2)


def test_each_loss_of_a_component_trains_its_own_two_maps_alone(arch):
    al = network(arch)
    found = list(al.losses(*batch()))
    for index, (associated, inverse) in enumerate(found):
        for loss, maps in (
            (associated, ("forward_map", "bridge")),
            (inverse, ("encoder", "decoder")),
        ):
            al.zero_grad(set_to_none=True)
            loss.backward()
            wanted = {
                name
                for name, _ in al.named_parameters()
                if name.startswith(tuple(f"components.{index}.{role}." for role in maps))
            }
            assert wanted and names_with_gradient(al) == wanted


def test_gradient_of_the_summed_losses_is_the_gradient_of_each_bit_for_bit(arch):
    summed, apart = network(arch), network(arch)
    images, labels = batch()
    torch.stack([x for losses in summed.losses(images, labels) for x in losses]).sum().backward()
    for losses in apart.losses(images, labels):
        for loss in losses:
            loss.backward()
    for (name, one), other in zip(summed.named_parameters(), apart.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad), name


def test_a_component_is_told_nothing_by_the_one_behind_it(arch):
    """Another network behind component 1 leaves the losses of component 1 as they are."""
    al, images_labels = network(arch), batch()
    before = [loss.item() for loss in next(al.losses(*images_labels))]
    for parameter in al.components[1].parameters():
        parameter.data.add_(1.0)
    assert [loss.item() for loss in next(al.losses(*images_labels))] == before


def test_the_target_path_sees_no_image(arch):
    al = network(arch)
    images, labels = batch()
    inverse = [losses[1].item() for losses in al.losses(images, labels)]
    assert [losses[1].item() for losses in al.losses(images * 3 + 1, labels)] == inverse


def test_losses_are_those_of_the_thesis(arch):
    """A_i and I_i by their formulas, without a line of the implementation."""
    al = network(arch)
    images, labels = batch()
    al.eval()
    s, t = images, torch.eye(al.classes)[labels]
    for component, (associated, inverse) in zip(
        al.components, al.losses(images, labels), strict=True
    ):
        s, below, t = component.forward_map(s), t, component.encoder(t)
        assert torch.isclose(associated, ((component.bridge(s) - t) ** 2).mean())
        assert torch.isclose(inverse, ((component.decoder(t) - below) ** 2).mean())


def test_a_prefix_of_components_is_the_predictor_that_it_would_be_alone(arch):
    al = network(arch).eval()
    images, _ = batch()
    predictions = list(al.prefix_predictions(images))
    assert len(predictions) == len(al.components)
    for k, prediction in enumerate(predictions, start=1):
        alone = AssociatedNetwork(copy.deepcopy(al.components[:k]), al.classes)
        assert torch.equal(prediction, alone(images))
        assert torch.equal(prediction, al(images, components=k))
    assert torch.equal(predictions[-1], al(images))
    assert predictions[-1].shape == (len(images), al.classes)


def test_any_list_of_blocks_becomes_an_associated_network():
    blocks = [
        nn.Sequential(nn.Conv1d(2, 5, 3), nn.Tanh()),
        nn.Sequential(nn.Flatten(), nn.Linear(5 * 7, 11), nn.ReLU()),
        nn.Identity(),
    ]
    al = AssociatedNetwork.from_blocks(blocks, (2, 9), classes=3, target_width=4)
    images, labels = torch.randn(8, 2, 9), torch.randint(3, (8,))
    assert al(images).shape == (8, 3)
    assert len(list(al.losses(images, labels))) == 3
    assert [c.forward_map for c in al.components] == blocks


def test_a_few_steps_teach_a_toy_problem():
    torch.manual_seed(0)
    images = torch.randn(256, 4)
    labels = (images[:, 0] > 0).long()
    blocks = [nn.Sequential(nn.Linear(4, 16), nn.ELU()), nn.Sequential(nn.Linear(16, 16), nn.ELU())]
    al = AssociatedNetwork.from_blocks(blocks, (4,), classes=2, target_width=8)
    optimiser = torch.optim.Adam(al.parameters(), lr=0.01)
    for _ in range(300):
        optimiser.zero_grad()
        sum(loss for losses in al.losses(images, labels) for loss in losses).backward()
        optimiser.step()
    for prediction in al.prefix_predictions(images):
        assert (prediction.argmax(1) == labels).float().mean() > 0.95


# ---------------------------------------------------------------------------- the others


@pytest.mark.parametrize("method", ["bp", "same_path", "same_path_mse"])
def test_baselines_have_one_loss_that_trains_everything(arch, method):
    baseline = network(arch, method)
    ((loss,),) = baseline.losses(*batch())
    loss.backward()
    assert names_with_gradient(baseline) == {name for name, _ in baseline.named_parameters()}
    (prediction,) = baseline.prefix_predictions(batch()[0])
    assert prediction.shape == (6, 10)


def test_same_path_control_predicts_as_associated_learning_does(arch):
    al, control = network(arch).eval(), network(arch, "same_path").eval()
    missing = control.load_state_dict(al.state_dict(), strict=False)
    assert not missing.missing_keys
    images, _ = batch()
    assert torch.equal(al(images), control(images))
    assert sum(p.numel() for p in control.parameters()) == sum(
        p.numel() for p in al.effective_parameters()
    )


def test_cross_entropy_of_the_same_path_is_on_the_logits_of_the_last_decoder():
    control = network("mlp", "same_path")
    images, labels = batch()
    logits = torch.logit(control(images).double())
    wanted = nn.functional.cross_entropy(logits, labels).item()
    assert next(control.losses(images, labels))[0].item() == pytest.approx(wanted, rel=1e-4)


def test_the_same_path_from_glorot_s_initialisation_differs_in_its_sigmoids_and_logits_alone():
    plain, glorot = network("cnn", "same_path"), network("cnn", "same_path_glorot")
    for a, b in zip(plain.forward_layers(), glorot.forward_layers(), strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    decoders = [component.decoder for component in glorot.components]
    sigmoids = [*glorot.components[-1].bridge[1:], *decoders[1:]]
    for (layer, _), gain in [*((dense, 4) for dense in sigmoids), (decoders[0], 1)]:
        bound = gain * (6 / sum(layer.weight.shape)) ** 0.5
        assert 0.8 * bound < layer.weight.abs().max() <= bound and not layer.bias.any()


def test_the_other_loss_of_the_same_path_is_the_error_to_the_one_hot_label():
    control = network("mlp", "same_path_mse")
    images, labels = batch()
    wanted = ((control(images) - torch.eye(10)[labels]) ** 2).mean()
    assert torch.isclose(next(control.losses(images, labels))[0], wanted)


@pytest.mark.parametrize("arch", ["mlp", "cnn", "resnet20", "sigmoid4"])
def test_the_short_head_is_the_baseline_s_without_what_matches_al_s_decoders(arch):
    whole, short = network(arch, "bp"), network(arch, "bp_short")
    layers = [[m for m in n.head.modules() if isinstance(m, nn.Linear)] for n in (whole, short)]
    kept = layers[0] if arch == "sigmoid4" else [*layers[0][:2], layers[0][-1]]
    for a, b in zip(kept, layers[1], strict=True):
        assert torch.equal(a.weight, b.weight) and torch.equal(a.bias, b.bias)
    assert [name for name, _ in short.inference_path()] == [n for n, _ in whole.inference_path()]
    for a, b in zip(whole.body.parameters(), short.body.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_baseline_takes_any_list_of_blocks():
    blocks = [nn.Sequential(nn.Conv1d(2, 5, 3), nn.ReLU())]
    bp = BackpropNetwork.from_blocks(blocks, (2, 9), classes=3, target_width=4)
    assert bp(torch.randn(8, 2, 9)).shape == (8, 3)
    widths = [m.out_features for m in bp.head.modules() if isinstance(m, nn.Linear)]
    assert widths == [5 * 4, 4, 3]


def test_the_target_path_decodes_before_the_first_image():
    first = network("mlp", "al_target_first")
    assert first.before_training(torch.device("cpu"), "a run")["steps"] % 100 == 0
    for prefix in range(1, 3):
        t = torch.eye(10)
        for component in first.components[:prefix]:
            t = component.encoder(t)
        for component in reversed(first.components[:prefix]):
            t = component.decoder(t)
        assert torch.equal(t.argmax(1), torch.arange(10))


def test_training_the_target_path_first_moves_nothing_else(monkeypatch):
    first = network("cnn", "al_target_first")
    before = {name: value.clone() for name, value in first.state_dict().items()}
    first.before_training(torch.device("cpu"), "a run")
    for name, value in first.state_dict().items():
        target = ".encoder." in name or ".decoder." in name
        assert torch.equal(value, before[name]) != target, name
    monkeypatch.setattr(target_first, "MOST_STEPS", 1)
    with pytest.raises(TrainingError, match=r"a run: after 1 steps.*--target-width"):
        network("cnn", "al_target_first").before_training(torch.device("cpu"), "a run")
