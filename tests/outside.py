"""What a program outside of this repository does; an installed wheel is tested with it."""

import json
import sys

import numpy as np
import torch
from torch import nn

import associated_learning
from associated_learning.methods.associated import AssociatedNetwork
from associated_learning.methods.base import Method
from associated_learning.trained import Prediction, Trained


def own_network() -> list[float]:
    """Sum of the losses at ten steps of a network of own blocks on random data."""
    torch.manual_seed(0)
    inputs, labels = torch.randn(64, 4), torch.randint(3, (64,))
    blocks = [nn.Sequential(nn.Linear(4, 8), nn.ELU()), nn.Sequential(nn.Linear(8, 8), nn.ELU())]
    network: Method = AssociatedNetwork.from_blocks(blocks, (4,), classes=3, target_width=5)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    sums = []
    for _ in range(10):
        optimiser.zero_grad()
        losses = network.losses(inputs, labels)
        loss = torch.stack([loss for component in losses for loss in component]).sum()
        loss.backward()
        optimiser.step()
        sums.append(loss.item())
    return sums


def prediction(run: str) -> Prediction:
    """What the network of a run says of images that it was not trained on."""
    trained: Trained = associated_learning.load(run)
    channels, *size = trained.mean_image.shape
    images = np.random.default_rng(0).integers(256, size=(5, *size, channels), dtype=np.uint8)
    return trained.predict(images, components=1)


if __name__ == "__main__":
    found = prediction(sys.argv[1])
    said = {"sums": own_network(), "labels": found.labels.tolist(), "names": found.classes}
    print(json.dumps(said | {"file": associated_learning.__file__}))
