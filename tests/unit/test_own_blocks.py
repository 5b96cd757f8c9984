"""Blocks of every kind become a network of every method; what cannot is refused in one line."""

import copy
import re
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

from associated_learning import build, registry
from associated_learning.methods.associated import AssociatedNetwork
from associated_learning.networks import layers
from associated_learning.training import step

ROOT = Path(__file__).parents[2]


def recurrent(kind):
    return [nn.Embedding(7, 6), kind(6, 8, num_layers=2, batch_first=True)]


def attention(**options):
    return nn.TransformerEncoderLayer(8, 2, 16, **options)


class Ahead(nn.Module):
    """A layer that takes the sequence first, in a block that takes the batch first."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        y = self.layer(x.transpose(0, 1))
        return (y[0] if isinstance(y, tuple) else y).transpose(0, 1)


class Gives(nn.Module):
    """A block that gives what a function makes of its input."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


# Blocks, and whether their inputs are tokens, (batch, 6), or floats, (batch, 6, 2).
KINDS = {
    "dense": (lambda: [nn.Sequential(nn.Flatten(), nn.Linear(12, 8)), nn.Linear(8, 6)], False),
    "without parameters": (lambda: [nn.Flatten(), nn.Linear(12, 6), nn.ELU()], False),
    "lazy": (lambda: [nn.Flatten(), nn.LazyLinear(6)], False),
    "embedding": (
        lambda: [nn.Embedding(7, 4), nn.Sequential(nn.Flatten(), nn.Linear(24, 6))],
        True,
    ),
    "vectors": (
        lambda: [nn.Sequential(nn.Embedding(7, 4), nn.Flatten()), nn.Linear(24, 6), nn.Tanh()],
        True,
    ),
    "GRU": (lambda: recurrent(nn.GRU), True),
    "LSTM": (lambda: recurrent(nn.LSTM), True),
    "attention": (lambda: [nn.Embedding(7, 8), attention(batch_first=True)], True),
    "sequence first within": (
        lambda: [nn.Embedding(7, 8), Ahead(attention()), Ahead(nn.GRU(8, 6))],
        True,
    ),
}


def inputs(tokens, dtype=torch.float32, count=8):
    if tokens:
        return torch.randint(7, (count, 6))
    return torch.randn(count, 6, 2).to(dtype)


def made(kind, method, dtype=torch.float32):
    """Network and inputs; skips what target propagation does not take."""
    torch.manual_seed(0)
    blocks, tokens = KINDS[kind]
    blocks, x = [block.to(dtype) for block in blocks()], inputs(tokens, dtype)
    try:
        return build.method_class(method).from_blocks(blocks, x, 3, 16), x
    except ValueError as error:
        assert re.match(r"blocks\[\d\] gives .* needs blocks that give vectors", str(error))
        pytest.skip(str(error))


def check(net, x):
    """A step moves what learns, and every prefix predicts."""
    labels = torch.arange(len(x)) % 3
    for losses in net.losses(x, labels):
        assert all(loss.isfinite() for loss in losses)
        sum(losses).backward()
    learns = {name for name, p in net.named_parameters() if p.requires_grad}
    assert learns == {name for name, p in net.named_parameters() if p.grad is not None}
    net.zero_grad()
    before = copy.deepcopy(net.state_dict())
    optimisers = step.make_optimisers(net, 1e-2, 2.0, 0.0, ())
    assert step.train_step(net, optimisers, x, labels).isfinite().all()
    same = [name for name, value in net.state_dict().items() if torch.equal(before[name], value)]
    assert not learns & {name for name in same if name.endswith("weight")}
    net.eval()
    with torch.no_grad():
        predictions = list(net.prefix_predictions(x))
        assert torch.equal(predictions[-1], net(x))
        for layer in dict(net.inference_path()).values():
            x = layer(x)
    assert all(prediction.shape == (8, 3) for prediction in predictions)
    assert x.min() >= 0 and x.max() <= 1


