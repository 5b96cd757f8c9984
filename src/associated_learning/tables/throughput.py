"""Samples per second of BP, AL and AL pipelined, measured, and a model beside (thesis 2.2)."""

from pathlib import Path

import pandas as pd

from associated_learning import registry
from associated_learning.results import read
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Training throughput of networks of sigmoids of equal width by their number of components,"
    " which are hidden forward layers (thesis 2.2). Samples per second are a median and range over"
    " n epochs. The first epoch of each training warms up and is left out, as are those with an"
    " evaluation within. The ratio is to AL in one process of one thread. BP trains the forward"
    " layers and no bridges, encoders or decoders, so it does less for a sample. Pipelined AL"
    " passes its components' outputs on between processes. Its weights are compared with those of"
    " one process. Model: not measured, but computed from the time that each component's step"
    " takes in one process. There n batches take a pipeline of l processes n + l − 1 turns of its"
    " slowest one. Nothing is lost on passing on, and each process has a core of its own."
)


def make(inputs: list[Path]) -> Table:
    """Make the table, one row per number of components and way of training.

    Parameters
    ----------
    inputs
        What was measured (see `measure.throughput`), one file.

    Returns
    -------
    Table
        Its columns: `kind` ("measured" or "model"), `components`, `method`, `workers` (processes),
        `threads` (of each), `batches` (an epoch's, after which a pipeline runs empty),
        `parameters`, `n` (windows), `samples_per_second` (the windows' median), `least`, `most`,
        `speedup` (over AL in one process of one thread, of the medians), `bit_equal` (whether the
        pipelined trainings ended with that one's weights) and `cores` (that could be used). What
        was not measured is missing in the model's rows.
    """
    found = read.read_throughput(inputs)
    measured, thesis = found["measured"], registry.thesis_method()
    rows = []
    for n, group in measured.groupby("components", sort=True):
        rates = group["samples_per_second"].map(pd.Series)
        medians = rates.map(pd.Series.median)
        alone = group.index[
            (group["method"] == thesis) & (group["workers"] == 1) & (group["threads"] == 1)
        ][0]
        for k, way in group.iterrows():
            row = {"kind": "measured", "components": n}
            row |= way[["method", "workers", "threads"]].to_dict()
            row |= {"batches": found["batches"], "parameters": way["parameters"]}
            row |= {"n": len(rates[k]), "samples_per_second": medians[k]}
            row |= {"least": rates[k].min(), "most": rates[k].max()}
            row |= {"speedup": medians[k] / medians[alone], "bit_equal": None}
            if way["workers"] > 1:
                same = way["weights"] == group.loc[alone, "weights"]
                row["bit_equal"] = same and len(way["weights"]) == 1
            rows.append(row)
    modelled = found["model"].assign(kind="model", method=thesis, threads=1)
    frame = pd.concat([pd.DataFrame(rows), modelled], ignore_index=True)
    whole = ["components", "workers", "threads", "batches", "parameters", "n"]
    frame = frame.astype(dict.fromkeys(whole, "Int64") | {"bit_equal": "boolean"})
    frame["cores"] = found["hardware"]["usable_cores"]
    hardware = found["hardware"]
    measurement = (
        f"An epoch has {found['batches']} batches of {found['config']['batch_size']}. Measured on"
        f" {hardware['processor']}, {hardware['usable_cores']} cores, torch"
        f" {found['versions']['torch']}."
    )
    formatted = pd.DataFrame([_show(row) for row in frame.to_dict("records")])
    return Table(frame, f"{CAPTION} {measurement}", formatted)


def _show(row: dict) -> dict[str, str]:
    measured, label = row["kind"] == "measured", registry.method_label(row["method"])
    if row["workers"] > 1:
        label += ", pipelined" if measured else ", model"
    least, most = f"{row['least']:,.0f}", f"{row['most']:,.0f}"
    return {
        "Components": str(row["components"]),
        "Method": label,
        "Processes": str(row["workers"]),
        "Threads": str(row["threads"]),
        "Batches": f"{row['batches']:,}",
        "Parameters": f"{row['parameters']:,}" if measured else NONE,
        "n": str(row["n"]) if measured else NONE,
        "Samples/s": f"{row['samples_per_second']:,.0f}",
        "Range": f"{least}–{most}" if measured and row["n"] > 1 else NONE,
        "Ratio": f"{row['speedup']:.2f}",
        "Weights": {True: "bit-equal", False: "differ"}.get(row["bit_equal"], NONE),
    }
