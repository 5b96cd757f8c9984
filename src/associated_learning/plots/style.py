"""How every figure looks: widths, fonts, and one look a method."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from associated_learning.files import whole

CM = 1 / 2.54  # inches
COLUMN, PAGE = 8.5 * CM, 17 * CM  # widths at which a figure is printed, unscaled

# Colours that colour-blind people tell apart (Okabe and Ito 2008); dashes and markers for grey.
METHODS: dict[str, dict[str, Any]] = {
    "bp": {"color": "#D55E00", "linestyle": "--", "marker": "s"},
    "al": {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "al_target_first": {"color": "#56B4E9", "linestyle": ":", "marker": "^"},
    "same_path": {"color": "#E69F00", "linestyle": "-.", "marker": "D"},
    "same_path_mse": {"color": "#009E73", "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
}

OURS = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same on every machine
    "font.size": 7,
    "axes.titlesize": 8,
    "axes.labelsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 3,  # room for two dashes
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.grid": True,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 3,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType, which printers and journals accept
}


def theme() -> AbstractContextManager[None]:
    """Context in which figures are drawn and saved: seaborn's "ticks" at paper size, and ours."""
    import seaborn

    return matplotlib.rc_context(
        seaborn.axes_style("ticks") | seaborn.plotting_context("paper") | OURS
    )


def save(figure: Figure, prefix: Path, smoke: bool = False) -> None:
    """Write `prefix`.pdf and `prefix`.png, byte-equal whenever the figure is.

    Parameters
    ----------
    figure
        Laid out by Matplotlib's constrained layout.
    prefix
        Path without the suffix.
    smoke
        Write onto the figure that it shows no result.
    """
    if smoke:
        strip = 0.3 * CM / figure.get_figheight()  # kept free for the mark
        figure.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
        figure.text(0.995, 0.01, "smoke scale: no result", ha="right", fontsize=6, color="0.4")
    for suffix, metadata in (("pdf", {"CreationDate": None}), ("png", None)):
        with whole(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            figure.savefig(partial, format=suffix, metadata=metadata)
