"""Train one network on one prepared data set. The defaults are the protocol of the thesis."""

import argparse
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from associated_learning import cells, machine, registry
from associated_learning.commands import Parser, integer, not_negative, positive

if TYPE_CHECKING:
    from associated_learning.training.config import Config


# Flags that are no settings of a run.
HOW = ("data", "out", "overwrite", "checkpoint_seconds", "workers", "rate_of")


def parser(command: str = "train", description: str = __doc__) -> Parser:
    """All flags; None stands for what the thesis fixes for the cell."""
    p = Parser(command, description)
    p.add_argument(
        "--dataset", required=True, choices=registry.datasets(), help="one that is in --data"
    )
    p.add_argument(
        "--arch",
        required=True,
        choices=registry.networks(),
        metavar="ARCH",
        help=f"one of {', '.join(registry.networks())}",
    )
    labels = [f"{method} ({registry.method_label(method)})" for method in registry.methods()]
    p.add_argument(
        "--method",
        required=True,
        choices=registry.methods(),
        metavar="METHOD",
        help=f"one of {', '.join(labels)}",
    )
    p.add_argument("--seed", type=integer(0), default=0, help="(default: 0)")
    p.add_argument("--epochs", type=integer(1), help="(protocol: 200)")
    p.add_argument(
        "--shorten", type=positive, help="divide the steps of these epochs by that (protocol: 1)"
    )
    p.add_argument("--batch-size", type=integer(2), help="(protocol: 32)")
    p.add_argument(
        "--learning-rate",
        type=positive,
        help="by AL that of blocks and bridges (protocol: 1e-4; BP ResNets 1e-3)",
    )
    p.add_argument(
        "--rate-of",
        type=Path,
        metavar="TUNING.JSON",
        help="take the learning rate that was best there, in place of --learning-rate",
    )
    p.add_argument(
        "--target-lr-factor",
        type=positive,
        help="times that for encoders and decoders of the label (protocol: 2)",
    )
    p.add_argument(
        "--schedule",
        choices=("step", "cosine", "constant"),
        help="of the learning rate: step is times 0.1 at 40, 60 and 80 %% of the steps and times"
        " 0.5 at 90 %%, cosine falls to 0 (protocol: step)",
    )
    p.add_argument(
        "--l2",
        type=not_negative,
        help="scale of the penalty on weights (protocol: by network and method)",
    )
    p.add_argument(
        "--width", type=positive, help="factor on the units of the forward path (protocol: 1)"
    )
    p.add_argument(
        "--target-width",
        type=integer(1),
        help="units of the path of the label (protocol: by data set and network)",
    )
    p.add_argument(
        "--train-subset", type=integer(1), help="first N training images only (default: all)"
    )
    p.add_argument(
        "--augment",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="crop, mirror, contrast (protocol: by data set)",
    )
    p.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="(default: auto, a GPU if there is one)",
    )
    p.add_argument(
        "--tf32",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="faster, coarser matrix products on an NVIDIA GPU (protocol: no)",
    )
    p.add_argument("--threads", type=integer(1), default=1, help="of each process (default: 1)")
    p.add_argument(
        "--workers",
        type=integer(1),
        default=1,
        help="processes that share the components out (default: 1)",
    )
    p.add_argument(
        "--checkpoint-seconds",
        type=not_negative,
        default=300.0,
        help="least time between two checkpoints (default: 300)",
    )
    p.add_argument(
        "--overwrite",
        action="store_true",
        help="replace another finished run in that folder (default: no)",
    )
    p.add_argument(
        "--data",
        type=Path,
        default=Path("data/prepared"),
        help="folder of prepared data (default: data/prepared)",
    )
    p.add_argument("--out", type=Path, required=True, help="folder of this run")
    return p


def fix_threads() -> None:
    """Make thread counts independent of the machine's load; called before torch is imported."""
    os.environ["MKL_DYNAMIC"] = os.environ["OMP_DYNAMIC"] = "FALSE"


def config_of(flags: str, device: str) -> "Config":
    """The config that flags in one text stand for."""
    p = parser()
    options = vars(p.parse_args([*shlex.split(flags), "--out", "."]))
    for key in HOW:
        del options[key]
    return resolve(p, options | {"device": device})


def resolve(p: Parser, options: dict[str, Any]) -> "Config":
    """The config that flags stand for, or an end with a message."""
    from associated_learning.training import config

    arch, method = options["arch"], options["method"]
    listed = {"networks": registry.networks(), "methods": registry.methods()}
    if not cells.trains(listed, method, arch):
        p.error(f"argument --method: {method}; it cannot train --arch {arch}")
    for key, value in registry.methods()[method].get("set", {}).items():
        options[key] = value if options[key] is None else options[key]
    if options["device"] == "auto":
        options["device"] = None
    if options["threads"] > (most := machine.most_threads()):
        p.error(f"argument --threads: {options['threads']}; allowed here: 1 to {most}")
    try:
        return config.resolve(options)
    except ValueError as error:
        p.error(str(error))


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = parser()
    options = vars(p.parse_args(argv))
    fix_threads()
    from associated_learning import build
    from associated_learning.data import load
    from associated_learning.files import alone_in
    from associated_learning.training import loop, pipeline, record

    folder, out, overwrite, seconds, workers, rate_of = (options.pop(key) for key in HOW)
    if rate_of and options["learning_rate"]:
        p.error("argument --rate-of: not allowed with --learning-rate")
    if workers > 1 and not build.method_class(options["method"]).local:
        p.error(f"argument --workers: {workers}; allowed with --method {options['method']}: 1")
    threads = options["threads"] * workers
    if min(options["threads"], workers) > 1 and threads > machine.most_threads():
        p.error(
            f"argument --threads: {options['threads']} in each of {workers} workers; allowed here:"
            f" {machine.most_threads()} in all"
        )
    if rate_of:
        from associated_learning.results.files import best_rate

        options["learning_rate"] = best_rate(rate_of)
    config = resolve(p, options)
    with loop.clear_errors(config.name):
        data = load.load(folder, config.dataset)
    images = len(data.train_images)
    if config.train_subset and config.train_subset > images:
        p.error(f"argument --train-subset: {config.train_subset}; allowed: 1 to {images}")
    images = config.train_subset or images
    if config.batch_size > images:
        p.error(f"argument --batch-size: {config.batch_size}; allowed: 2 to {images}")
    with alone_in(out):
        known = record.fingerprints(config, data)
        if record.finished(out / "metrics.json", known, overwrite, record.BESIDE):
            return
        if workers > 1:
            del data
            pipeline.train(config, folder, out, workers, seconds)
            return
        with loop.clear_errors(config.name):
            loop.train(config, data, out, seconds)
