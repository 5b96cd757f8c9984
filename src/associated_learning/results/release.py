"""Trained weights as files for a release: those of one seed, where they are small."""

import hashlib
import shutil
from pathlib import Path

from associated_learning.errors import DataError
from associated_learning.files import atomic_write
from associated_learning.results.current import RUN

WEIGHTS, SUMS, SEED = "weights.safetensors", "SHA256SUMS", "seed0"


def gather(results: Path, out: Path, largest: int) -> tuple[list[str], list[str]]:
    """Copy weights, and the metrics that they are loaded with, of all finished runs of seed 0.

    Parameters
    ----------
    results
        Of a scale: {dataset}/{arch}/{method}/{run}/ holds a run.
    out
        A new folder, with the same folders below it, each of which loads as a run does, and
        SHA256SUMS, which `sha256sum --check` reads.
    largest
        Bytes that weights may have.

    Returns
    -------
    Runs that are in it, and those whose weights are larger, as folders below `results`.

    Raises
    ------
    DataError
        `out` is there already, or there is nothing to copy.
    """
    if out.exists():
        raise DataError(f"{out} is there already: delete it, or give another --out")
    found = sorted(path.parent for path in results.glob(f"*/*/*/*{SEED}/{WEIGHTS}"))
    finished = [run for run in found if (run / RUN).is_file()]
    small = [run for run in finished if (run / WEIGHTS).stat().st_size <= largest]
    if not small:
        raise DataError(f"{results} holds no weights of seed 0 of up to {largest} bytes")
    lines = []
    for run in small:
        for path in (run / RUN, run / WEIGHTS):
            name = path.relative_to(results)
            with atomic_write(out / name) as partial:
                shutil.copyfile(path, partial)
                lines.append(f"{hashlib.sha256(partial.read_bytes()).hexdigest()}  {name}\n")
    with atomic_write(out / SUMS) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
    large = [run for run in finished if run not in small]
    return _names(small, results), _names(large, results)


def _names(runs: list[Path], results: Path) -> list[str]:
    return [run.relative_to(results).as_posix() for run in runs]
