"""Fit a linear classifier to every layer of a trained network, and test it on the test set."""

from pathlib import Path

from associated_learning.commands import Parser, integer


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("probe", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="file of a prepared data set")
    p.add_argument("--out", type=Path, required=True, help="CSV, one row per layer")
    p.add_argument(
        "--images",
        type=integer(2),
        default=5000,
        help="the first N training images (default: 5000)",
    )
    args = p.parse_args(argv)
    from associated_learning.measure import probe

    probe.write(args.run, args.data, args.out, args.images)
