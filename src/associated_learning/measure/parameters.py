"""What a network holds and costs: parameters (thesis 2.6) and multiply-adds."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from associated_learning import build, registry
from associated_learning.files import write_rows
from associated_learning.methods.base import Method


def parameter_counts(network: Method) -> dict[str, int]:
    """Trainable parameters: total, effective, affiliated and, in AL, by map (thesis 2.6)."""

    def count(modules: list[nn.Module]) -> int:
        return sum(p.numel() for module in modules for p in module.parameters())

    total, effective = count([network]), sum(p.numel() for p in network.effective_parameters())
    counts = {"total": total, "effective": effective, "affiliated": total - effective}
    return counts | {role: count(modules) for role, modules in network.roles().items()}


def multiply_adds(network: Method, image: Sequence[int]) -> list[int]:
    """Multiply-adds of dense and convolutional layers for an image, by prefix of components.

    Where prefixes do not predict, it is one number, that of the network.
    """
    prefixes, costs = range(1, len(network.parts()) + 1), []
    with _counting(network, image) as (x, passed):
        for prefix in [{"components": k} for k in prefixes] if len(prefixes) > 1 else [{}]:
            passed.clear()
            network(x, **prefix)
            costs.append(sum(passed))
    return costs


def multiply_adds_until(network: Method, image: Sequence[int]) -> list[int]:
    """The same for an image for which each prefix has predicted in turn, up to and with the k-th.

    It passes a block of the forward path once, but what each prefix adds to predict (in AL its
    bridge and all its decoders) for every prefix.
    """
    with _counting(network, image) as (x, passed):
        return [sum(passed) for _ in network.prefix_predictions(x)]


@contextlib.contextmanager
def _counting(network: Method, image: Sequence[int]) -> Iterator[tuple[Tensor, list[int]]]:
    """An image, and the multiply-adds of each layer that it passes, which are appended."""
    passed = []

    def count(layer: nn.Module, _inputs: tuple, output: Tensor) -> None:
        # Every value of the output is a weighted sum with as many weights as lead to one channel.
        passed.append(output.numel() * layer.weight[0].numel())

    layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    training = network.training
    with torch.no_grad():
        network.eval()
        # A real image: torch's meta device would import its compiler, which takes seconds.
        yield torch.zeros(1, *image, device=next(network.parameters()).device), passed
        network.train(training)
    for hook in hooks:
        hook.remove()


def write_counts(cells: Sequence[str], out: Path) -> None:
    """Count the parameters of networks, which need not be trained for it, into a CSV file.

    Parameters
    ----------
    cells
        DATASET:ARCH:METHOD:WIDTH:TARGET_WIDTH of each network; no target width stands for the
        network's own.
    out
        The file, with one row per network: `dataset`, `arch`, `method` and `parameter_counts`.
    """
    rows: list[dict[str, Any]] = []
    for cell in cells:
        dataset, arch, method, width, target_width = cell.split(":")
        entry = registry.datasets()[dataset]
        protocol = build.protocol(arch, method, entry["classes"])
        # Tensors on the meta device have shapes but no memory.
        with torch.device("meta"):
            network = build.build(
                arch,
                method,
                tuple(entry["shape"]),
                entry["classes"],
                float(width or protocol.width),
                int(target_width or protocol.target_width),
            )
        names = {"dataset": dataset, "arch": arch, "method": method}
        rows.append(names | parameter_counts(network))
    write_rows(out, rows)
