"""Trained weights as files for a release: those of one seed, where they are small."""

import hashlib
import shutil
from pathlib import Path

from associated_learning import trained
from associated_learning.errors import DataError
from associated_learning.files import atomic_write
from associated_learning.results.current import RUN

WEIGHTS, SUMS, SEED = "weights.safetensors", "SHA256SUMS", "seed0"


def gather(results: Path, out: Path, megabytes: float) -> tuple[list[str], dict[str, str]]:
    """Copy weights, and the metrics that they are loaded with, of all finished runs of seed 0.

    Parameters
    ----------
    results
        Of a scale: {dataset}/{arch}/{method}/{run}/ holds a run.
    out
        A new folder, with the same folders below it, each of which loads as a run does, and
        SHA256SUMS, which `sha256sum --check` reads.
    megabytes
        That weights may have.

    Returns
    -------
    Runs that are in it, and why others are left out: their weights are larger or cannot be loaded.
    Runs are named by their folders below `results`.

    Raises
    ------
    DataError
        `out` is there already, or there is nothing to copy.
    """
    if out.exists():
        raise DataError(f"{out} is there already: delete it, or give another --out")
    found = sorted(path.parent for path in results.glob(f"*/*/*/*{SEED}/{WEIGHTS}"))
    finished = {run.relative_to(results).as_posix(): run for run in found if (run / RUN).is_file()}
    if not finished:
        raise DataError(f"{results} holds no finished run of seed 0 with its weights")
    left = {name: why for name, run in finished.items() if (why := _unfit(run, megabytes))}
    kept = [name for name in finished if name not in left]
    if not kept:
        reasons = "; ".join(f"{name}: {why}" for name, why in left.items())
        raise DataError(f"no weights of {results} can be kept: {reasons}")
    lines = []
    for name in kept:
        for file in (f"{name}/{RUN}", f"{name}/{WEIGHTS}"):
            with atomic_write(out / file) as partial:
                shutil.copyfile(results / file, partial)
                lines.append(f"{hashlib.sha256(partial.read_bytes()).hexdigest()}  {file}\n")
    with atomic_write(out / SUMS) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
    return kept, left


def _unfit(run: Path, megabytes: float) -> str:
    """Why the weights of a run are not kept; empty if they are."""
    size = (run / WEIGHTS).stat().st_size / 1e6
    if size > megabytes:
        return f"{size:.3g} MB, more than {megabytes:g}"
    try:
        trained.load(run)
    except trained.LoadError as error:
        return str(error)
    return ""
