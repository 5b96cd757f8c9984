"""Activations of a trained network, layer by layer (thesis 3.3)."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from associated_learning import architectures, images
from associated_learning.datasets import Dataset
from associated_learning.network import AssociatedNetwork, BackpropNetwork
from associated_learning.training import METHODS

BATCH = 500


def activations(
    network: AssociatedNetwork | BackpropNetwork, x: Tensor
) -> Iterator[tuple[str, Tensor]]:
    """Name and activations, (batch, ...), of every layer of the inference path, in order.

    `input`; `s1` .. `sn`, the forward path; `bridge`, what b_n gives, in BP the layer that matches
    it; `prediction`, between 0 and 1 for each class (softmax in BP).
    """
    yield "input", x
    for k, layer in enumerate(network.forward_layers(), start=1):
        x = layer(x)
        yield f"s{k}", x
    if isinstance(network, AssociatedNetwork):
        x = network.components[-1].bridge(x)
        yield "bridge", x
        for component in reversed(network.components):
            x = component.decoder(x)
        yield "prediction", x
    else:
        # The bridge-matched head is pool, flatten, dense 5W, dense W, ...; some heads are shorter.
        for place, layer in enumerate(network.head):
            x = layer(x)
            if place == 3:
                yield "bridge", x
        yield "prediction", x.softmax(1)


def load_network(
    run: Path, data: Dataset
) -> tuple[AssociatedNetwork | BackpropNetwork, dict[str, str]]:
    """Trained network of a run, ready to predict, and the run's config.

    Parameters
    ----------
    run
        Folder with metrics.json and weights.safetensors.
    data
        The data set it was trained on.
    """
    config = json.loads((run / "metrics.json").read_text())["config"]
    network = architectures.build(
        config["arch"],
        METHODS[config["method"]],
        tuple(data.train_images.shape[1:]),
        len(data.classes),
        config["width"],
        config["target_width"],
    )
    network.load_state_dict(safetensors.torch.load_file(run / "weights.safetensors"))
    return network.eval(), config


@torch.inference_mode()
def layers(
    network: AssociatedNetwork | BackpropNetwork, data: Dataset, samples: int | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and activations, (samples, features), of every layer for the first test images.

    One layer is in memory at a time: the images go through the network anew for each.
    """
    test_images = data.test_images[:samples]

    def batches() -> Iterator[Iterator[tuple[str, Tensor]]]:
        for some in test_images.split(BATCH):
            standardised = data.name in images.STANDARDISED
            yield activations(network, images.prepare(some, data.mean_image, standardised))

    for place, (name, _) in enumerate(next(batches())):
        collected = []
        for batch in batches():
            for _ in range(place):
                next(batch)
            collected.append(next(batch)[1].flatten(1))
        yield name, torch.cat(collected).numpy()
