"""Measure class distances at every layer of a trained network, on the whole test set."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("distances", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="file of a prepared data set")
    p.add_argument("--out", type=Path, required=True, help="CSV, one row per layer")
    args = p.parse_args(argv)
    from associated_learning.measure import distances

    distances.write(args.run, args.data, args.out)
