"""Measure how long a training step of each method takes, by itself on a quiet machine."""

import shlex
from pathlib import Path

from associated_learning.commands import Parser, train


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("steps", __doc__)
    p.add_argument("cells", nargs="+", metavar="FLAGS", help="of the train command, of one run")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument(
        "--data", type=Path, default=Path("data/prepared"), help="folder of prepared data"
    )
    p.add_argument("--out", type=Path, required=True, help="JSON")
    args = p.parse_args(argv)
    train.fix_threads()
    from associated_learning.measure import steps
    from associated_learning.training import loop

    configs = []
    for cell in args.cells:
        run = train.parser()
        options = vars(run.parse_args([*shlex.split(cell), "--out", "."]))
        for key in ("data", "out", "checkpoint_seconds", "workers"):
            del options[key]
        configs.append(train.resolve(run, options | {"device": args.device}))
    with loop.clear_errors("steps"):
        steps.write(configs, args.data, args.out)
