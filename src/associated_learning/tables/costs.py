"""What the jobs of a scale cost: time and memory by rule."""

import contextlib
import os
import platform
from pathlib import Path

import pandas as pd

from associated_learning.tables.output import NONE, Table


def make(inputs: list[Path]) -> Table:
    """Make the table of costs, a row a rule and one for all.

    Parameters
    ----------
    inputs
        Snakemake's benchmark files, {rule}/*.tsv; those that are not there are of jobs that had
        nothing to do.

    Returns
    -------
    Table
        Its columns: `rule`, `jobs`, `total_seconds`, `median_seconds`, `longest_seconds`,
        `peak_memory_mb` (largest resident set, MB; missing where no job ran long enough for
        Snakemake to look). The last row's rule is "total".

    Raises
    ------
    SystemExit
        None is there, or one is damaged.
    """
    found = [path for path in inputs if path.exists()]
    if not found:
        raise SystemExit(
            f"error: there is none of {len(inputs)} benchmarks: run the workflow first"
        )
    jobs = pd.concat(map(_read, found))
    frame = (
        pd.concat([jobs, jobs.assign(rule="total")])
        .groupby("rule", sort=False)
        .agg(
            jobs=("s", "size"),
            total_seconds=("s", "sum"),
            median_seconds=("s", "median"),
            longest_seconds=("s", "max"),
            peak_memory_mb=("max_rss", "max"),
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
    processor, cores = _machine()
    caption = (
        "Wall time and largest memory of each job, as Snakemake's benchmarks have them; jobs that"
        " ran side by side count in full in the total, of an interrupted job only its last part."
        " This table was made on:"
        f" {processor}, {cores} cores."
    )
    return Table(frame, caption, pd.DataFrame(shown))


def _read(path: Path) -> pd.DataFrame:
    try:
        job = pd.read_csv(path, sep="\t")[["s", "max_rss"]]
        # "NA" or "-" where a job was too short to be looked at.
        job = job.apply(pd.to_numeric, errors="coerce")
        if job["s"].isna().any() or job.empty:
            raise ValueError("no seconds")
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(
            f"error: {path} is damaged ({error}): delete it and run its job again"
        ) from error
    return job.assign(rule=path.parent.name)


def _machine() -> tuple[str, int | None]:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), model)
    return model, os.cpu_count()
