"""How every figure looks: widths, fonts, and one look per method."""

import io
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullLocator

from associated_learning import registry
from associated_learning.files import atomic_write
from associated_learning.results import read

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.typing import SeriesGroupBy

CM = 1 / 2.54  # inches
COLUMN, PAGE = 8.5 * CM, 17 * CM  # widths at which a figure is printed, unscaled

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


@contextmanager
def theme() -> Iterator[None]:
    """Context in which figures are drawn and saved: seaborn's "ticks" at paper size, and ours.

    The user's own settings of Matplotlib do not hold within it.
    """
    import seaborn

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(seaborn.axes_style("ticks") | seaborn.plotting_context("paper"))
        matplotlib.rcParams.update(OURS)
        yield


def look(method: str) -> dict[str, Any]:
    """Properties of a method's lines, and its label, as config/methods.yaml has them."""
    found = registry.methods()[method]["look"] | {"label": registry.method_label(method)}
    if isinstance(found["linestyle"], list):  # of YAML; Matplotlib wants tuples
        offset, dashes = found["linestyle"]
        found["linestyle"] = (offset, tuple(dashes))
    return found


def accuracy_panels(
    archs: Sequence[str], xlabel: str, log: bool = False
) -> tuple[Figure, list[Axes]]:
    """Figure with one panel per network, side by side, which share an axis of accuracies."""
    figure = Figure(figsize=(min(PAGE, len(archs) * COLUMN), 6 * CM), layout="constrained")
    panels = figure.subplots(1, len(archs), sharey=True, squeeze=False)[0]
    for panel, arch in zip(panels, archs, strict=True):
        panel.set(title=registry.network_label(arch), xlabel=xlabel)
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
    """Figure of all methods' test accuracy, one panel per network, as mean and range of seeds.

    Parameters
    ----------
    histories
        Of runs on one data set (see `read.read_histories`).
    xlabel
        What the x axis shows.
    places
        Of the rows of one network and method, all seeds, their places on the x axis.
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
                stagger=k / 5,  # not by how many methods there are: a new one moves no marker
                **look(method),
            )
        if not log:
            panel.set_xlim(left=0)
    chance(panels, registry.classes(histories["dataset"].iloc[0]))
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
    return f"{read.only_dataset(frame)}, {spread}{read.seeds(counts)}"


def labelled(figure: Figure, order: Iterable[str] | None = None) -> dict[str, Artist]:
    """Lines of all panels by their labels, those of `order` first, by default of the methods."""
    if order is None:
        order = map(registry.method_label, registry.methods())
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


def save(figure: Figure, prefix: Path, mark: str = "", record: str = "") -> None:
    """Write `prefix`.pdf and `prefix`.png, byte-equal whenever the figure is.

    Parameters
    ----------
    figure
        Laid out by Matplotlib's constrained layout.
    prefix
        Path without the suffix.
    mark
        What is written onto the figure, such as that the scale gives no result.
    record
        What it was made of (see `results.provenance`), for the files' metadata.
    """
    if mark:
        strip = 0.3 * CM / figure.get_figheight()  # kept free for the mark
        figure.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
        figure.text(0.995, 0.01, mark, ha="right", fontsize=6, color="0.4")
    pdf = {"CreationDate": None, "Keywords": record or None}
    for suffix, metadata in (("pdf", pdf), ("png", {"Comment": record})):
        drawn = io.BytesIO()  # on a full disk Matplotlib's own writing ends in other errors
        figure.savefig(drawn, format=suffix, metadata=metadata)
        with atomic_write(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            partial.write_bytes(drawn.getvalue())
