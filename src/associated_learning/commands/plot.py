"""Draw a figure from the results of finished jobs, as PDF and PNG."""

import importlib
from pathlib import Path

from associated_learning import plots, provenance, runs
from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("plot", __doc__)
    p.add_argument("kind", choices=plots.kinds())
    p.add_argument("inputs", type=Path, nargs="+", metavar="INPUT", help="what it is drawn from")
    p.add_argument("--out", type=Path, required=True, metavar="PREFIX", help="without .pdf, .png")
    p.add_argument(
        "--scale", choices=("smoke", "laptop", "thesis"), help="smoke is written onto the figure"
    )
    args = p.parse_args(argv)
    from associated_learning.plots import style  # after the flags are found right: it takes a while

    kind = importlib.import_module(f"associated_learning.plots.{args.kind}")
    with style.theme():
        figure = kind.draw(args.inputs)
        record = provenance.record([Path(m.__file__) for m in (kind, style, runs)], args.inputs)
        style.save(figure, args.out, smoke=args.scale == "smoke", record=record)


if __name__ == "__main__":
    main()
