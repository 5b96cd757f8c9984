"""Make the official files of a data set present and verified, and write a receipt of them."""

import json
import logging
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.datasets import DOWNLOADED, fetch
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
        nargs="*",
        default=[],
        metavar="URL",
        help="addresses of folders that hold copies of the files, tried first",
    )
    options = p.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    files = fetch(options.dataset, options.raw, options.mirror)
    if options.receipt:
        with whole(options.receipt) as partial:
            receipt = {"dataset": options.dataset, "files": files}
            partial.write_text(json.dumps(receipt, indent=2) + "\n")


if __name__ == "__main__":
    main()
