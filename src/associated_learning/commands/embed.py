"""Embed a trained network's activations in the plane by t-SNE, layer by layer."""

from pathlib import Path

from associated_learning.commands import Parser, integer, positive


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("embed", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="file of a prepared data set")
    p.add_argument("--out", type=Path, required=True, help="safetensors file of the map")
    p.add_argument("--samples", type=integer(2), required=True, help="the first N test images")
    p.add_argument("--perplexity", type=positive, default=30.0, help="of t-SNE (default: 30)")
    p.add_argument("--seed", type=integer(0), default=0, help="of t-SNE (default: 0)")
    p.add_argument(
        "--no-map", action="store_true", help="write what was measured, but no coordinates"
    )
    args = p.parse_args(argv)
    from associated_learning.measure import embedding

    embedding.write(
        args.run,
        args.data,
        args.out,
        args.samples,
        args.perplexity,
        args.seed,
        keep_map=not args.no_map,
    )
