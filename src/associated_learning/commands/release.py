"""Gather the weights of a scale's seed 0, where they are small, as files for a release."""

from pathlib import Path

from associated_learning.commands import Parser, positive


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("release", __doc__)
    p.add_argument("results", type=Path, help="of a scale, e.g. results/laptop")
    p.add_argument("--out", type=Path, required=True, help="a new folder")
    p.add_argument(
        "--megabytes",
        type=positive,
        default=25,
        metavar="MB",
        help="that weights may have (default: 25)",
    )
    args = p.parse_args(argv)
    from associated_learning.results import release

    kept, left = release.gather(args.results, args.out, args.megabytes)
    print(f"{args.out}: {len(kept)} runs; their SHA-256 stand in {args.out / release.SUMS}")
    for run, why in left.items():
        print(f"left out: {run}: {why}")
