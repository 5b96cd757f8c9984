"""Make the official files of a data set present and verified, and write a receipt of them."""

import json
import logging
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.datasets import DOWNLOADED
from associated_learning.download import fetch
from associated_learning.files import whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("download", __doc__)
    p.add_argument("--dataset", required=True, choices=DOWNLOADED)
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
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if options.log:
        try:
            options.log.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(options.log, mode="w"))
        except OSError as error:
            p.error(f"argument --log: {error}")
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers)
    try:
        files = fetch(options.dataset, options.raw, options.mirror)
        if options.receipt:
            with whole(options.receipt) as partial:
                receipt = {"dataset": options.dataset, "files": files}
                partial.write_text(json.dumps(receipt, indent=2) + "\n")
    except SystemExit as error:
        logging.error(error)  # its message, on the terminal and in the log
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
