"""Measure how fast BP, AL in one process and AL pipelined train, on the CPU."""

from pathlib import Path

from associated_learning import machine, registry
from associated_learning.commands import Parser, integer, positive, train


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    depths = {
        name: entry["depth"] for name, entry in registry.networks().items() if "depth" in entry
    }
    p = Parser("throughput", __doc__)
    p.add_argument("--dataset", choices=registry.datasets(), required=True)
    p.add_argument(
        "--archs",
        nargs="+",
        required=True,
        choices=depths,
        metavar="ARCH",
        help="networks that are trained",
    )
    p.add_argument(
        "--modelled-archs",
        nargs="+",
        required=True,
        choices=depths,
        metavar="ARCH",
        help="networks whose stages are timed for the model of a pipeline",
    )
    p.add_argument("--width", type=positive, required=True, help="factor on the networks' units")
    p.add_argument(
        "--target-width", type=integer(1), required=True, help="units of the target path"
    )
    p.add_argument("--epochs", type=integer(4), required=True, help="the first warms up")
    p.add_argument("--rounds", type=integer(1), required=True, help="trainings of each kind")
    p.add_argument("--workers", type=integer(2), required=True, help="processes of the pipeline")
    p.add_argument(
        "--data",
        type=Path,
        default=Path("data/prepared"),
        help="folder of prepared data (default: data/prepared)",
    )
    p.add_argument("--out", type=Path, required=True, help="JSON")
    options = vars(p.parse_args(argv))
    least = min(depths[arch] for arch in options["archs"])
    if options["workers"] > least:
        p.error(
            f"argument --workers: {options['workers']}; allowed: 2 to {least}, one per component"
        )
    machine.network_interface()  # else it would end where the first pipeline begins
    train.fix_threads()
    from associated_learning.measure import throughput
    from associated_learning.training import loop

    with loop.clear_errors("throughput"):
        throughput.write(**options)
