"""Gather what the finished jobs of a scale cost, from Snakemake's benchmark files."""

import contextlib
import os
import platform
from pathlib import Path

from associated_learning.commands import Parser
from associated_learning.files import whole


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("jobs", __doc__)
    p.add_argument(
        "benchmarks",
        type=Path,
        nargs="+",
        metavar="RULE/JOB.tsv",
        help="those that are not there are of jobs that had nothing to do",
    )
    p.add_argument("--out", type=Path, required=True, help="CSV, a row a job")
    args = p.parse_args(argv)
    found = [path for path in args.benchmarks if path.exists()]
    if not found:
        raise SystemExit(
            f"error: there is none of {len(args.benchmarks)} benchmarks: run the workflow first"
        )
    import pandas as pd

    rows = []
    for path in found:
        try:
            # "NA" or "-" where a job was too short to be looked at.
            job = pd.read_csv(path, sep="\t")[["s", "max_rss"]].apply(
                pd.to_numeric, errors="coerce"
            )
            if job["s"].isna().any() or job.empty:
                raise ValueError("no seconds")
        except (OSError, ValueError, KeyError) as error:
            raise SystemExit(
                f"error: {path} is damaged ({error}): delete it and run its job again"
            ) from error
        rows.append(job.assign(rule=path.parent.name, job=path.stem))
    jobs = pd.concat(rows).rename(columns={"s": "seconds", "max_rss": "peak_memory_mb"})
    jobs = jobs[["rule", "job", "seconds", "peak_memory_mb"]].assign(
        processor=_processor(), cores=os.cpu_count()
    )
    with whole(args.out) as partial:
        jobs.to_csv(partial, index=False, lineterminator="\n")


def _processor() -> str:
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open() as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), model)
    return model


if __name__ == "__main__":
    main()
