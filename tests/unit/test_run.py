"""A training between two of its steps."""

import pytest
import torch
from helpers import config, interrupt, network, read_history, results

from associated_learning.errors import TrainingError
from associated_learning.training import evaluation, loop, step
from associated_learning.training.run import Run, loss_columns


def test_losses_of_a_row_are_means_since_the_row_before(digits, tmp_path, monkeypatch):
    train_step, seen = step.train_step, []

    def noted(*arguments):
        seen.append(train_step(*arguments))
        return seen[-1]

    monkeypatch.setattr(step, "train_step", noted)
    monkeypatch.setattr(evaluation, "looks", lambda *_: {20: 30, 46: 300, 50: 30, 138: 300})
    loop.train(config(epochs=3), digits, tmp_path)
    # The second epoch is not looked at in its end: of the third the losses are its own.
    rows = [(0, 20), (20, 46), (46, 50), (92, 138)]
    for row, (start, end) in zip(read_history(tmp_path), rows, strict=True):
        wanted = torch.stack(seen[start:end]).mean(0)
        assert float(row["inverse_2"]) == pytest.approx(wanted[3].item(), rel=1e-6)


def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(digits, tmp_path, monkeypatch):
    train_step, steps = step.train_step, 0

    def poisoned(some, *rest):
        nonlocal steps
        steps += 1
        if steps == 60:  # epoch 2, step 14 of it
            some.components[2].bridge[1][0].bias.data.fill_(float("nan"))
        return train_step(some, *rest)

    monkeypatch.setattr(step, "train_step", poisoned)
    with pytest.raises(TrainingError) as error:
        loop.train(config(arch="cnn", epochs=3), digits, tmp_path)
    message = str(error.value)
    assert "digits cnn al seed 0" in message and "epoch 2, step 60" in message
    assert "associated_3" in message and "nan" in message
    assert not list(tmp_path.glob("*.json")) and not list(tmp_path.glob("weights*"))


def test_methods_of_one_seed_share_no_weights(digits):
    first = [
        Run(config(method=method), digits).network.forward_layers()[1].state_dict()["0.weight"]
        for method in ("bp", "al", "al_target_first")
    ]
    assert not torch.equal(first[0], first[1]) and not torch.equal(first[1], first[2])


def test_the_target_path_is_trained_first_where_the_method_says_so(digits):
    run = Run(config(method="al_target_first"), digits)
    run.begin()
    assert run.before["steps"] > 0 and run.before["seconds"] > 0
    run = Run(config(method="al"), digits)
    run.begin()
    assert run.before == {}


def test_losses_are_named_by_part_where_there_are_several():
    assert loss_columns(network("mlp", "bp")) == ["cross_entropy"]
    assert loss_columns(network("mlp", "same_path_mse")) == ["mse"]
    wanted = ["associated_1", "inverse_1", "associated_2", "inverse_2"]
    assert loss_columns(network("mlp", "al")) == wanted


def test_a_batch_of_more_images_than_there_are_is_refused(digits):
    with pytest.raises(TrainingError, match="--batch-size: 32 > 31 images"):
        Run(config(train_subset=31), digits)


def test_a_row_says_how_many_test_images_it_looked_at(digits, tmp_path, monkeypatch):
    counts, accuracies = [], evaluation.prefix_accuracies

    def counted(some, images, labels, prepared):
        counts.append((len(images), len(labels)))
        return accuracies(some, images, labels, prepared)

    monkeypatch.setattr(evaluation, "prefix_accuracies", counted)
    monkeypatch.setattr(evaluation, "EARLY_IMAGES", 100)
    loop.train(config(), digits, tmp_path)
    found = [(int(row["step"]), int(row["test_images"])) for row in read_history(tmp_path)]
    assert found == [(46, 300), (50, 100), (92, 300)]
    assert counts == [(count, count) for _, count in found]


@pytest.mark.parametrize(("ratio", "steps"), [(1.0, 92), (2.5, 36), (1.5, 61), (1000.0, 1)])
def test_a_shortened_run_has_so_many_steps_and_the_whole_schedule(digits, tmp_path, ratio, steps):
    factors, train_step = [], step.train_step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "train_step", lambda *a: factors.append(a[4]) or train_step(*a))
        found = loop.train(config(shorten=ratio), digits, tmp_path)
    assert found["steps"] == steps == len(factors)
    assert factors == [step.schedule_factor("cosine", at, steps) for at in range(steps)]
    *_, last = read_history(tmp_path)
    assert (int(last["step"]), int(last["test_images"])) == (steps, 300)


def test_a_run_of_no_shortening_is_that_of_all_epochs(digits, tmp_path, trained):
    loop.train(config(shorten=1.0), digits, tmp_path)
    assert results(tmp_path) == results(trained())


@pytest.mark.parametrize("stop_at", [45, 46])
def test_a_shortened_run_goes_on_where_it_was_stopped(digits, tmp_path, trained, stop_at):
    interrupt(digits, tmp_path, steps=stop_at, shorten=1.5)
    loop.train(config(shorten=1.5), digits, tmp_path)
    assert results(tmp_path) == results(trained(shorten=1.5))
