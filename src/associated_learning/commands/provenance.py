"""Print where a figure or table comes from: its runs, their config, code, data and machines."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("provenance", __doc__ + " Run it where results/ lies.")
    p.add_argument("output", type=Path, help="figure or table of any format")
    output = p.parse_args(argv).output
    from associated_learning.results import lineage

    print(lineage.describe(output), end="")
