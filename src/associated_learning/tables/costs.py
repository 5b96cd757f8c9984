"""What the jobs of a scale cost: time and memory by rule."""

from pathlib import Path

import pandas as pd

from associated_learning.results import read
from associated_learning.tables.output import NONE, Table

CAPTION = (
    "Wall time and largest memory of the jobs of every rule, from Snakemake's benchmarks. Jobs"
    " that ran side by side count in full in the total. Of an interrupted job, its last part alone"
    " counts."
)


def make(inputs: list[Path]) -> Table:
    """Make the table of costs, one row per rule and one for all.

    Parameters
    ----------
    inputs
        The jobs (see `commands.jobs`), one file.

    Returns
    -------
    Table
        Its columns: `rule`, `jobs`, `total_seconds`, `median_seconds`, `longest_seconds`,
        `peak_memory_mb` (largest resident set, MB; missing where no job ran long enough for
        Snakemake to look). The last row's rule is "total".
    """
    columns = ["rule", "seconds", "peak_memory_mb", "processor", "cores"]
    jobs = read.read_table(inputs, columns)
    frame = (
        pd.concat([jobs, jobs.assign(rule="total")])
        .groupby("rule", sort=False)
        .agg(
            jobs=("seconds", "size"),
            total_seconds=("seconds", "sum"),
            median_seconds=("seconds", "median"),
            longest_seconds=("seconds", "max"),
            peak_memory_mb=("peak_memory_mb", "max"),
        )
        .reset_index()
    )
    memory = frame["peak_memory_mb"]
    shown = {
        "Rule": frame["rule"],
        "Jobs": frame["jobs"].astype(str),
        "Total (min)": (frame["total_seconds"] / 60).map("{:,.1f}".format),
        "Median (s)": frame["median_seconds"].map("{:,.1f}".format),
        "Longest (s)": frame["longest_seconds"].map("{:,.1f}".format),
        "Peak memory (MB)": memory.map("{:,.0f}".format).where(memory.notna(), NONE),
    }
    machines = jobs[["processor", "cores"]].drop_duplicates().itertuples(index=False)
    where = "; ".join(f"{processor}, {cores} cores" for processor, cores in machines)
    return Table(frame, f"{CAPTION} Run on: {where}.", pd.DataFrame(shown))
