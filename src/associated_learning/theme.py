"""The theme that all figures share: fonts, lines, axes."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.style

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
    # As seaborn has it; Matplotlib's copy differs.
    "lines.markeredgewidth": 1,
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
    "xtick.major.pad": 3.5,
    "ytick.major.pad": 3.5,
    "figure.dpi": 300,  # of the layout as of the PNG
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType, which printers and journals accept
}


@contextmanager
def theme() -> Iterator[None]:
    """Context in which figures are drawn and saved: seaborn's "ticks" at paper size, and ours.

    The user's own settings of Matplotlib do not hold within it. The styles are Matplotlib's copies:
    seaborn itself takes longer to import than most figures to draw.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.style.use(["seaborn-v0_8-ticks", "seaborn-v0_8-paper"])
        matplotlib.rcParams.update(OURS)
        yield
