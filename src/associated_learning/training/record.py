"""What a finished run leaves behind, and what tells one run from another."""

import dataclasses
import hashlib
import json
import platform
import resource
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from associated_learning import closure, registry
from associated_learning.data.load import Dataset
from associated_learning.errors import DataError
from associated_learning.files import write_json, write_rows
from associated_learning.machine import processor
from associated_learning.measure.parameters import multiply_adds, parameter_counts
from associated_learning.training import weights
from associated_learning.training.config import Config
from associated_learning.training.run import Run

BESIDE = "weights.safetensors", "history.csv"  # what a run writes before metrics.json


def write_results(run: Run, out: Path) -> dict[str, Any]:
    """Write the files of a finished run, metrics.json last; returns what that holds."""
    found = metrics(run)
    weights.write(out / "weights.safetensors", run.network, run.data)
    write_rows(out / "history.csv", run.history)
    write_json(out / "metrics.json", found)
    return found


def metrics(run: Run) -> dict[str, Any]:
    """What metrics.json holds."""
    last = run.history[-1]
    samples = run.total_steps * run.config.batch_size
    return {
        "test_accuracy": last["test_accuracy"],
        "prefix_test_accuracy": [v for k, v in last.items() if "prefix" in k],
        "losses": {column: last[column] for column in run.columns},
        "steps": run.total_steps,
        "workers": run.workers,
        "gradient_norms": {
            "initial": run.initial_gradient_norms,
            "final": run.gradient_norms(),
        },
        "target_first_steps": run.before.get("steps"),
        "parameters": parameter_counts(run.network),
        "multiply_adds_by_prefix": multiply_adds(run.network, run.images.shape[1:]),
        "seed": run.config.seed,
        "config": dataclasses.asdict(run.config),
        "fingerprints": run.fingerprints,
        "versions": versions(),
        "hardware": hardware(run.device),
        "times": {
            "training_seconds": run.training_seconds,
            "target_first_seconds": run.before.get("seconds"),
            "total_seconds": run.total_seconds(),
            "samples_per_second": samples / run.training_seconds,
            "peak_memory_bytes": _peak_memory(run.device),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    }


def fingerprints(config: Config, data: Dataset) -> dict[str, Any]:
    """What a run's numbers depend on: config, the code that computes them, data, torch.

    `code` is the SHA-256 of each file (see `closure.run_files`).
    """
    settings = dataclasses.asdict(config) | {"options": registry.network_options(config.arch)}
    settings = json.dumps(settings, sort_keys=True)
    return {
        "config": hashlib.sha256(settings.encode()).hexdigest(),
        "code": closure.hashes(closure.run_files(config.arch, config.method)),
        "data": data.fingerprint,
        "torch": str(torch.__version__),
    }


def finished(
    path: Path, fingerprints: dict[str, Any], overwrite: bool, beside: Sequence[str] = ()
) -> bool:
    """Whether a job has finished already; False where it has not begun, or may be done anew.

    Parameters
    ----------
    path
        What it writes last: JSON that holds its `config` and `fingerprints`.
    fingerprints
        Of the job that is to be done; what the file does not hold of them does not count.
    overwrite
        Whether what lies there may be replaced.
    beside
        Names of what else it writes there: where one is missing, it is done anew.

    Raises
    ------
    DataError
        Another job's file lies there, or a damaged one, and may not be replaced.
    """
    if overwrite or not path.exists():
        return False
    replace = "Give another --out, or replace it by --overwrite"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        lies, there = found["config"], found["fingerprints"]
        name = "{dataset} {arch} {method} seed {seed}".format_map(lies)
        others = [key for key, value in there.items() if value != fingerprints[key]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is there and cannot be read ({error}). {replace}") from error
    if others:
        raise DataError(
            f"{path.parent} holds {name}, finished with another {' and '.join(others)}. {replace}"
        )
    if missing := [other for other in beside if not (path.parent / other).exists()]:
        print(f"{name} is done anew: {', '.join(missing)} is missing", flush=True)
        return False
    print(f"{name} is finished already: {path}", flush=True)
    return True


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def hardware(device: torch.device) -> dict[str, Any]:
    """Processor, number of cores, and the accelerator if it is used."""
    found = processor() | {"device": device.type}
    if device.type == "cuda":
        found["accelerator"] = torch.cuda.get_device_name(device)
    return found


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
