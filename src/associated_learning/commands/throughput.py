"""Measure how fast BP, AL in one process and AL pipelined train, on the CPU."""

import json
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.commands.train import integer, positive  # it sets up threads before torch
from associated_learning.files import whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    from associated_learning import throughput, training
    from associated_learning.architectures import sigmoid

    p = Parser("throughput", __doc__)
    p.add_argument("--components", type=int, nargs="+", required=True, choices=sigmoid.DEPTHS)
    p.add_argument("--width", type=positive, required=True, help="factor on 256 units")
    p.add_argument("--target-width", type=integer(1), required=True)
    p.add_argument("--epochs", type=integer(4), required=True, help="the first warms up")
    p.add_argument("--rounds", type=integer(1), required=True, help="trainings of each kind")
    p.add_argument("--workers", type=integer(2), required=True, help="processes of the pipeline")
    p.add_argument(
        "--data", type=Path, default=Path("data/prepared"), help="folder of prepared data"
    )
    p.add_argument("--out", type=Path, required=True, help="JSON")
    options = vars(p.parse_args(argv))
    out, least = options.pop("out"), min(options["components"])
    if options["workers"] > least:
        p.error(f"argument --workers: {options['workers']}; allowed: 2 to {least}, one a component")
    with training.clear_errors("throughput"):
        found = throughput.measure(**options)
    with whole(out) as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
