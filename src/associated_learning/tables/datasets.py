"""Sizes of the data sets (thesis 3.1)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read
from associated_learning.tables.output import Table

CAPTION = (
    "The data sets (thesis 3.1): numbers of images and classes, shape of an image (channels ×"
    " height × width), and training images per class. Two numbers are the least and the most,"
    " where classes differ."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of the data sets, one row each.

    Parameters
    ----------
    inputs
        Their overviews (see `data.overview`).

    Returns
    -------
    Table
        Its columns: `dataset`, `train_images`, `test_images`, `classes`, `channels`, `height`,
        `width`, `class_min` and `class_max` (training images of the rarest and commonest class).
    """
    rows = []
    for path in inputs:
        with read.open_data(path) as data:
            sizes = data.get_tensor("train_sizes")
            _, channels, height, width = data.get_slice("images").get_shape()
            rows.append(
                {
                    "dataset": data.metadata()["dataset"],
                    "train_images": int(sizes.sum()),
                    "test_images": int(data.get_tensor("test_sizes").sum()),
                    "classes": len(sizes),
                    "channels": channels,
                    "height": height,
                    "width": width,
                    "class_min": int(sizes.min()),
                    "class_max": int(sizes.max()),
                }
            )
    rows.sort(key=lambda row: registry.rank(registry.datasets(), row["dataset"]))
    return Table(pd.DataFrame(rows), CAPTION, pd.DataFrame([_show(row) for row in rows]))


def _show(row: dict) -> dict[str, str]:
    least, most = row["class_min"], row["class_max"]
    return {
        "Data set": registry.dataset_label(row["dataset"]),
        "Training images": f"{row['train_images']:,}",
        "Test images": f"{row['test_images']:,}",
        "Classes": str(row["classes"]),
        "Shape": f"{row['channels']} × {row['height']} × {row['width']}",
        "Images per class": f"{least:,}" if least == most else f"{least:,}–{most:,}",
    }
