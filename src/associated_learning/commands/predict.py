"""Predict the classes of images with a trained network, or with prefixes of its components."""

import csv
import sys
from pathlib import Path

from associated_learning.commands import Parser, integer, share


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("predict", __doc__)
    p.add_argument("run", type=Path, metavar="RUN_FOLDER", help="of a finished training")
    p.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="IMAGE",
        help="PNG, JPEG, or .npy: uint8 (n, height, width, channels), or grey (n, height, width)",
    )
    p.add_argument(
        "--components", type=integer(1), metavar="K", help="the first K answer (default: all)"
    )
    p.add_argument(
        "--early-exit",
        type=share,
        metavar="T",
        help="the first prefix answers whose largest score is at least T, from 0 to 1",
    )
    args = p.parse_args(argv)
    from associated_learning import trained

    try:
        network, rows = trained.load(args.run), []
    except trained.LoadError as error:
        sys.exit(f"error: {error}")
    if args.components and args.components > network.prefixes:
        p.error(f"argument --components: {args.components}; allowed: 1 to {network.prefixes}")
    if args.early_exit is not None and network.prefixes == 1:
        p.error("argument --early-exit: not allowed: nothing but the whole network predicts")
    for path in args.images:
        images = trained.read_images(path)
        try:
            found = network.predict(images, args.components, args.early_exit)
        except ValueError as error:
            p.error(f"{path}: {error}")
        for index, (name, components, scores) in enumerate(
            zip(found.classes, found.components, found.scores.max(2), strict=True)
        ):
            by_prefix = [f"{score:.4f}" for score in scores[:components]]
            rows.append([path, index, components, name, by_prefix[-1], " ".join(by_prefix)])
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow(["file", "index", "components", "class", "score", "scores_by_prefix"])
    writer.writerows(rows)
