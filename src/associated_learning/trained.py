"""A trained network and what its images go through, from the folder of its run alone."""

import contextlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor

from associated_learning import build, registry, settings
from associated_learning.data import images as preprocessing
from associated_learning.errors import DataError
from associated_learning.methods.base import Method
from associated_learning.networks.protocol import Shape
from associated_learning.training import weights
from associated_learning.training.evaluation import TEST_BATCH


class LoadError(Exception):
    """A run that cannot be loaded; the message says why, and what to do."""


class Prediction(NamedTuple):
    """What a network says of n images."""

    classes: list[str]
    """Name of the class of each."""
    labels: np.ndarray
    """Its number, int64 (n,)."""
    components: np.ndarray
    """How many components answered, int64 (n,)."""
    scores: np.ndarray
    """By prefix and class, float32 (n, prefixes, C); NaN behind the prefix that answered."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network.

    Attributes
    ----------
    network : Method
        In evaluation mode, and on the CPU until it is moved.
    metrics : dict
        What the run's metrics.json holds.
    logits : bool
        Whether the network predicts logits, whose softmax the scores then are.
    mean_image : Tensor
        float32 (channels, height, width): mean of all training images / 255.
    standardised : bool
        Whether each image is standardised before it is shown to the network.
    classes : tuple of str
        Names of the classes, by label.
    """

    network: Method
    metrics: dict[str, Any]
    logits: bool
    mean_image: Tensor
    standardised: bool
    classes: tuple[str, ...]

    @property
    def prefixes(self) -> int:
        """How many prefixes predict: the components, or 1 where the whole network alone does."""
        return len(self.metrics["prefix_test_accuracy"])

    def predict(
        self, images: Any, components: int | None = None, early_exit: float | None = None
    ) -> Prediction:
        """Predict the classes of images, with the whole network or prefixes of its components.

        A prefix gives each class a score from 0 to 1, and answers with the class of the largest.
        In AL scores are outputs of sigmoids, those of h_1: each was trained towards 1 for its class
        and 0 for others, and the sum need not be 1. Where a method predicts logits, as BP does,
        scores are their softmax. Neither is a probability that anybody calibrated.

        Parameters
        ----------
        images
            Array or tensor, on any device, uint8 (n, height, width, channels), of the data set's
            size; grey ones may be (n, height, width).
        components
            The prefix that answers, by default all.
        early_exit
            From 0 to 1: of each image the first prefix answers whose largest score is at least
            that, or else the last.

        Raises
        ------
        ValueError
            An argument is not allowed; images are not resized. Where nothing but the whole network
            predicts, there is no early exit.
        """
        if components is not None and components not in range(1, self.prefixes + 1):
            raise ValueError(f"components: {components}; allowed: 1 to {self.prefixes}")
        if early_exit is not None and not 0 <= early_exit <= 1:
            raise ValueError(f"early_exit: {early_exit}; allowed: numbers from 0 to 1")
        if early_exit is not None and self.prefixes == 1:
            raise ValueError("early_exit: not allowed: nothing but the whole network predicts")
        threshold = np.inf if early_exit is None else early_exit
        pixels = _pixels(images, self.mean_image.shape).split(TEST_BATCH)
        found = [self._answers(some, components or self.prefixes, threshold) for some in pixels]
        labels, used, scores = (torch.cat(of).numpy() for of in zip(*found, strict=True))
        return Prediction([self.classes[label] for label in labels], labels, used, scores)

    @torch.inference_mode()
    def _answers(self, pixels: Tensor, last: int, threshold: float) -> tuple[Tensor, ...]:
        """Labels, components and scores of a batch (see `Prediction`)."""
        device = next(self.network.parameters()).device
        mean_image = self.mean_image.to(device)
        x = preprocessing.prepare(pixels.to(device), mean_image, self.standardised)
        labels, components = torch.zeros(2, len(x), dtype=torch.int64)
        scores = torch.full((len(x), last, len(self.classes)), torch.nan)
        waiting = torch.ones(len(x), dtype=torch.bool)
        predictions = itertools.islice(self.network.prefix_predictions(x), last)
        for k, prediction in enumerate(predictions):
            found = (prediction.softmax(1) if self.logits else prediction).cpu()
            # The softmax of large logits may be 1 for two of them: the class is the prediction's.
            labels[waiting] = prediction.argmax(1).cpu()[waiting]
            components[waiting], scores[waiting, k] = k + 1, found[waiting]
            waiting &= found.amax(1) < threshold
            if not waiting.any():
                break
        return labels, components, scores


