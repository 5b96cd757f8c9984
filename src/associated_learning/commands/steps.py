"""Measure how long a training step of each method takes, by itself on a quiet machine."""

from pathlib import Path

from associated_learning.commands import Parser, train


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("steps", __doc__)
    p.add_argument("cells", nargs="+", metavar="FLAGS", help="of the train command, of one run")
    p.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(default: auto)"
    )
    p.add_argument(
        "--data",
        type=Path,
        default=Path("data/prepared"),
        help="folder of prepared data (default: data/prepared)",
    )
    p.add_argument("--out", type=Path, required=True, help="JSON")
    args = p.parse_args(argv)
    train.fix_threads()
    from associated_learning.measure import steps
    from associated_learning.training import loop

    configs = [train.config_of(cell, args.device) for cell in args.cells]
    with loop.clear_errors("steps"):
        steps.write(configs, args.data, args.out)
