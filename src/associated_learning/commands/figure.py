"""Draw a figure from the results of finished jobs, as PDF and PNG."""

import importlib
import os
from pathlib import Path

from associated_learning import figures
from associated_learning.commands import Parser, modules_of


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("figure", __doc__)
    p.add_argument("kind", choices=modules_of(figures, "style"))
    p.add_argument("inputs", type=Path, nargs="+", metavar="INPUT", help="what it is drawn from")
    p.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="without .pdf, .png")
    p.add_argument(
        "--mark",
        default="",
        help="a text to write onto the figure, such as that it shows no result",
    )
    args = p.parse_args(argv)
    os.environ["MPLBACKEND"] = "agg"  # a notebook's may not be there
    from associated_learning import theme
    from associated_learning.figures import style
    from associated_learning.results import provenance

    kind = importlib.import_module(f"{figures.__name__}.{args.kind}")
    with theme.theme():
        drawn = kind.draw(args.inputs)
        record = provenance.record("figure", kind.__name__, args.inputs)
        style.save(drawn, args.out, mark=args.mark, record=record)
