"""Settings: the defaults are the protocol of the thesis, and what cannot be is refused."""

import pytest
import torch
from helpers import config

from associated_learning import registry
from associated_learning.commands.train import HOW, config_of, parser
from associated_learning.training.config import resolve


def by_protocol(**options):
    """What the flags of a cell alone resolve to."""
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    options = vars(parser().parse_args([*arguments, "--out", "x"]))
    for key in HOW:
        del options[key]
    return resolve(options | {"device": "cpu"})


def test_defaults_are_the_protocol_of_the_thesis():
    found = by_protocol(dataset="mnist", arch="mlp", method="al")
    assert (found.epochs, found.batch_size, found.schedule) == (200, 32, "step")
    assert (found.learning_rate, found.target_lr_factor, found.l2) == (1e-4, 2.0, 0.0)
    assert (found.width, found.target_width, found.augment) == (1.0, 1024, False)
    assert found.train_subset is None and found.tf32 is False


def test_defaults_depend_on_network_method_and_data_set():
    found = by_protocol(dataset="cifar100", arch="resnet32", method="bp")
    assert (found.learning_rate, found.target_lr_factor, found.l2) == (1e-3, 1.0, 5e-4)
    assert (found.target_width, found.augment) == (500, True)
    assert by_protocol(dataset="digits", arch="sigmoid8", method="al").target_width == 256
    assert by_protocol(dataset="cifar10", arch="vgg", method="same_path").target_lr_factor == 1


def test_a_method_may_be_another_with_settings_of_its_own_which_flags_overrule():
    cell = "--dataset mnist --arch mlp --method al_fast_target"
    assert config_of(cell, "cpu").target_lr_factor == 20
    assert config_of(f"{cell} --target-lr-factor 3", "cpu").target_lr_factor == 3
    assert registry.method_module("al_fast_target") == registry.method_module("al")


def test_a_run_in_words_names_what_tells_it_from_others():
    assert config(arch="cnn", seed=3).name == "digits cnn al seed 3"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "bp", "target_lr_factor": 3.0}, "--target-lr-factor.*bp"),
        ({"method": "same_path", "target_lr_factor": 3.0}, "--target-lr-factor.*same_path"),
        ({"target_width": None}, "--target-width: missing; the thesis has no mlp on digits"),
        ({"tf32": True}, "--tf32.*cpu"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        config(**options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"--device: 'cuda': there is none here; allowed: auto"):
        config(device="cuda")
