"""The settings of a run, completed by the thesis' protocol."""

import dataclasses
from typing import Any

import torch

from associated_learning import build, registry


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a run computes; `resolve` fills in the thesis' protocol."""

    dataset: str
    arch: str
    method: str
    seed: int
    epochs: int
    shorten: float  # the steps of these epochs, and the schedule over them, divided by that
    batch_size: int
    learning_rate: float  # of f and b, or of the whole BP network
    target_lr_factor: float  # times that for g and h; 1 where there is no target path
    schedule: str
    l2: float
    width: float
    target_width: int
    train_subset: int | None  # the first N training images; None for all
    augment: bool
    device: str
    threads: int
    tf32: bool  # matrix products on a GPU with 10 bits of mantissa

    @property
    def name(self) -> str:
        """The run in words, for messages."""
        return f"{self.dataset} {self.arch} {self.method} seed {self.seed}"


def resolve(options: dict[str, Any]) -> Config:
    """Complete what a user gave by the thesis' protocol (thesis appendix A).

    Parameters
    ----------
    options
        The fields of Config; None, where the protocol depends on the cell, stands for its value.

    Raises
    ------
    ValueError
        The protocol has no value for this cell, or the device is not there.
    """
    arch, method = options["arch"], options["method"]
    dataset = registry.datasets()[options["dataset"]]
    protocol = build.protocol(arch, method, dataset["classes"])
    has_target_path = build.method_class(method).has_target_path
    if options["target_lr_factor"] and not has_target_path:
        raise ValueError(f"argument --target-lr-factor: not allowed with --method {method}")
    family = registry.networks()[arch]["family"]
    defaults = protocol._asdict() | {
        "target_width": dataset["target_width"].get(family, protocol.target_width),
        "augment": dataset["preprocessing"]["augment"],
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "tf32": False,
        "shorten": 1.0,
    }
    if not has_target_path:
        defaults["target_lr_factor"] = 1.0
    chosen = {key: defaults.get(key) if value is None else value for key, value in options.items()}
    if chosen["device"] == "cuda" and not torch.cuda.is_available():
        raise ValueError("argument --device: 'cuda': there is none here; allowed: auto, cpu")
    if chosen["tf32"] and chosen["device"] == "cpu":
        raise ValueError("argument --tf32: not allowed with --device cpu")
    if chosen["target_width"] is None:
        raise ValueError(
            f"argument --target-width: missing; the thesis has no {arch} on {options['dataset']}; "
            "allowed: whole numbers from 1 up"
        )
    return Config(**chosen)
