"""Estimate what a scale takes on this machine: steps of all its runs are timed and multiplied."""

import sys
from pathlib import Path

from associated_learning import registry
from associated_learning.commands import Parser, train


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("estimate", __doc__)
    p.add_argument("scale", help="of config/scales/")
    p.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(default: auto)"
    )
    p.add_argument(
        "--data",
        type=Path,
        default=Path("data/prepared"),
        help="folder of prepared data (default: data/prepared)",
    )
    args = p.parse_args(argv)
    train.fix_threads()
    from associated_learning import configuration
    from associated_learning.measure import estimate
    from associated_learning.training import loop

    try:
        config = configuration.shipped(registry.CONFIG)
    except configuration.ConfigError as error:
        sys.exit(f"error: {error}")
    if args.scale not in config["scales"]:
        p.error(f"argument scale: {args.scale!r}; allowed: {', '.join(config['scales'])}")
    runs = sorted(estimate.runs(config, args.scale), key=lambda run: run[2:4])
    told = [estimate.flags(config, args.scale, run) for run in runs]
    of = [(run, train.config_of(flags, args.device)) for run, flags in zip(runs, told, strict=True)]
    with loop.clear_errors("estimate"):
        rows = estimate.hours(of, args.data)
    total = {key: sum(row[key] for row in rows) for key in ("trainings", "hours")}
    order = [entry["title"] for entry in config["scales"][args.scale].get("order", [])] + [""]
    rows.sort(key=lambda row: order.index(row["part"]))
    rows.append({"part": "", "experiment": "all", **total})
    lines = ["| Part | Experiment | Trainings | Core-hours |", "|---|---|---:|---:|"]
    for row in rows:
        hours = format(row["hours"], ".1f" if row["hours"] >= 1 else ".2f")
        lines.append(f"| {row['part']} | {row['experiment']} | {row['trainings']} | {hours} |")
    if len(order) == 1:  # a scale in one part
        lines = [f"|{line.split('|', 2)[2]}" for line in lines]
    print("", *lines, sep="\n")
    print("\nNot in it: what is measured of trained networks, rates beyond the grid, throughput.")