@pytest.mark.parametrize("method", registry.methods())
@pytest.mark.parametrize("kind", KINDS)
def test_every_method_trains_blocks_of_every_kind(kind, method):
    check(*made(kind, method))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("method", registry.methods())
@pytest.mark.parametrize("kind", ["without parameters", "vectors", "GRU", "attention"])
def test_what_a_method_adds_has_the_dtype_of_the_blocks(kind, method, dtype):
    net, x = made(kind, method, dtype)
    tensors = [*net.parameters(), *net.buffers()]
    assert {tensor.dtype for tensor in tensors if tensor.is_floating_point()} == {dtype}
    check(net, x)
    if method == "al":
        assert net.start(x, torch.zeros(8, dtype=torch.int64))[1].dtype == dtype


def test_the_target_path_is_trained_first_in_the_dtype_of_the_blocks():
    net, _ = made("GRU", "al_target_first", torch.float64)
    assert net.before_training(torch.device("cpu"), "a run")["steps"] > 0


@pytest.mark.parametrize("method", registry.methods())
@pytest.mark.parametrize("kind", ["without parameters", "vectors", "LSTM", "attention"])
def test_what_a_method_adds_is_where_the_blocks_are(kind, method):
    blocks, tokens = KINDS[kind]
    blocks = [block.to("meta") for block in blocks()]
    for example in (inputs(tokens), inputs(tokens).to("meta")):
        try:
            net = build.method_class(method).from_blocks(blocks, example, 3, 4)
        except ValueError:
            pytest.skip("target propagation needs vectors")
        tensors = {name: tensor.is_meta for name, tensor in net.state_dict().items()}
        assert all(tensors[name] for name in tensors if name != "noise")
        assert net(inputs(tokens).to("meta")).shape == (8, 3)


@pytest.mark.parametrize("method", registry.methods())
def test_an_example_is_inputs_or_the_shape_of_one(method):
    kind, nets = build.method_class(method), []
    for example in ((6, 2), torch.Size((6, 2)), torch.randn(1, 6, 2), torch.randn(64, 6, 2)):
        torch.manual_seed(0)
        nets.append(kind.from_blocks(KINDS["dense"][0](), example, 3, 4).state_dict())
    for net in nets[1:]:
        assert net.keys() == nets[0].keys()
        assert all(torch.equal(value, nets[0][name]) for name, value in net.items())


def test_of_a_tuple_the_first_element_is_passed_on():
    blocks, x = recurrent(nn.LSTM), inputs(True)
    net = AssociatedNetwork.from_blocks(blocks, x, 3, 4)
    embedding, lstm = net.forward_layers()
    sequence, _ = blocks[1](blocks[0](x))
    assert embedding is blocks[0] and lstm[0] is blocks[1]
    assert torch.equal(lstm(embedding(x)), sequence)


# ---------------------------------------------------------------------------- refusals

FIRST = (ValueError, "need batch_first=True and (batch, time, features)")
ONE = (TypeError, "put it into a module that gives one tensor")
FLOATS = (TypeError, "all blocks must give floats of one dtype on one device")
REFUSED = {
    "a dictionary": (Gives(lambda x: {"logits": x}), *ONE),
    "a tuple in a tuple": (Gives(lambda x: ((x, x), x)), *ONE),
    "nothing": (Gives(lambda x: None), *ONE),
    "integers": (Gives(lambda x: x.argmax(2)), *FLOATS),
    "another dtype": (Gives(torch.Tensor.double), *FLOATS),
    "the time first": (Gives(lambda x: x.transpose(0, 1)), *FIRST),
    "a number each": (Gives(lambda x: x.sum((1, 2))), *FIRST),
    "a GRU": (nn.GRU(8, 8), *FIRST),
    "an LSTM": (nn.Sequential(nn.Identity(), nn.LSTM(8, 8, 2)), *FIRST),
    "attention": (attention(), *FIRST),
    "attentions": (nn.TransformerEncoder(attention(), 2, enable_nested_tensor=False), *FIRST),
    "vectors": (nn.Sequential(Gives(lambda x: x[:, 0]), nn.GRU(8, 8, batch_first=True)), *FIRST),
}


