"""The networks are those of the thesis: counted, initialised and trained as there."""

import pytest
import torch
from helpers import network
from torch import nn

from associated_learning import build, registry
from associated_learning.measure.parameters import parameter_counts
from associated_learning.networks.layers import chained, he_normal

# Trainable parameters counted in the graphs of the authors' public TensorFlow implementation
# (thesis, appendix A): BP; AL in all; f; b; g; h; AL effective.
COUNTS = {
    ("mnist", "mlp"): (13405194, 24957962, 1853440, 20983808, 1060864, 1059850, 13405194),
    ("mnist", "cnn"): (4700586, 62085546, 157344, 61528064, 200192, 199946, 4700586),
    ("cifar10", "mlp"): (117273010, None, None, None, None, None, 117273010),
    ("cifar10", "cnn"): (5929962, None, None, None, None, None, 5929962),
    ("cifar10", "resnet20"): (1099526, 70211726, 272416, 69391200, 274200, 273910, 7142126),
    ("cifar10", "vgg"): (10596070, 164355694, 9936384, 153871200, 274200, 273910, 12198094),
}
CELLS = [
    (dataset, arch)
    for dataset, archs in {
        "mnist": ["mlp", "cnn"],
        "cifar10": ["mlp", "cnn", "resnet20", "resnet32", "vgg"],
        "cifar100": ["mlp", "cnn", "resnet20", "resnet32", "vgg"],
    }.items()
    for arch in archs
]


def full(dataset, arch, method, width=1.0):
    """The network of the thesis, without memory."""
    entry = registry.datasets()[dataset]
    target_width = entry["target_width"][registry.networks()[arch]["family"]]
    with torch.device("meta"):
        return network(arch, method, dataset, width, target_width)


@pytest.mark.parametrize(("dataset", "arch"), COUNTS)
def test_parameter_counts_are_those_of_the_thesis(dataset, arch):
    bp = parameter_counts(full(dataset, arch, "bp"))
    al = parameter_counts(full(dataset, arch, "al"))
    got = (bp["total"], al["total"], al["f"], al["b"], al["g"], al["h"], al["effective"])
    for wanted, found in zip(COUNTS[dataset, arch], got, strict=True):
        assert wanted in (None, found)
    assert bp["affiliated"] == 0
    assert al["affiliated"] == al["total"] - al["effective"]


@pytest.mark.parametrize(("dataset", "arch"), CELLS)
def test_every_cell_of_the_thesis_can_be_built(dataset, arch):
    components = {"mlp": 2}.get(arch, 4)
    al, bp = (full(dataset, arch, method) for method in ("al", "bp"))
    assert len(al.components) == len(bp.body) == components
    entry = registry.datasets()[dataset]
    images = torch.zeros(2, *entry["shape"], device="meta")
    assert al(images).shape == bp(images).shape == (2, entry["classes"])


@pytest.mark.parametrize(("dataset", "arch"), CELLS)
def test_a_smaller_width_factor_makes_a_smaller_forward_path(dataset, arch):
    counts = [parameter_counts(full(dataset, arch, "al", w))["f"] for w in (0.25, 0.5, 1.0)]
    assert counts == sorted(counts) and counts[0] < 0.6 * counts[2]


def test_the_forward_path_of_al_is_elu_and_of_bp_relu():
    for arch in ("mlp", "cnn", "resnet20", "vgg"):
        al, bp = (full("cifar10", arch, method) for method in ("al", "bp"))
        assert not any(isinstance(m, nn.ReLU) for m in al.modules())
        assert not any(isinstance(m, nn.ELU | nn.Sigmoid) for m in bp.modules())
        for component in al.components:
            kinds = {type(m) for m in component.forward_map.modules()}
            assert nn.ELU in kinds and nn.Sigmoid not in kinds


def test_every_activation_of_the_sigmoid_networks_is_a_sigmoid():
    for method in ("al", "bp"):
        found = network("sigmoid8", method, "mnist")
        kinds = {type(m) for m in found.modules() if isinstance(m, nn.ELU | nn.ReLU | nn.Sigmoid)}
        assert kinds == {nn.Sigmoid}
        assert len(found.forward_layers()) == 8


