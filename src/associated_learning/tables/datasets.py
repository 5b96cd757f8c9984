"""Sizes of the data sets (thesis 3.1)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from associated_learning import runs
from associated_learning.tables.output import Table


def make(inputs: list[Path]) -> Table:
    """Make the table of the data sets, a row each.

    Parameters
    ----------
    inputs
        Prepared data sets (see `datasets.prepare`).

    Returns
    -------
    Table
        Its columns: `dataset`, `train_images`, `test_images`, `classes`, `channels`, `height`,
        `width`, `class_min` and `class_max` (training images of the rarest and commonest class).
    """
    rows = []
    for path in inputs:
        with runs.open_data(path) as data:
            metadata = data.metadata()
            images, channels, height, width = data.get_slice("train_images").get_shape()
            classes = len(json.loads(metadata["classes"]))
            sizes = np.bincount(data.get_tensor("train_labels"), minlength=classes)
            rows.append(
                {
                    "dataset": metadata["dataset"],
                    "train_images": images,
                    "test_images": data.get_slice("test_images").get_shape()[0],
                    "classes": classes,
                    "channels": channels,
                    "height": height,
                    "width": width,
                    "class_min": int(sizes.min()),
                    "class_max": int(sizes.max()),
                }
            )
    rows.sort(key=lambda row: runs.rank(runs.DATASETS, row["dataset"]))
    caption = (
        "The data sets: numbers of images, shape of one (channels × height × width) and training"
        " images per class, least and most where classes differ."
    )
    return Table(pd.DataFrame(rows), caption, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    least, most = row["class_min"], row["class_max"]
    return {
        "Data set": runs.DATASETS.get(row["dataset"], row["dataset"]),
        "Training images": f"{row['train_images']:,}",
        "Test images": f"{row['test_images']:,}",
        "Classes": str(row["classes"]),
        "Shape": f"{row['channels']} × {row['height']} × {row['width']}",
        "Images per class": f"{least:,}" if least == most else f"{least:,}–{most:,}",
    }
