"""The networks are those of the thesis: counted, penalised and trained as there."""

import pytest
import torch
from torch import nn

from associated_learning import architectures
from associated_learning.network import AssociatedNetwork, BackpropNetwork
from associated_learning.training import parameter_counts

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
SHAPES = {"mnist": ((1, 28, 28), 10), "cifar10": ((3, 32, 32), 10), "cifar100": ((3, 32, 32), 100)}
CELLS = [
    (dataset, arch)
    for dataset, archs in {
        "mnist": ["mlp", "cnn"],
        "cifar10": ["mlp", "cnn", "resnet20", "resnet32", "vgg"],
        "cifar100": ["mlp", "cnn", "resnet20", "resnet32", "vgg"],
    }.items()
    for arch in archs
]


def build(dataset, arch, kind, width=1.0, device="meta"):
    shape, classes = SHAPES[dataset]
    target_width = architectures.family(arch)[0].protocol(dataset, "al").target_width
    with torch.device(device):
        return architectures.build(arch, kind, shape, classes, width, target_width)


@pytest.mark.parametrize(("dataset", "arch"), COUNTS)
def test_parameter_counts_are_those_of_the_thesis(dataset, arch):
    bp = parameter_counts(build(dataset, arch, BackpropNetwork))
    al = parameter_counts(build(dataset, arch, AssociatedNetwork))
    got = (bp["total"], al["total"], al["f"], al["b"], al["g"], al["h"], al["effective"])
    for wanted, found in zip(COUNTS[dataset, arch], got, strict=True):
        assert wanted in (None, found)
    assert bp["affiliated"] == 0
    assert al["affiliated"] == al["total"] - al["effective"]


@pytest.mark.parametrize(("dataset", "arch"), CELLS)
def test_every_cell_of_the_thesis_can_be_built(dataset, arch):
    components = {"mlp": 2}.get(arch, 4)
    al, bp = (build(dataset, arch, kind) for kind in (AssociatedNetwork, BackpropNetwork))
    assert len(al.components) == len(bp.body) == components
    images = torch.zeros(2, *SHAPES[dataset][0], device="meta")
    assert al(images).shape == bp(images).shape == (2, SHAPES[dataset][1])


@pytest.mark.parametrize(("dataset", "arch"), CELLS)
def test_a_smaller_width_factor_makes_a_smaller_forward_path(dataset, arch):
    counts = [
        parameter_counts(build(dataset, arch, AssociatedNetwork, w))["f"] for w in (0.25, 0.5, 1.0)
    ]
    assert counts == sorted(counts) and counts[0] < 0.6 * counts[2]


def test_the_forward_path_of_al_is_elu_and_of_bp_relu():
    for arch in ("mlp", "cnn", "resnet20", "vgg"):
        al, bp = (build("cifar10", arch, kind) for kind in (AssociatedNetwork, BackpropNetwork))
        assert not any(isinstance(m, nn.ReLU) for m in al.modules())
        assert not any(isinstance(m, (nn.ELU, nn.Sigmoid)) for m in bp.modules())
        for component in al.components:
            kinds = {type(m) for m in component.forward_map.modules()}
            assert nn.ELU in kinds and nn.Sigmoid not in kinds


def test_every_activation_of_the_sigmoid_networks_is_a_sigmoid():
    for kind in (AssociatedNetwork, BackpropNetwork):
        with torch.device("meta"):
            network = architectures.build("sigmoid8", kind, (1, 28, 28), 10, 1.0, 16)
        found = {type(m) for m in network.modules() if isinstance(m, (nn.ELU, nn.ReLU, nn.Sigmoid))}
        assert found == {nn.Sigmoid}
        assert len(network.forward_layers()) == 8


def test_batch_norm_stands_where_the_thesis_has_it():
    def has_norm(network):
        kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
        return any(isinstance(m, kinds) for m in network.modules())

    for arch, al, bp in (
        ("mlp", False, False),
        ("cnn", False, False),
        ("resnet20", True, True),
        ("vgg", False, True),
    ):
        assert has_norm(build("cifar10", arch, AssociatedNetwork)) == al
        assert has_norm(build("cifar10", arch, BackpropNetwork)) == bp
    for component in build("cifar10", "resnet20", AssociatedNetwork).components:
        assert not has_norm(component.bridge)


def test_protocol_of_the_thesis():
    def protocol(dataset, arch, method):
        return architectures.family(arch)[0].protocol(dataset, method)

    assert protocol("cifar10", "resnet20", "bp").learning_rate == 1e-3
    assert protocol("cifar10", "resnet20", "al").learning_rate == 1e-4
    assert protocol("cifar100", "resnet32", "bp").l2 == 5e-4
    assert protocol("cifar10", "resnet32", "bp").l2 == 1e-4
    assert protocol("cifar100", "resnet32", "al").l2 == 1e-4
    assert protocol("cifar10", "vgg", "bp").l2 == 5e-4
    assert protocol("cifar10", "vgg", "al").l2 == 1e-5
    assert protocol("mnist", "mlp", "al").l2 == protocol("mnist", "cnn", "bp").l2 == 0


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'lenet'.*cnn.*resnet20"):
        architectures.family("lenet")
    with pytest.raises(ValueError, match="'resnet21'"):
        architectures.family("resnet21")
