"""Make the official files of a data set present and verified, and write a receipt of them."""

import logging
from pathlib import Path

from associated_learning import registry
from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("download", __doc__)
    p.add_argument("--dataset", required=True, choices=registry.downloaded())
    p.add_argument("--raw", type=Path, required=True, help="folder of the official files")
    p.add_argument(
        "--receipt", type=Path, help="JSON to write: path, bytes, sha256, source of each file"
    )
    p.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="URL",
        help="address of a folder that holds copies of the files, tried first; may be repeated",
    )
    p.add_argument("--log", type=Path, metavar="FILE", help="file to write, too, what is said")
    options = p.parse_args(argv)
    from associated_learning.data import download

    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if options.log:
        try:
            options.log.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(options.log, mode="w", encoding="utf-8"))
        except OSError as error:
            p.error(f"argument --log: {error}")
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers)
    try:
        download.fetch_with_receipt(options.dataset, options.raw, options.mirror, options.receipt)
    except SystemExit as error:
        logging.error(error)  # its message, on the terminal and in the log
        raise SystemExit(1) from error
