"""How every figure looks: widths, fonts, and one look a method."""

import io
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullLocator

from associated_learning import runs
from associated_learning.files import whole

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.typing import SeriesGroupBy

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


def accuracy_panels(
    archs: Sequence[str], xlabel: str, log: bool = False
) -> tuple[Figure, list[Axes]]:
    """Figure with a panel an architecture, side by side, which share an axis of accuracies."""
    figure = Figure(figsize=(min(PAGE, len(archs) * COLUMN), 6 * CM), layout="constrained")
    panels = figure.subplots(1, len(archs), sharey=True, squeeze=False)[0]
    for panel, arch in zip(panels, archs, strict=True):
        panel.set(title=runs.arch_name(arch), xlabel=xlabel)
        if log:
            panel.set_xscale("log")
            panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if len(archs) < 4 else (1, 3)))
            panel.xaxis.set_minor_locator(NullLocator())
        else:
            panel.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 2.5, 5, 10]))
        panel.xaxis.set_major_formatter(EngFormatter(sep=""))  # 200k: five panels leave no room
        panel.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    panels[0].set_ylabel("Test accuracy (%)")
    return figure, list(panels)


def mean_and_range(
    panel: Axes,
    values: "SeriesGroupBy",
    mean: str | Callable[["pd.Series"], float] = "mean",
    stagger: float = 0,
    **look: Any,
) -> None:
    """Draw the mean over seeds as a line and their range, least to most, as a band.

    Parameters
    ----------
    panel
        Where.
    values
        What every seed has, grouped by the place on the x axis.
    mean
        What the line shows: "mean" or a function of the values at one place.
    stagger
        Place of the first marker, as a fraction of the distance between two; where lines coincide,
        markers then do not.
    **look
        Properties of the line.
    """
    line = values.agg(mean)
    every = -(-len(line) // 10)  # of 200 markers none could be seen
    panel.plot(line, markevery=(int(stagger * every), every), **look)
    panel.fill_between(line.index, values.min(), values.max(), color=look["color"], alpha=0.2, lw=0)


def accuracy_curves(
    histories: "pd.DataFrame",
    xlabel: str,
    places: Callable[["pd.DataFrame"], "pd.Series"],
    log: bool = False,
) -> Figure:
    """Figure of all methods' test accuracy, a panel an architecture, as mean and range of seeds.

    Parameters
    ----------
    histories
        Of runs on one data set (see `runs.read_histories`).
    xlabel
        What the x axis shows.
    places
        Of the rows of one architecture and method, all seeds, their places on the x axis.
    log
        Whether that axis is logarithmic; else it begins at 0.
    """
    archs = histories["arch"].unique()
    figure, panels = accuracy_panels(archs, xlabel, log)
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch]
        for k, (method, curve) in enumerate(of_arch.groupby("method", sort=False)):
            mean_and_range(
                panel,
                (100 * curve["test_accuracy"]).groupby(places(curve)),
                stagger=k / len(runs.METHODS),
                label=runs.METHODS[method],
                **METHODS[method],
            )
        if not log:
            panel.set_xlim(left=0)
    chance(panels, runs.CLASSES[histories["dataset"].iloc[0]])
    legend(figure, labelled(figure), averaged(histories))
    return figure


def chance(panels: Iterable[Axes], classes: int) -> None:
    """Draw the accuracy of a guess, in percent."""
    for panel in panels:
        percent = 100 / classes
        label = f"chance ({percent:g} %)"
        panel.axhline(percent, color="0.4", lw=0.8, ls=(0, (1, 1.5)), zorder=1, label=label)


def averaged(frame: "pd.DataFrame", mean: str = "mean") -> str:
    """Data set of some runs and what is shown of the seeds, for the title of a legend.

    Parameters
    ----------
    frame
        The runs, or rows of them.
    mean
        Which mean a line shows.
    """
    counts = frame.groupby(["arch", "method"])["seed"].nunique()
    spread = f"{mean} and range of " if counts.max() > 1 else ""
    return f"{runs.only_dataset(frame)}, {spread}{runs.seeds(counts)}"


def labelled(
    figure: Figure, order: Iterable[str] = tuple(runs.METHODS.values())
) -> dict[str, Artist]:
    """Lines of all panels by their labels, those of `order` first."""
    lines = {line.get_label(): line for panel in figure.axes for line in panel.lines}
    names = [name for name in lines if not name.startswith("_")]  # Matplotlib's: no label
    return {name: lines[name] for name in [*order, *names] if name in names}


def legend(figure: Figure, handles: Mapping[str, Artist], *title: str, **look: Any) -> Legend:
    """Put a legend above all panels.

    Parameters
    ----------
    figure
        Laid out by Matplotlib's constrained layout.
    handles
        What it explains, by label.
    *title
        Paragraphs of its title.
    **look
        Properties of the legend.
    """
    letters = int(figure.get_figwidth() / CM * 7)  # in a line, about, at the style's 7 pt
    lines = [line for paragraph in title for line in textwrap.wrap(paragraph, letters)]
    for rows in range(1, len(handles) + 1):  # as few as there is room for
        drawn = figure.legend(
            handles.values(),
            handles.keys(),
            title="\n".join(lines),
            loc="outside upper center",
            ncols=-(-len(handles) // rows),
            **look,
        )
        drawn.get_title().set_multialignment("center")
        if drawn.get_window_extent().width <= figure.bbox.width or rows == len(handles):
            break
        drawn.remove()
    return drawn


def save(figure: Figure, prefix: Path, smoke: bool = False, record: str = "") -> None:
    """Write `prefix`.pdf and `prefix`.png, byte-equal whenever the figure is.

    Parameters
    ----------
    figure
        Laid out by Matplotlib's constrained layout.
    prefix
        Path without the suffix.
    smoke
        Write onto the figure that it shows no result.
    record
        What it was made of (see `provenance.record`), for the files' metadata.
    """
    if smoke:
        strip = 0.3 * CM / figure.get_figheight()  # kept free for the mark
        figure.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
        figure.text(0.995, 0.01, "smoke scale: no result", ha="right", fontsize=6, color="0.4")
    pdf = {"CreationDate": None, "Keywords": record or None}
    for suffix, metadata in (("pdf", pdf), ("png", {"Comment": record})):
        drawn = io.BytesIO()  # on a full disk Matplotlib's own writing ends in other errors
        figure.savefig(drawn, format=suffix, metadata=metadata)
        with whole(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            partial.write_bytes(drawn.getvalue())
