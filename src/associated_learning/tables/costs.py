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
        One folder of Snakemake's benchmark files, {rule}/**/*.tsv.

    Returns
    -------
    Table
        Its columns: `rule`, `jobs`, `total_seconds`, `median_seconds`, `longest_seconds`,
        `peak_memory_mb` (largest resident set, MB; missing where no job ran long enough for
        Snakemake to look). The last row's rule is "total".

    Raises
    ------
    SystemExit
        There is no benchmark in the folder, or one is damaged.
    """
    if len(inputs) > 1:
        raise SystemExit(f"error: costs are read from one folder, {len(inputs)} are given")
    folder = inputs[0]
    jobs = pd.concat([_read(path, folder) for path in _benchmarks(folder)])
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
        " ran side by side count in full in the total. This table was made on:"
        f" {processor}, {cores} cores."
    )
    return Table(frame, caption, pd.DataFrame(shown))


def _benchmarks(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*/**/*.tsv"))
    if not found:
        raise SystemExit(f"error: there is no benchmark below {folder}: run the workflow first")
    return found


def _read(path: Path, folder: Path) -> pd.DataFrame:
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
    return job.assign(rule=path.relative_to(folder).parts[0])


def _machine() -> tuple[str, int | None]:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), model)
    return model, os.cpu_count()
