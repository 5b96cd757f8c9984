"""Gather what the finished jobs of a scale cost, from Snakemake's benchmark files."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("jobs", __doc__)
    p.add_argument(
        "benchmarks",
        type=Path,
        nargs="+",
        metavar="RULE/JOB.tsv",
        help="those that are not there are of jobs that had nothing to do",
    )
    p.add_argument("--archive", type=Path, help="of the scale; costs of jobs that ran elsewhere")
    p.add_argument("--out", type=Path, required=True, help="CSV, one row per job")
    args = p.parse_args(argv)
    from associated_learning.results import costs

    costs.write(args.benchmarks, args.out, args.archive)
