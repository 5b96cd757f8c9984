"""Embed a trained network's activations in the plane by t-SNE, layer by layer."""

import json
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.files import whole

NEIGHBOURS = 10


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("embed", __doc__)
    p.add_argument("--run", type=Path, required=True, help="folder of a finished training")
    p.add_argument("--data", type=Path, required=True, help="prepared data set")
    p.add_argument("--out", type=Path, required=True, help="safetensors with the coordinates")
    p.add_argument("--samples", type=int, required=True, help="the first N test images")
    p.add_argument("--perplexity", type=float, default=30.0)
    p.add_argument("--seed", type=int, default=0, help="of t-SNE")
    args = p.parse_args(argv)
    import numpy as np
    import safetensors.numpy

    from associated_learning import datasets, hidden
    from associated_learning.embedding import embed, neighbour_accuracy

    data = datasets.load(args.data.parent, args.data.stem)
    network, config = hidden.load_network(args.run, data)
    labels = data.test_labels.numpy()[: args.samples]
    groups, group_names = labels, data.classes
    if data.superclasses:  # a hundred colours cannot be told apart
        groups, group_names = np.asarray(data.coarse_labels)[labels], data.superclasses
    tensors, found = {"groups": groups.astype(np.int64)}, []
    for layer, values in hidden.layers(network, data, args.samples):
        coordinates, kl_divergence = embed(values, args.seed, args.perplexity)
        tensors[f"coordinates.{layer}"] = coordinates
        found.append(
            {
                "layer": layer,
                "features": values.shape[1],
                "kl_divergence": kl_divergence,
                "knn_activations": neighbour_accuracy(values, labels, NEIGHBOURS),
                "knn_embedding": neighbour_accuracy(coordinates, labels, NEIGHBOURS),
            }
        )
        print(found[-1], flush=True)
    metadata = {key: str(config[key]) for key in ("dataset", "arch", "method", "seed")}
    metadata |= {
        "samples": str(len(labels)),
        "perplexity": str(args.perplexity),
        "tsne_seed": str(args.seed),
        "neighbours": str(NEIGHBOURS),
        "group_names": json.dumps(group_names),
        "layers": json.dumps(found),
    }
    with whole(args.out) as partial:
        partial.write_bytes(safetensors.numpy.save(tensors, metadata))


if __name__ == "__main__":
    main()
