"""Train with several learning rates and compare them on training images held out."""

from associated_learning.commands import integer, positive, train


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = train.parser("tune", __doc__)
    p.add_argument(
        "--learning-rates",
        type=positive,
        nargs="+",
        required=True,
        help="to compare; where the best is at an end of them, others beyond it are tried, too",
    )
    p.add_argument(
        "--held-out",
        type=integer(1),
        required=True,
        help="the last N training images, on which the rates are compared",
    )
    options = vars(p.parse_args(argv))
    train.fix_threads()
    from associated_learning.data import load
    from associated_learning.files import alone_in
    from associated_learning.measure import tuning
    from associated_learning.training import loop

    rates, held_out = options.pop("learning_rates"), options.pop("held_out")
    folder, out, overwrite, seconds, workers, rate_of = (options.pop(key) for key in train.HOW)
    if options["learning_rate"] is not None or rate_of or workers > 1:
        p.error(
            "argument --learning-rate, --rate-of, --workers: not allowed here; use --learning-rates"
        )
    if len(set(rates)) < len(rates):
        p.error("argument --learning-rates: one of them stands twice")
    config = train.resolve(p, options)
    data = load.load(folder, config.dataset)
    with alone_in(out), loop.clear_errors(config.name):
        try:
            tuning.write(config, data, rates, held_out, out, seconds, overwrite)
        except ValueError as error:
            p.error(str(error))
