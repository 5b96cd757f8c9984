"""Count the parameters of networks (thesis 2.6), which need not be trained for it."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("count", __doc__)
    p.add_argument(
        "cells",
        nargs="+",
        metavar="DATASET:ARCH:METHOD:WIDTH:TARGET_WIDTH",
        help="one network each",
    )
    p.add_argument("--out", type=Path, required=True, help="CSV, one row per network")
    args = p.parse_args(argv)
    from associated_learning.measure import parameters

    parameters.write_counts(args.cells, args.out)
