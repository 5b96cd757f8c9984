"""Keep of a prepared data set what its figure and its table show."""

from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.files import whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("overview", __doc__)
    p.add_argument("--data", type=Path, required=True, help="prepared data set")
    p.add_argument("--out", type=Path, required=True, help="safetensors, a small one")
    args = p.parse_args(argv)
    import safetensors.numpy

    from associated_learning.overview import overview

    tensors, metadata = overview(args.data)
    with whole(args.out) as partial:
        partial.write_bytes(safetensors.numpy.save(tensors, metadata))


if __name__ == "__main__":
    main()
