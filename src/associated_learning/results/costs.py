"""What finished jobs cost, from Snakemake's benchmark files."""

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from associated_learning.files import atomic_write
from associated_learning.machine import processor
from associated_learning.results import archive as archives


def write(benchmarks: Sequence[Path], out: Path, archive: Path | None = None) -> None:
    """Gather benchmarks into a CSV file with one row per job.

    Parameters
    ----------
    benchmarks
        RULE/JOB.tsv; those that are not there are of jobs that had nothing to do.
    out
        The file: `rule`, `job`, `seconds`, `peak_memory_mb`, and `processor` and `cores` of where
        the job ran.
    archive
        Of the scale, if there is one. What these jobs cost there counts where they have no
        benchmark here, as of runs that were unpacked.

    Raises
    ------
    SystemExit
        There is no benchmark, or one is damaged.
    """
    found = [path for path in benchmarks if path.exists()]
    if not found:
        raise SystemExit(
            f"error: there is none of {len(benchmarks)} benchmarks: run the workflow first"
        )
    here = pd.concat(map(_read, found)).rename(
        columns={"s": "seconds", "max_rss": "peak_memory_mb"}
    )
    here = here[["rule", "job", "seconds", "peak_memory_mb"]].assign(**processor())
    elsewhere = _archived(archive) if archive and archive.exists() else here[:0]
    jobs = pd.concat([here, elsewhere]).drop_duplicates(["rule", "job"])
    wanted = pd.DataFrame([(path.parent.name, path.stem) for path in benchmarks])
    jobs = wanted.set_axis(["rule", "job"], axis=1).merge(jobs)
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


def _archived(archive: Path) -> pd.DataFrame:
    for name, content in archives.read(archive).items():
        if Path(name).name == archives.JOBS:
            return pd.read_csv(io.BytesIO(content))
    return pd.DataFrame(columns=["rule", "job"])
