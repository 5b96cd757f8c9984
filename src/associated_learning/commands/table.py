"""Make a table from the results of finished jobs, as CSV, Markdown and LaTeX."""

import importlib
from pathlib import Path

from associated_learning import provenance, runs, tables
from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("table", __doc__)
    p.add_argument("kind", choices=tables.kinds())
    p.add_argument("inputs", type=Path, nargs="+", metavar="INPUT", help="what it is made from")
    p.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="without .csv, ...")
    p.add_argument(
        "--scale", choices=("smoke", "laptop", "thesis"), help="smoke is said in the caption"
    )
    args = p.parse_args(argv)
    from associated_learning.tables import (
        output,
    )  # after the flags are found right: it takes a while

    kind = importlib.import_module(f"associated_learning.tables.{args.kind}")
    table = kind.make(args.inputs)
    record = provenance.record([Path(m.__file__) for m in (kind, output, runs)], args.inputs)
    output.write(table, args.out, smoke=args.scale == "smoke", record=record)


if __name__ == "__main__":
    main()
