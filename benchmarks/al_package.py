"""Steps of the ALPackage of Pipeline-Associated-Learning, in turns, for benchmarks/peer.py.

Its layers come from a clone of github.com/nick880107-git/Pipeline-Associated-Learning. They hold
this project's maps, so that both train one and the same network:

    python benchmarks/peer.py "python benchmarks/al_package.py --repository clone \
        --dataset {dataset} --arch {arch} --method {method} --threads {threads}" \
        --only mnist_mlp_al mnist_cnn_al

With one thread, layer after layer is trained; with more, each in a thread of its own while the next
one goes forward, as that package pipelines.
"""

import argparse
import importlib.util
import sys
import threading
import time
from pathlib import Path
from statistics import median

import step
import torch
import torch.nn.functional as F

from associated_learning import registry


def main() -> None:
    """Build a network; then, for every line read, train for that many seconds and say how fast."""
    p = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    p.add_argument("--repository", type=Path, required=True, help="a clone of that code")
    p.add_argument("--dataset", required=True)
    p.add_argument("--arch", required=True)
    p.add_argument("--method", choices=["al"], required=True)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--batch-size", type=int, default=32)
    args = p.parse_args()
    spec = importlib.util.spec_from_file_location("base", args.repository / "ALPackage/base.py")
    base = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(base)

    torch.set_num_threads(1)
    cell = {key: getattr(args, key) for key in ("dataset", "arch", "method", "batch_size")}
    _, make_network = step.resolve(cell | {"threads": 1})
    network = make_network()
    layers = [
        base.AL(base.ENC(part.forward_map, part.bridge), base.AE(part.encoder, part.decoder), 1e-4)
        for part in network.parts()
    ]
    data = registry.datasets()[args.dataset]
    x = torch.randn(args.batch_size, *data["shape"])
    y = F.one_hot(torch.randint(data["classes"], (args.batch_size,)), data["classes"]).float()

    def train() -> None:
        s, t, threads = x, y, []
        for layer in layers:
            s, t = layer(s, t)
            if args.threads == 1:
                layer.backward_and_update()
            else:
                threads.append(threading.Thread(target=layer.backward_and_update))
                threads[-1].start()
        for thread in threads:
            thread.join()

    train()
    print("ready", flush=True)
    for line in sys.stdin:
        taken, ends = [], time.perf_counter() + float(line)
        while not taken or time.perf_counter() < ends:
            started = time.perf_counter()
            train()
            taken.append(time.perf_counter() - started)
        print(args.batch_size / median(taken), flush=True)


if __name__ == "__main__":
    main()
