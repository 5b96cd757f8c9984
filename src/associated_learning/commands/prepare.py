"""Write a data set as plain tensors, read from its verified official files."""

from pathlib import Path

from associated_learning import registry
from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("prepare", __doc__)
    p.add_argument("--dataset", required=True, choices=registry.datasets())
    p.add_argument("--raw", type=Path, required=True, help="folder of the official files")
    p.add_argument("--out", type=Path, required=True, help="folder of the prepared files")
    options = p.parse_args(argv)
    from associated_learning.data.load import load
    from associated_learning.data.prepare import prepare

    path = prepare(options.dataset, options.raw, options.out)
    data = load(options.out, options.dataset)
    size = " x ".join(str(length) for length in data.mean_image.shape)
    print(
        f"{path}: {len(data.train_images)} training and {len(data.test_images)} test images of"
        f" {size}, {len(data.classes)} classes, fingerprint {data.fingerprint}"
    )
