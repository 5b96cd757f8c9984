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


# Steps, steps of an epoch, batch size, test images: of laptops, labs and the thesis.
RUNS = [
    *[(3125, 625, 32, 10_000), (800, 400, 32, 10_000), (5000, 625, 32, 10_000)],
    *[(15_620, 1562, 32, 10_000), (375_000, 1875, 32, 10_000), (312_400, 1562, 32, 10_000)],
    *[(92, 46, 32, 300), (46, 46, 32, 300), (1, 1, 2, 10_000), (1300, 625, 32, 10_000)],
    *[(1500, 500, 32, 10_000), (7810, 1562, 32, 10_000), (574, 192, 32, 10_000)],
]


@pytest.mark.parametrize("run", RUNS)
def test_what_is_looked_at_costs_a_tenth_of_a_run_but_for_the_last_look(run):
    total, _, size, images = run
    looks = evaluation.looks(*run)
    assert list(looks) == sorted(looks) and max(looks) == total
    assert looks[total] == images
    if len(looks) > 1:
        assert sum(looks.values()) <= 0.3 * total * size


@pytest.mark.parametrize("run", RUNS)
def test_all_test_images_are_looked_at_after_ten_epochs_at_most_and_some_within(run):
    total, of_epoch, _, images = run
    looks = evaluation.looks(*run)
    whole = [step for step, count in looks.items() if count == images]
    assert len(whole) <= 10 or images <= 2000
    assert all(step % of_epoch == 0 for step in whole if step != total) or images <= 2000
    assert all(count == images or 500 <= count <= 2000 for count in looks.values())


def test_a_long_run_is_looked_at_early_and_after_ten_epochs_spread_evenly():
    looks = evaluation.looks(15_620, 1562, 32, 10_000)
    early = [50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    assert [step for step, count in looks.items() if count == 2000] == early
    assert [step for step, count in looks.items() if count == 10_000] == [
        1562 * k for k in range(1, 11)
    ]
    looks = evaluation.looks(200 * 1875, 1875, 32, 10_000)
    assert [step for step, count in looks.items() if count == 10_000] == [
        20 * 1875 * k for k in range(1, 11)
    ]
    # One of five epochs: early looks come first, on fewer images if need be, on no less than 500.
    assert list(evaluation.looks(3125, 625, 32, 10_000)) == [50, 100, 200, 500, 1000, 2000, 3125]
    found = evaluation.looks(1500, 500, 32, 10_000)
    assert found == dict.fromkeys([50, 100, 200, 500, 1000], 880) | {1500: 10_000}
    found = evaluation.looks(1300, 625, 32, 10_000)
    assert found == dict.fromkeys([100, 200, 500, 1000], 620) | {1300: 10_000}
    assert evaluation.looks(1000, 500, 32, 10_000) == {1000: 10_000}


def test_some_images_are_always_the_same_and_evenly_spaced():
    labels = torch.arange(10_000)
    assert torch.equal(evaluation.evenly(labels, 2000), labels[::5])
    assert torch.equal(evaluation.evenly(labels, 10_000), labels)
    assert evaluation.evenly(torch.arange(7), 3).tolist() == [0, 2, 4]
