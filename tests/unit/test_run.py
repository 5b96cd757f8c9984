"""A training between two of its steps."""

import pytest
import torch
from helpers import config, network, read_history

from associated_learning.errors import TrainingError
from associated_learning.training import loop, step
from associated_learning.training.run import Run, loss_columns


def test_losses_of_a_row_are_means_since_the_row_before(digits, tmp_path, monkeypatch):
    train_step, seen = step.train_step, []

    def noted(*arguments):
        seen.append(train_step(*arguments))
        return seen[-1]

    monkeypatch.setattr(step, "train_step", noted)
    loop.train(config(), digits, tmp_path)
    rows = [(0, 46), (46, 50), (50, 92)]
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
