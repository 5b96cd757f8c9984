"""Measure where test images leave a trained network at the first component that is sure."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("exits", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="prepared data set")
    p.add_argument("--out", type=Path, required=True, help="CSV, a row per threshold and component")
    args = p.parse_args(argv)
    from associated_learning.measure import exits

    exits.write(args.run, args.data, args.out)
