"""The page that `step.py` writes: where it was measured, the table, how to read it."""

from pathlib import Path
from typing import Any

import torch

from associated_learning.training import record

STATE_BYTES = 3 * 4  # of a parameter: its weight and Adam's two moments
COLUMNS = (
    "data | network | method | batch | threads | samples/s | step | prepare | forward | backward | "
    "rest | plain | speed-up [range] (n) | memory | plain's | by operations | by bytes | step/floor"
)
NOTES = """
Times are medians over steps, in ms, of random images and labels. `step` is the project's loop: a
batch is gathered, centred, on CIFAR augmented and standardised, then `step.train_step`. `plain`
is the same with the sum of all losses, `backward()`, `torch.optim.Adam(fused=True)` and
`zero_grad()`, in another process with PyTorch's defaults and as many threads; the project's own
settings (deterministic, denormals flushed, freed memory kept) count as part of its loop. The two
take turns. Speed-up is plain / step: median and range of n rounds of turns. A round before these
warms up; where n is 1 and a round takes seconds, a step on two images may be all that came before.

`prepare`, `forward` (`network.losses`) and `backward` (all losses at once) are timed by themselves,
in the project's process, without the optimiser. `rest` is a difference, `step` less these three:
what the optimiser costs. The project's step goes from component to component and may find in the
cache what these stages have to fetch, so `rest` can be less than the optimiser alone would take, or
negative.

`memory` and `plain's` are peaks of resident memory in GB, Python and torch included; 10,000 images
stand in for the data set.

The floor is the larger of two times:

- `by operations`: the additions and multiplications of all matrix products and convolutions,
  forward and backward, over the measured rate of matrix products. Only what is needed counts: no
  gradient with respect to the images, none across AL's components. A convolution counts as its
  direct algorithm does, zeros at the borders included (31 % of a 3 x 3 one on 4 x 4 pixels);
  algorithms with fewer multiplications, such as Winograd's, could go below.
- `by bytes`: 28 B a parameter over the measured memory bandwidth. A step reads and writes the
  weight and Adam's two moments (24 B); before, the forward pass has read the weight (4 B).
  Gradients and activations do not count, as they might stay in the cache. † Weights and moments fit
  into the last-level cache: they need not move, so this is no floor.

Neither counts activations that do not fit into the cache, batch norm or element-wise layers: for
convolutional networks, ResNets most, the floor is below what any program reaches. The rates are the
better ones of start and end. Where these differ much the machine had other work, and neither steps
nor floors can be trusted.
"""


def markdown(rows: list[dict[str, Any]], rate: dict[str, dict[int, dict[str, float]]]) -> str:
    """The page as Markdown.

    Parameters
    ----------
    rows
        What `step.measure` and `step.floors` gave, one row per cell.
    rate
        What `step.rates` gave, by when ("start", "end") and threads.
    """
    cache = _last_level_cache()
    machine = record.hardware(torch.device("cpu"))
    versions = ", ".join(f"{key} {value}" for key, value in record.versions().items())
    headings = COLUMNS.split(" | ")
    lines = [
        "# The training step",
        "",
        f"{machine['processor']}, {machine['cores']} cores, last-level cache {cache >> 20} MiB; "
        f"{versions}. Measured rates:",
        "",
        "| threads | when | matrix products (float32, Gop/s) | memory (GB/s) |",
        "|---:|---|---:|---:|",
        *(
            f"| {n} | {when} | {one['operations'] / 1e9:.1f} | {one['bytes'] / 1e9:.1f} |"
            for when, by_threads in rate.items()
            for n, one in by_threads.items()
        ),
        "",
        f"| {COLUMNS} |",
        "|---|---|---|" + "---:|" * (len(headings) - 3),
        *(f"| {' | '.join(_cells(row, cache))} |" for row in rows),
    ]
    return "\n".join(lines) + "\n" + NOTES


def _cells(row: dict[str, Any], cache: int) -> list[str]:
    rest = row["step"] - row["prepare"] - row["forward"] - row["backward"]
    times = [row["step"], row["prepare"], row["forward"], row["backward"], rest, row["plain"]]
    return [
        *(str(row[key]) for key in ("dataset", "arch", "method", "batch_size", "threads")),
        f"{row['batch_size'] / row['step']:.0f}",
        *(f"{1000 * seconds:.1f}" for seconds in times),
        "{speedup:.2f} [{speedup_least:.2f}, {speedup_most:.2f}] ({rounds})".format(**row),
        *(f"{row[key] / 1e9:.2f}" for key in ("peak_memory", "plain_peak_memory")),
        f"{1000 * row['floor_operations']:.1f}",
        f"{1000 * row['floor_bytes']:.1f}" + " †" * (STATE_BYTES * row["parameters"] < cache),
        f"{row['step_over_floor']:.2f}",
    ]


def _last_level_cache() -> int:
    """Bytes; 0 where Linux does not tell."""
    sizes = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    return max(
        (int(file.read_text(encoding="utf-8").strip().removesuffix("K")) << 10 for file in sizes),
        default=0,
    )
