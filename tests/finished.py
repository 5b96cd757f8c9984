"""What finished jobs leave behind, written by hand: in no time, and of known numbers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.numpy

from associated_learning.commands import figure, table
from associated_learning.data import overview

TEN_CLASSES = tuple(f"class_{k}" for k in range(10))


def write_run(
    root: Path,
    method: str,
    seed: int,
    epochs: Sequence[Sequence[float]],
    arch: str = "mlp",
    *,
    gradients: tuple[Sequence[float], Sequence[float]] = ((0.1, 1.0), (0.1, 1.0)),
    target_first: tuple[int, float] | tuple[None, None] = (None, None),
    multiply_adds: Sequence[float] | None = None,
    steps_per_epoch: int = 10,
    seconds_per_step: float = 1.0,
    metrics: dict[str, Any] | None = None,
    **config: object,
) -> Path:
    """metrics.json, which is returned, and history.csv of a finished run.

    Parameters
    ----------
    root
        The run's folder is root/arch/method/seedN.
    epochs
        Test accuracies of all prefixes after every epoch.
    gradients
        Norms by layer, at the beginning and at the end.
    target_first
        Steps and seconds of training the target path first.
    multiply_adds
        By prefix; 3.2 million over k of the k-th by default.
    metrics
        What metrics.json holds besides.
    **config
        What its config holds besides, or instead of MNIST.
    """
    folder = root / arch / method / f"seed{seed}"
    folder.mkdir(parents=True)
    epoch = np.arange(1, len(epochs) + 1)
    steps = steps_per_epoch * epoch
    history = pd.DataFrame({"epoch": epoch, "step": steps})
    history["test_accuracy"] = [prefixes[-1] for prefixes in epochs]
    for k, accuracies in enumerate(zip(*epochs, strict=True), start=1):
        history[f"test_accuracy_prefix_{k}"] = accuracies
    history["training_seconds"] = seconds_per_step * steps
    history.to_csv(folder / "history.csv", index=False)
    prefixes = list(epochs[-1])
    whole = {
        "test_accuracy": prefixes[-1],
        "prefix_test_accuracy": prefixes,
        "steps": int(steps[-1]),
        "seed": seed,
        "gradient_norms": {"initial": list(gradients[0]), "final": list(gradients[1])},
        "target_first_steps": target_first[0],
        "parameters": {"effective": 374_346},
        "hardware": {"processor": "a processor"},
        "multiply_adds_by_prefix": multiply_adds
        or [3_200_000 // k for k in range(1, 1 + len(prefixes))],
        "times": {
            "training_seconds": float(seconds_per_step * steps[-1]),
            "target_first_seconds": target_first[1],
        },
        "config": {
            "dataset": "mnist",
            "arch": arch,
            "method": method,
            "seed": seed,
            "width": 0.25,
            "learning_rate": 1e-3,
        }
        | config,
    }
    path = folder / "metrics.json"
    path.write_text(json.dumps(whole | (metrics or {})), encoding="utf-8")
    return path


def write_distances(
    root: Path,
    method: str,
    seed: int,
    layers: dict[str, tuple[float, float]],
    arch: str = "mlp",
    *,
    intra: float = 1.0,
) -> Path:
    """Layers with ratio and silhouette, as the distances command writes them."""
    path = root / arch / method / f"seed{seed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"dataset": "mnist", "arch": arch, "method": method, "seed": seed}
    pd.DataFrame(
        cell
        | {"layer": layer, "place": place, "features": 1024, "intra": intra, "inter": 1.0}
        # In float64 and in full, as CSV has it: "inf", and nothing for NaN.
        | {"ratio": ratio, "silhouette": silhouette}
        for place, (layer, (ratio, silhouette)) in enumerate(layers.items())
    ).to_csv(path, index=False)
    return path


def write_probe(
    root: Path, method: str, seed: int, layers: dict[str, float], arch: str = "mlp"
) -> Path:
    """Layers with accuracy, as the probe command writes them."""
    path = root / arch / method / f"seed{seed}_probe.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"dataset": "mnist", "arch": arch, "method": method, "seed": seed}
    pd.DataFrame(
        cell
        | {"layer": layer, "place": place, "features": 1024, "images": 5000, "accuracy": accuracy}
        for place, (layer, accuracy) in enumerate(layers.items())
    ).to_csv(path, index=False)
    return path


def write_exits(
    run: Path, left: dict[float, Sequence[tuple[int, int]]], multiply_adds: Sequence[float]
) -> Path:
    """exits.csv beside a run's metrics.json, as the exits command writes it.

    Parameters
    ----------
    run
        The run's metrics.json.
    left
        By threshold and component, how many images leave and how many of these are right.
    multiply_adds
        Of an image that leaves at each component.
    """
    config = json.loads(run.read_text(encoding="utf-8"))["config"]
    cell = {key: config[key] for key in ("dataset", "arch", "method", "seed")}
    path = run.with_name("exits.csv")
    pd.DataFrame(
        cell
        | {"threshold": threshold, "component": k, "multiply_adds": cost}
        | {"images": images, "correct": correct}
        for threshold, by_component in left.items()
        for k, (cost, (images, correct)) in enumerate(
            zip(multiply_adds, by_component, strict=True), start=1
        )
    ).to_csv(path, index=False)
    return path


def write_map(
    path: Path,
    method: str,
    of_layers: Sequence[str] = ("input", "s1"),
    names: Sequence[str] = TEN_CLASSES,
    *,
    numbers: dict[str, float] | None = None,
    **metadata: str,
) -> Path:
    """A t-SNE map of 60 images, as the embed command writes it.

    Parameters
    ----------
    path
        Of the file.
    of_layers
        Their names.
    names
        Of the groups; image i is of the i-th of them, in turn.
    numbers
        Measures of every layer.
    **metadata
        Besides, or instead of an MLP of seed 0 on MNIST.
    """
    groups = np.arange(60) % len(names)
    tensors = {"groups": groups.astype(np.int64)}
    found = []
    for place, layer in enumerate(of_layers):
        angle = groups + 0.01 * np.arange(60) + place
        tensors[f"coordinates.{layer}"] = np.stack([np.sin(angle), np.cos(angle)], 1).astype("f4")
        measured = {"kl_divergence": 0.5, "knn_activations": 0.934, "knn_embedding": 0.9 + place}
        found.append({"layer": layer, "features": 3000} | measured | (numbers or {}))
    plain = {"dataset": "mnist", "arch": "mlp", "method": method, "seed": "0"}
    plain |= {"samples": "60", "perplexity": "12.5", "tsne_seed": "7", "neighbours": "10"}
    lists = {"group_names": json.dumps(list(names)), "layers": json.dumps(found)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors.numpy.save(tensors, plain | lists | metadata))
    return path


def write_overview(path: Path, images: np.ndarray, labels: np.ndarray, **metadata: object) -> Path:
    """Overview of a data set, which has the file's name, with these training images.

    Its 1,234 test images are all of the first class.
    """
    tensors = {
        "train_images": images.astype(np.uint8),
        "train_labels": labels.astype(np.int64),
        "test_labels": np.zeros(1234, np.int64),
    }
    texts = {key: json.dumps(value) for key, value in metadata.items()}
    prepared = path.with_suffix(".prepared")
    prepared.write_bytes(safetensors.numpy.save(tensors, {"dataset": path.stem} | texts))
    overview.write(prepared, path)
    return path


def made_texts(kind: str, out: Path, *inputs: Path, mark: str = "") -> dict[str, str]:
    """Make a table by its command, out/kind.csv and so on; returns their texts by suffix."""
    table.main([kind, "--out", str(out / kind), "--mark", mark, *map(str, inputs)])
    suffixes = ("csv", "md", "tex")
    return {end: (out / f"{kind}.{end}").read_text(encoding="utf-8") for end in suffixes}


def drawn_bytes(kind: str, out: Path, *inputs: Path, mark: str = "") -> dict[str, bytes]:
    """Draw a figure by its command, out/kind.pdf and .png; returns their bytes by suffix."""
    figure.main([kind, "--out", str(out / kind), "--mark", mark, *map(str, inputs)])
    return {end: (out / f"{kind}.{end}").read_bytes() for end in ("pdf", "png")}


def modules_after(code: str) -> set[str]:
    """Names of all modules that a new Python has imported when it has run `code`."""
    said = "import atexit, sys\natexit.register(lambda: print('\\n', '\\n'.join(sys.modules)))\n"
    done = subprocess.run(
        [sys.executable, "-c", said + code],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return set(done.stdout.split())