def load(run: str | os.PathLike[str]) -> Trained:
    """Load the trained network of a finished run.

    Parameters
    ----------
    run
        Its folder, with metrics.json and weights.safetensors.

    Raises
    ------
    LoadError
        One of them is missing, cannot be read, is damaged or of a time when weights came without a
        mean image; or the run is of a method or network that is not known here, or has changed.
    """
    run = Path(run)
    path = run / "metrics.json"
    if not path.is_file():
        why = f"there is no {path.name}" if run.is_dir() else "there is no such folder"
        raise LoadError(f"{run} holds no finished run: {why}. Give the folder that one wrote to")
    with _clear_errors(path):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        config = metrics["config"]
        arch, method, *widths = (config[k] for k in ("arch", "method", "width", "target_width"))
        len(metrics["prefix_test_accuracy"])
        known = {"network": (arch, registry.networks()), "method": (method, registry.methods())}
        for what, (name, names) in known.items():
            if name not in names:
                there = ", ".join(names)
                raise LoadError(f"{run} is of the {what} {name!r}; known here: {there}")
        train = f"Train it again: {_command(config, run)}"
    path = run / "weights.safetensors"
    if not path.is_file():
        raise LoadError(f"{path} is missing. {train}")
    with _clear_errors(path):
        tensors, images = weights.read(path)
    if images is None:
        raise LoadError(f"{path} is of an older version, without the mean image. {train}")
    shape, classes = tuple(images.mean_image.shape), len(images.classes)
    with _clear_errors(run / "metrics.json"):
        network = build.build(arch, method, shape, classes, *widths)
    try:
        # Copied, not assigned: they lie in memory as those did that were evaluated.
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise LoadError(
            f"{path} does not fit what {arch} by {method} is in this version: use the version that"
            f" trained it. {train}"
        ) from error
    network.eval()
    return Trained(network, metrics, _gives_logits(network, shape), *images)


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Name a file that cannot be read, or understood."""
    try:
        yield
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError, ArithmeticError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LoadError(
            f"{path} is damaged ({type(error).__name__}: {reason}): delete it and train again"
        ) from error


def read_images(path: Path) -> np.ndarray:
    """Images of a file: those of a NumPy array (.npy), or the one of a PNG or JPEG file.

    Raises
    ------
    DataError
        It cannot be read, or its pixels are not 8 bits of grey or of red, green and blue.
    """
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.mode not in ("L", "RGB"):
                raise ValueError(f"its mode is {image.mode}; allowed: L and RGB")
            return np.array(image)[None]
    except Exception as error:  # whatever a damaged file leads to
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path} cannot be read ({type(error).__name__}: {reason})") from error


def _pixels(images: Any, shape: Shape) -> Tensor:
    """Images given as (n, height, width, channels) as those of a data set, or a ValueError."""
    channels, *size = shape
    allowed = [(*size, channels), *([tuple(size)] if channels == 1 else [])]
    shapes = " or ".join(f"(n, {', '.join(map(str, of))})" for of in allowed)
    told = f"allowed: uint8 {shapes}, n from 1"
    try:
        array = np.asarray(images.detach().cpu() if isinstance(images, Tensor) else images)
    except (TypeError, ValueError) as error:  # a type that NumPy lacks; rows of several lengths
        raise ValueError(f"images: {error}; {told}") from error
    if array.dtype != np.uint8 or array.shape[1:] not in allowed or not len(array):
        raise ValueError(f"images: {array.dtype} {array.shape}; {told}")
    pixels = torch.tensor(array.reshape(-1, *size, channels))
    return pixels.permute(0, 3, 1, 2).contiguous()


@torch.inference_mode()
def _gives_logits(network: Method, shape: Shape) -> bool:
    """Whether a prediction is not yet what `inference_path` ends in, between 0 and 1."""
    x = image = torch.zeros(1, *shape)
    for _, layer in network.inference_path():
        x = layer(x)
    return not torch.allclose(x, network(image), atol=1e-6)


def _command(config: Mapping[str, Any], run: Path) -> str:
    """What trains a run again."""
    told = {key: value for key, value in config.items() if value is not None}
    if not build.method_class(config["method"]).has_target_path:
        told.pop("target_lr_factor", None)  # it is 1, which is not told
    return f"python -m associated_learning train {settings.flags(told | {'out': run})} --overwrite"
