"""Keep of a prepared data set what its figure and its table show."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("overview", __doc__)
    p.add_argument("--data", type=Path, required=True, help="file of a prepared data set")
    p.add_argument("--out", type=Path, required=True, help="safetensors, a small one")
    args = p.parse_args(argv)
    from associated_learning.data import overview

    overview.write(args.data, args.out)