@pytest.mark.parametrize("method", registry.methods())
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_a_block_is_refused_in_one_line(case, method):
    torch.manual_seed(0)
    block, error, message = REFUSED[case]
    blocks = [nn.Embedding(7, 8), block]
    with pytest.raises(error, match=re.escape(message)) as raised:
        build.method_class(method).from_blocks(blocks, inputs(True), 3, 4)
    assert str(raised.value).startswith("blocks[1]") and "\n" not in str(raised.value)
    assert all(module.training for module in block.modules())


@pytest.mark.parametrize("method", registry.methods())
@pytest.mark.parametrize(("classes", "target_width"), [(0, 4), (3, 0), (3, -1)])
def test_a_width_of_nothing_is_refused(method, classes, target_width):
    with pytest.raises(ValueError, match="allowed: from 1 up"):
        build.method_class(method).from_blocks([nn.Linear(4, 5)], (4,), classes, target_width)


@pytest.mark.parametrize("method", registry.methods())
def test_no_block_is_no_network(method):
    with pytest.raises(ValueError, match="the list of blocks is empty"):
        build.method_class(method).from_blocks([], (4,), 3, 4)


@pytest.mark.parametrize(
    ("blocks", "example", "message"),
    [
        (
            nn.ModuleDict({"a": nn.Linear(4, 4)}),
            (4,),
            "blocks: a ModuleDict with a str at 0; allowed: a",
        ),
        ({"a": nn.Linear(4, 4)}, (4,), "blocks: a dict with a str at 0; allowed: a list"),
        (nn.Linear(4, 4), (4,), "blocks: a Linear; allowed: a list of torch.nn.Module"),
        ([nn.Linear(4, 4), nn.ReLU], (4,), "blocks: a list with a type at 1; allowed: a list"),
        ([nn.Linear(4, 4)], 4, "example: a int; allowed: a tensor, (batch, ...), or the shape"),
        ([nn.Linear(4, 4)], (-4,), "example: a tuple; allowed: a tensor, (batch, ...), or the"),
        (
            [nn.Linear(4, 4)],
            {"ids": torch.zeros(2, 4)},
            "example: a dict; allowed: a tensor, (batc",
        ),
        ([nn.Linear(4, 4)], (torch.zeros(2, 4),), "example: a tuple; allowed: a tensor, (batch,"),
        ([nn.Linear(4, 4)], torch.zeros(0, 4), "example: (0, 4); allowed: a batch, (1 or more,"),
        ([nn.Linear(4, 4)], torch.zeros(()), "example: (); allowed: a batch, (1 or more, ...)"),
    ],
)
@pytest.mark.parametrize("method", registry.methods())
def test_what_is_no_list_or_no_example_is_refused_in_one_line(method, blocks, example, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        build.method_class(method).from_blocks(blocks, example, 3, 4)


@pytest.mark.parametrize("method", registry.methods())
def test_blocks_may_come_one_by_one(method):
    blocks = (nn.Linear(4, 4) for _ in range(2))
    assert len(build.method_class(method).from_blocks(blocks, (4,), 3, 4).forward_layers()) == 2


def test_an_error_within_a_block_says_which():
    with pytest.raises(RuntimeError) as raised:
        layers.chained([nn.Linear(4, 4), nn.Linear(5, 4)], (4,))
    assert raised.value.__notes__ == ["blocks[1] was tried on (5, 4)"]


@pytest.mark.parametrize("method", registry.methods())
def test_labels_in_a_column_or_too_few_are_refused_and_train_nothing(method):
    net, x = made("vectors", method)
    column = torch.zeros(len(x), 1, dtype=torch.int64)
    for labels in (column, column[0], column[:2, 0]):
        with pytest.raises((ValueError, RuntimeError)):
            for losses in net.losses(x, labels):
                sum(losses).backward()
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("method", ["al", "local"])
def test_a_prefix_of_more_components_than_there_are_is_refused(method):
    net, x = made("vectors", method)
    assert torch.equal(net(x, 3), net(x))
    for components in (4, 0, -1):
        with pytest.raises(ValueError, match=f"components: {components}; allowed: 1 to 3"):
            net(x, components)


def test_a_layer_that_takes_the_sequence_first_is_seen_without_an_example_too():
    for layer in (nn.GRU(8, 8), attention()):
        with pytest.raises(ValueError, match="batch_first=True"):
            layers.chained([layer], (5, 8))


def test_modes_of_modules_within_a_block_are_kept():
    block = nn.Sequential(nn.Linear(4, 4), nn.Dropout().eval(), nn.BatchNorm1d(4).eval())
    layers.chained([block], (4,))
    assert [module.training for module in block.modules()] == [True, True, False, False]


def test_blocks_are_tried_without_a_random_draw():
    before = torch.get_rng_state()
    layers.chained([nn.Dropout(), nn.Flatten()], (6, 2))
    assert torch.equal(torch.get_rng_state(), before)


# ---------------------------------------------------------------------------- examples


def held_out_accuracy(blocks, x, labels):
    """Of all components, trained by AL on full batches of three quarters of the samples."""
    net = AssociatedNetwork.from_blocks(blocks, x, classes=2, target_width=16)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    quarter = len(x) // 4
    for _ in range(150):
        optimiser.zero_grad()
        losses = net.losses(x[quarter:], labels[quarter:])
        sum(loss for component in losses for loss in component).backward()
        optimiser.step()
    net.eval()
    with torch.no_grad():
        return (net(x[:quarter]).argmax(1) == labels[:quarter]).float().mean().item()


def test_dense_layers_tell_malignant_from_benign():
    torch.manual_seed(0)
    features, labels = load_breast_cancer(return_X_y=True)
    order = torch.randperm(len(labels))
    x, labels = torch.tensor(features).float()[order], torch.tensor(labels)[order]
    x = (x - x.mean(0)) / x.std(0)
    blocks = [
        nn.Sequential(nn.Linear(30, 16), nn.ELU()),
        nn.Sequential(nn.Linear(16, 16), nn.ELU()),
    ]
    assert held_out_accuracy(blocks, x, labels) > 0.93  # 0.63 are benign


def sequences():
    """Tokens 0 .. 3, (batch, 9), that hold both 0 and 1, and where these are."""
    torch.manual_seed(0)
    x = torch.randint(4, (768, 9))
    x = x[(x == 0).any(1) & (x == 1).any(1)]
    return x, (x == 0).int(), (x == 1).int()


def test_a_gru_tells_which_of_two_tokens_comes_first():
    x, zeros, ones = sequences()
    blocks = [nn.Embedding(4, 8), nn.GRU(8, 16, batch_first=True), Gives(lambda x: x[:, -1])]
    labels = (ones.argmax(1) < zeros.argmax(1)).long()
    assert held_out_accuracy(blocks, x, labels) > 0.95


def test_a_transformer_tells_which_of_two_tokens_is_more_frequent():
    x, zeros, ones = sequences()
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    blocks = [nn.Embedding(4, 8), layer, Gives(lambda x: x.mean(1))]
    labels = (ones.sum(1) > zeros.sum(1)).long()
    assert held_out_accuracy(blocks, x, labels) > 0.95


def test_the_example_of_the_docs_runs(capsys):
    page = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, {})
    for line in capsys.readouterr().out.splitlines():
        assert f"`{line}`" in page
