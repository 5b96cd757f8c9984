"""What finished jobs cost, from Snakemake's benchmark files."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from associated_learning.files import atomic_write
from associated_learning.machine import processor


def write(benchmarks: Sequence[Path], out: Path) -> None:
    """Gather benchmarks into a CSV file with one row per job.

    Parameters
    ----------
    benchmarks
        RULE/JOB.tsv; those that are not there are of jobs that had nothing to do.
    out
        The file: `rule`, `job`, `seconds`, `peak_memory_mb`, and `processor` and `cores` of here.

    Raises
    ------
    SystemExit
        There is none, or one is damaged.
    """
    found = [path for path in benchmarks if path.exists()]
    if not found:
        raise SystemExit(
            f"error: there is none of {len(benchmarks)} benchmarks: run the workflow first"
        )
    jobs = pd.concat(map(_read, found)).rename(
        columns={"s": "seconds", "max_rss": "peak_memory_mb"}
    )
    jobs = jobs[["rule", "job", "seconds", "peak_memory_mb"]].assign(**processor())
    with atomic_write(out) as partial:
        jobs.to_csv(partial, index=False, lineterminator="\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    try:
        # "NA" or "-" where a job was too short to be looked at.
        job = pd.read_csv(path, sep="\t")[["s", "max_rss"]].apply(pd.to_numeric, errors="coerce")
        if job["s"].isna().any() or job.empty:
            raise ValueError("no seconds")
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(
            f"error: {path} is damaged ({error}): delete it and run its job again"
        ) from error
    return job.assign(rule=path.parent.name, job=path.stem)
