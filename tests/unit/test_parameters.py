"""What a network holds and costs, counted."""

import csv

import torch
from helpers import network

from associated_learning.measure.parameters import (
    multiply_adds,
    multiply_adds_until,
    parameter_counts,
    write_counts,
)
from associated_learning.methods.backprop import BackpropNetwork


def test_multiply_adds_by_prefix_are_those_of_its_layers():
    some = network("mlp", "al", "mnist", width=1.0, target_width=1024)
    bridge = 1024 * 5120 + 5120 * 1024
    first, second = multiply_adds(some, torch.Size((1, 28, 28)))
    assert first == 784 * 1024 + bridge + 1024 * 10
    assert second == 784 * 1024 + 1024 * 1024 + bridge + 1024 * 1024 + 1024 * 10
    blocks = [torch.nn.Conv2d(3, 8, 3, stride=2, padding=1), torch.nn.ReLU()]
    some = BackpropNetwork.from_blocks(blocks, (3, 32, 32), 10, 4)
    convolution, dense = 16 * 16 * 8 * 27, 2048 * 20 + 20 * 4 + 4 * 4 + 4 * 10
    assert multiply_adds(some, torch.Size((3, 32, 32))) == [convolution + dense]
    assert not any(p.is_meta for p in some.parameters())


def test_an_image_that_leaves_late_has_passed_blocks_once_and_the_bridges_of_all_prefixes():
    some = network("mlp", "al", "mnist", width=1.0, target_width=1024)
    bridge, decoder, last = 1024 * 5120 + 5120 * 1024, 1024 * 1024, 1024 * 10
    first = 784 * 1024 + bridge + last
    both = first + 1024 * 1024 + bridge + decoder + last
    assert multiply_adds_until(some, torch.Size((1, 28, 28))) == [first, both]
    assert multiply_adds(some, torch.Size((1, 28, 28)))[0] == first and some.training
    assert not some.components[0].decoder[0]._forward_hooks


def test_counts_by_role_add_up_where_there_are_roles():
    counts = parameter_counts(network("cnn", "al"))
    assert sum(counts[role] for role in "fbgh") == counts["total"]
    assert counts["effective"] + counts["affiliated"] == counts["total"]
    assert parameter_counts(network("cnn", "bp")).keys() == {"total", "effective", "affiliated"}


def test_counts_are_written_one_row_per_network(tmp_path):
    cells = ["mnist:mlp:bp:1:1024", "mnist:mlp:al:1:1024", "digits:sigmoid4:al:0.5:"]
    write_counts(cells, tmp_path / "parameters.csv")
    with (tmp_path / "parameters.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["arch"], row["method"]) for row in rows] == [
        ("mlp", "bp"),
        ("mlp", "al"),
        ("sigmoid4", "al"),
    ]
    assert [int(row["total"]) for row in rows[:2]] == [13405194, 24957962]
    assert rows[0]["f"] == "" and int(rows[1]["f"]) == 1853440
    assert int(rows[2]["b"]) == 4 * (128 * 1280 + 1280 + 1280 * 256 + 256)
