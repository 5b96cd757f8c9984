"""Count the parameters of networks (thesis 2.6), which need not be trained for it."""

import csv
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.files import whole

# Channels, height and width of an image.
SHAPES = {
    "mnist": (1, 28, 28),
    "cifar10": (3, 32, 32),
    "cifar100": (3, 32, 32),
    "digits": (1, 16, 16),
}


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("count", __doc__)
    p.add_argument(
        "cells",
        nargs="+",
        metavar="DATASET:ARCH:METHOD:WIDTH:TARGET_WIDTH",
        help="a network each; an empty width stands for that of the thesis",
    )
    p.add_argument("--out", type=Path, required=True, help="CSV, a row a network")
    args = p.parse_args(argv)
    import torch

    from associated_learning import architectures, runs
    from associated_learning.network import AssociatedNetwork, BackpropNetwork
    from associated_learning.training import parameter_counts

    kinds = {"bp": BackpropNetwork, "al": AssociatedNetwork}
    rows = []
    for cell in args.cells:
        dataset, arch, method, width, target_width = cell.split(":")
        protocol = architectures.family(arch)[0].protocol(dataset, method)
        # Tensors on the meta device have shapes but no memory.
        with torch.device("meta"):
            network = architectures.build(
                arch,
                kinds[method],
                SHAPES[dataset],
                runs.CLASSES[dataset],
                float(width or 1),
                int(target_width or protocol.target_width),
            )
        names = {"dataset": dataset, "arch": arch, "method": method}
        rows.append(names | parameter_counts(network))
    columns = dict.fromkeys(column for row in rows for column in row)
    with whole(args.out) as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
