"""What is looked at while a network trains."""

import pytest
import torch
from helpers import batch, config, network

from associated_learning.training import evaluation
from associated_learning.training.run import Run


def test_gradients_that_vanish_are_still_measured(digits):
    run = Run(config(arch="sigmoid4", method="bp"), digits)
    with torch.no_grad():
        for layer in run.network.forward_layers()[1:]:
            layer[0].weight.mul_(1e-9)
    assert 0 < run.gradient_norms()[0] < 1e-24


def test_looking_at_gradients_leaves_the_network_as_it_was():
    some = network("resnet20", "bp")
    before = {name: value.clone() for name, value in some.state_dict().items()}
    norms = evaluation.gradient_norms(some, *batch())
    assert len(norms) == 4 and min(norms) > 0
    assert all(torch.equal(value, before[name]) for name, value in some.state_dict().items())
    assert all(p.grad is None for p in some.parameters()) and some.training


def test_accuracies_are_those_of_every_prefix_on_all_test_images(digits, monkeypatch):
    some = network("cnn")

    def prepared(images):
        return images.float() / 255 - digits.mean_image

    monkeypatch.setattr(evaluation, "TEST_BATCH", 70)  # 300 images: the last batch is smaller
    test = digits.test_images, digits.test_labels
    found = evaluation.prefix_accuracies(some, *test, prepared)
    assert some.training
    some.eval()
    predictions = some.prefix_predictions(prepared(digits.test_images))
    wanted = [(p.argmax(1) == digits.test_labels).float().mean().item() for p in predictions]
    assert found == pytest.approx(wanted)