def test_the_depth_of_a_network_is_that_of_its_line():
    for arch, entry in registry.networks().items():
        if entry["family"] == "sigmoid":
            assert len(network(arch).components) == entry["depth"]
    for arch in ("resnet20", "resnet32"):
        convolutions = [
            m
            for component in network(arch).components
            for m in component.forward_map.modules()
            if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)
        ]
        assert len(convolutions) + 1 == registry.networks()[arch]["depth"]  # one of them is dense


def test_batch_norm_stands_where_the_thesis_has_it():
    def has_norm(module):
        return any(isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) for m in module.modules())

    for arch, al, bp in (
        ("mlp", False, False),
        ("cnn", False, False),
        ("resnet20", True, True),
        ("vgg", False, True),
    ):
        assert has_norm(full("cifar10", arch, "al")) == al
        assert has_norm(full("cifar10", arch, "bp")) == bp
    for component in full("cifar10", "resnet20", "al").components:
        assert not has_norm(component.bridge)


def test_protocol_of_the_thesis():
    def protocol(dataset, arch, method):
        return build.protocol(arch, method, registry.classes(dataset))

    assert protocol("cifar10", "resnet20", "bp").learning_rate == 1e-3
    assert protocol("cifar10", "resnet20", "al").learning_rate == 1e-4
    assert protocol("cifar100", "resnet32", "bp").l2 == 5e-4
    assert protocol("cifar10", "resnet32", "bp").l2 == 1e-4
    assert protocol("cifar100", "resnet32", "al").l2 == 1e-4
    assert protocol("cifar10", "vgg", "bp").l2 == 5e-4
    assert protocol("cifar10", "vgg", "al").l2 == 1e-5
    assert protocol("mnist", "mlp", "al").l2 == protocol("mnist", "cnn", "bp").l2 == 0


def test_building_a_network_leaves_batch_norm_statistics_alone():
    for method in ("al", "bp"):
        for name, buffer in network("resnet20", method).named_buffers():
            if name.endswith("running_mean"):
                assert not buffer.any()


def test_shapes_are_found_and_the_mode_of_a_block_is_kept():
    blocks = [nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8).eval(), nn.Flatten()]
    shapes = [tuple(output.shape[1:]) for _, output in chained(blocks, (3, 9, 9))]
    assert shapes == [(8, 4, 4), (8, 4, 4), (128,)]
    assert [block.training for block in blocks] == [True, False, True]


def test_he_normal_is_truncated_and_has_variance_two_over_fan_in():
    torch.manual_seed(0)
    weight = he_normal(nn.Linear(400, 2000)).weight
    assert weight.var().item() == pytest.approx(2 / 400, rel=0.01)
    assert weight.abs().max().item() <= 2.0001 * (2 / 400) ** 0.5 / 0.8796


def test_the_head_of_bp_s_vgg_alone_starts_from_glorot_s_initialisation():
    for arch in ("vgg", "cnn"):
        for layer in network(arch, "bp").head.modules():
            if isinstance(layer, torch.nn.Linear):
                limit = (6 / (layer.in_features + layer.out_features)) ** 0.5
                uniform = layer.weight.abs().max() <= limit  # He's: deviation sqrt(2 / inputs)
                assert uniform == (arch == "vgg")
                if arch == "vgg":
                    assert layer.weight.abs().max() > 0.9 * limit


def test_a_network_is_of_the_class_of_its_method_and_of_the_shape_asked_for():
    for method in registry.methods():
        found = network("mlp", method)  # which all methods can train
        assert type(found) is build.method_class(method)
        assert found(torch.zeros(2, 1, 16, 16)).shape == (2, 10)


@pytest.mark.parametrize(
    ("arch", "method"), [("lenet", "al"), ("resnet21", "al"), ("mlp", "magic")]
)
def test_what_is_not_listed_is_not_built(arch, method):
    with pytest.raises(KeyError, match=arch if arch != "mlp" else method):
        build.build(arch, method, (1, 16, 16), 10, 1.0, 8)
