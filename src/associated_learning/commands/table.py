"""Make a table from the results of finished jobs, as CSV, Markdown, LaTeX and HTML."""

import importlib
from pathlib import Path

from associated_learning import tables
from associated_learning.commands import Parser, modules_of


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("table", __doc__)
    p.add_argument("kind", choices=modules_of(tables, "output"))
    p.add_argument("inputs", type=Path, nargs="+", metavar="INPUT", help="what it is made from")
    p.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="without .csv, ...")
    p.add_argument(
        "--mark", default="", help="a text to add to the caption, such as that it shows no result"
    )
    p.add_argument(
        "--undecided",
        action="store_true",
        help="answer no claim: the runs are too short to show a result",
    )
    args = p.parse_args(argv)
    from associated_learning.results import provenance
    from associated_learning.tables import output

    kind = importlib.import_module(f"{tables.__name__}.{args.kind}")
    made = kind.make(args.inputs)
    if args.undecided and hasattr(kind, "undecided"):
        made = kind.undecided(made)
    record = provenance.record("table", kind.__name__, args.inputs)
    output.write(made, args.out, mark=args.mark, record=record)
