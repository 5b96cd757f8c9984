"""The authors' published TensorFlow graph, trained in turns, for benchmarks/peer.py.

It runs in an environment of its own with TensorFlow (python -m pip install tensorflow-cpu tf_keras)
and reads the graphs from a clone of github.com/SamYWK/Associated_Learning. Images and labels are
constants of the graph, random, of the data set's shape: nothing but the step is timed.
"""

import argparse
import inspect
import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # the graphs are built by layers of version 1
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # its quick kernels, on every processor
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FOLDERS = {"mnist": "MNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}
MODELS = {
    "mlp": "MLP",
    "cnn": "CNN",
    "resnet20": "ResNet_20",
    "resnet32": "ResNet_32",
    "vgg": "VGG",
}
METHODS = {"bp": "", "al": "_AL"}
SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3), "cifar100": (32, 32, 3)}


def version_1():
    """TensorFlow as the graphs know it: version 1, with the regulariser that left with contrib."""
    import tensorflow
    import tf_keras

    tf = tensorflow.compat.v1
    tf.disable_v2_behavior()
    tf.keras = tf_keras

    class Layers:
        @staticmethod
        def l2_regularizer(scale):
            return lambda weights: scale * tf.nn.l2_loss(weights) if scale else None

    tf.contrib = argparse.Namespace(layers=Layers)
    sys.modules["tensorflow"] = tf
    return tf


def main() -> None:
    """Build a graph; then, for every line read, train for that many seconds and say how fast."""
    p = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    p.add_argument("--repository", type=Path, required=True, help="a clone of the authors' code")
    p.add_argument("--dataset", choices=FOLDERS, required=True)
    p.add_argument("--arch", choices=MODELS, required=True)
    p.add_argument("--method", choices=METHODS, required=True)
    p.add_argument("--threads", type=int, default=1, help="of an operation, and operations at once")
    p.add_argument("--batch-size", type=int, default=32)
    args = p.parse_args()
    tf = version_1()
    sys.path.insert(0, str(args.repository / FOLDERS[args.dataset]))
    import models

    draw = np.random.default_rng(0)
    shape = (args.batch_size, *SHAPES[args.dataset])
    images = tf.constant(draw.standard_normal(shape, dtype=np.float32))
    labels = draw.integers(0, models.class_num, args.batch_size)
    targets = tf.constant(np.eye(models.class_num, dtype=np.float32)[labels])
    rates = tf.constant(1e-4), tf.constant(2e-4)
    build = getattr(models, MODELS[args.arch] + METHODS[args.method])
    training = [tf.constant(True)] if "is_training" in inspect.signature(build).parameters else []
    _, step, *_ = build(images, targets, *rates, *training)
    threads = tf.ConfigProto(
        intra_op_parallelism_threads=args.threads, inter_op_parallelism_threads=args.threads
    )
    with tf.Session(config=threads) as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        print("ready", flush=True)
        for line in sys.stdin:
            taken, ends = [], time.perf_counter() + float(line)
            while not taken or time.perf_counter() < ends:
                started = time.perf_counter()
                session.run(step)
                taken.append(time.perf_counter() - started)
            print(args.batch_size / float(np.median(taken)), flush=True)


if __name__ == "__main__":
    main()
