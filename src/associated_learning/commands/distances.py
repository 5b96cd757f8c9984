"""Measure class distances at every layer of a trained network, on the whole test set."""

import csv
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.files import whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("distances", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="prepared data set")
    p.add_argument("--out", type=Path, required=True, help="CSV, a row a layer")
    args = p.parse_args(argv)
    from associated_learning import datasets, hidden
    from associated_learning.distances import class_distances

    data = datasets.load(args.data.parent, args.data.stem)
    network, config = hidden.load_network(args.run, data)
    identity = {key: config[key] for key in ("dataset", "arch", "method", "seed")}
    found = class_distances(
        lambda label: hidden.layers(network, data, label=label), data.test_labels.unique().tolist()
    )
    rows = [
        identity | {"layer": layer, "place": place} | distances._asdict()
        for place, (layer, distances) in enumerate(found.items())
    ]
    with whole(args.out) as partial, partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
