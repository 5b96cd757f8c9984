"""Train with several learning rates and compare them on training images held out."""

import json

from associated_learning.commands import train  # it sets up threads before torch is imported
from associated_learning.files import alone_in, whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    from associated_learning import datasets, training, tuning

    p = train.parser("tune", __doc__)
    p.add_argument("--learning-rates", type=train.positive, nargs="+", required=True)
    p.add_argument("--held-out", type=train.integer(1), required=True, help="training images")
    options = vars(p.parse_args(argv))
    how = ("learning_rates", "held_out", "data", "out", "checkpoint_seconds", "workers")
    rates, held_out, folder, out, seconds, workers = (options.pop(key) for key in how)
    if options["learning_rate"] is not None or workers > 1:
        p.error("argument --learning-rate, --workers: not allowed here; use --learning-rates")
    config = train.resolve(p, options)
    data = datasets.load(folder, config.dataset)
    with alone_in(out), training.clear_errors(config.name):
        try:
            found = tuning.measure(config, data, rates, held_out, out, seconds)
        except ValueError as error:
            p.error(str(error))
    with whole(out / "tuning.json") as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
