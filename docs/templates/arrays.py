"""Write the arrays of a data set: here scikit-learn's digits, in two colours. Put your own in."""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
images = (255 * (digits.images > 8)).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)
out = Path(sys.argv[1])
out.parent.mkdir(parents=True, exist_ok=True)
np.savez_compressed(
    out,
    train_images=images[:1500, None],  # uint8, (N, channels, height, width)
    train_labels=digits.target[:1500],  # integers from 0, (N,)
    test_images=images[1500:, None],
    test_labels=digits.target[1500:],
    classes=[str(name) for name in digits.target_names],
)
