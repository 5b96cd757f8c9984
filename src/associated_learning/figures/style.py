"""How every figure looks: widths, fonts, and one look per method."""

import io
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from associated_learning import registry
from associated_learning.files import atomic_write
from associated_learning.results import notes, read

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.typing import SeriesGroupBy

CM = 1 / 2.54  # inches
COLUMN, PAGE = 8.5 * CM, 17 * CM  # widths at which a figure is printed, unscaled
SMALL = 6  # pt; nothing is smaller
LETTERS = 8.5  # per cm of width at that size, about


def look(method: str) -> dict[str, Any]:
    """Properties of a method's lines, and its label, as config/methods.yaml has them."""
    found = registry.methods()[method]["look"] | {"label": registry.method_label(method)}
    if isinstance(found["linestyle"], list):  # of YAML; Matplotlib wants tuples
        offset, dashes = found["linestyle"]
        found["linestyle"] = (offset, tuple(dashes))
    return found


def accuracy_panels(
    archs: Sequence[str],
    xlabel: str,
    log: bool = False,
    *,
    error: bool = False,
    below: Mapping[str, Sequence[str]] | None = None,
    rows: int = 1,
) -> tuple[Figure, list[Axes]]:
    """Figure with one panel per network, side by side; those of a row share their accuracies' axis.

    Parameters
    ----------
    archs
        The networks.
    xlabel
        What the x axis shows.
    log
        Whether that axis is logarithmic.
    error
        Whether test errors are shown instead, on a logarithmic axis (see `small_errors`).
    below
        By network, what stands below its panel's title.
    rows
        How many there are; their panels are given one after the other.
    """
    size = min(PAGE, len(archs) * COLUMN), rows * 6 * CM
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, len(archs), sharey="row", squeeze=False)
    for panel in grid.flat:
        panel.set_xlabel(xlabel)
        if log:
            panel.set_xscale("log")
            panel.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
            panel.xaxis.set_minor_locator(NullLocator())
        else:
            panel.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 2.5, 5, 10]))
        panel.xaxis.set_major_formatter(EngFormatter(sep=""))  # 200k: five panels leave no room
        if error:
            log_ticks(panel)
        else:
            panel.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    titles(grid[0], {registry.network_label(arch): (below or {}).get(arch, ()) for arch in archs})
    for row in grid:
        row[0].set_ylabel("Test error (%)" if error else "Test accuracy (%)")
    return figure, list(grid.flat)


def log_ticks(panel: Axes) -> None:
    """Make the y axis logarithmic, with ticks that are plain numbers: more where it is short."""
    panel.set_yscale("log")
    least, most = panel.get_ylim()
    subs = (1, 2, 5) if most > 8 * least else (1, 1.5, 2, 3, 4, 5, 7)
    panel.yaxis.set_major_locator(LogLocator(subs=subs))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.yaxis.set_minor_locator(NullLocator())


def titles(panels: Iterable[Axes], below: Mapping[str, Sequence[str]]) -> None:
    """Give the panels of one row titles, and paragraphs below; the figure grows by these.

    Parameters
    ----------
    panels
        Side by side.
    below
        By title, in the panels' order, the paragraphs.
    """
    panels = list(panels)
    figure = panels[0].get_figure(root=True)
    letters = int(figure.get_figwidth() / CM / len(panels) * LETTERS)
    texts = [
        [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, letters)]
        for paragraphs in below.values()
    ]
    most = max(map(len, texts))
    height = 1.2 * SMALL * most
    for panel, title, lines in zip(panels, below, texts, strict=True):
        panel.set_title(title, pad=5 + height)
        panel.annotate(
            "\n".join(lines + [""] * (most - len(lines))),
            (0.5, 1),
            (0, 4),
            "axes fraction",
            "offset points",
            ha="center",
            va="bottom",
            size=SMALL,
            linespacing=1.1,
            color="0.25",
            annotation_clip=False,
        )
    figure.set_figheight(figure.get_figheight() + height / 72)


def small_errors(accuracies: Iterable[float]) -> bool:
    """Whether all of these accuracies, means at the end, leave an error below 10 %."""
    return all(1 - accuracy < 0.1 for accuracy in accuracies)


def percent(accuracies: "pd.Series", error: bool) -> "pd.Series":
    """Accuracies, fractions, as percentages; or the errors that they leave."""
    return 100 * (1 - accuracies) if error else 100 * accuracies


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
    inputs: Sequence[Path],
    xlabel: str,
    places: Callable[["pd.DataFrame"], "pd.Series"],
    log: bool = False,
    labels: Mapping[str, str] | None = None,
    below: Callable[["pd.DataFrame"], list[str]] = notes.trained,
) -> Figure:
    """Figure of all methods' test accuracy, one panel per network, as mean and range of seeds.

    Where all methods' error at the end is small (see `small_errors`), it shows that instead.

    Parameters
    ----------
    inputs
        metrics.json of the runs of one data set, history.csv beside each.
    xlabel
        What the x axis shows.
    places
        Of the rows of one network and method (see `read.read_histories`), all seeds, their places
        on the x axis.
    log
        Whether that axis is logarithmic; else it begins at 0.
    labels
        Of methods, where they are not their own.
    below
        Of a network's runs, what stands below its panel's title.
    """
    runs, histories = read.read_runs(inputs), read.read_histories(inputs)
    error = small_errors(runs.groupby(["arch", "method"])["test_accuracy"].mean())
    archs = {arch: below(of_arch) for arch, of_arch in runs.groupby("arch", sort=False)}
    figure, panels = accuracy_panels(list(archs), xlabel, log, error=error, below=archs)
    for panel, arch in zip(panels, archs, strict=True):
        of_arch = histories[histories["arch"] == arch]
        for k, (method, curve) in enumerate(of_arch.groupby("method", sort=False)):
            own = look(method)
            mean_and_range(
                panel,
                percent(curve["test_accuracy"], error).groupby(places(curve)),
                stagger=k / 5,  # not by how many methods there are: a new one moves no marker
                **own | {"label": (labels or {}).get(method, own["label"])},
            )
        if not log:
            panel.set_xlim(left=0)
    chance(panels, registry.classes(runs["dataset"].iloc[0]), error)
    title = averaged(histories), *notes.looked_at(histories)
    above = legend(figure, labelled(figure), *title).get_window_extent().height
    figure.set_figheight(figure.get_figheight() + max(0, above / figure.dpi - CM))
    return figure


def chance(panels: Iterable[Axes], classes: int, error: bool = False) -> None:
    """Draw the accuracy, or error, of a guess, in percent."""
    for panel in panels:
        guess = 100 - 100 / classes if error else 100 / classes
        label = f"chance ({guess:g} %)"
        panel.axhline(guess, color="0.4", lw=0.8, ls=(0, (1, 1.5)), zorder=1, label=label)


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
    for rows in range(1, max(len(handles), 1) + 1):  # as few as there is room for
        drawn = figure.legend(
            handles.values(),
            handles.keys(),
            title="\n".join(lines),
            loc="outside upper center",
            ncols=max(-(-len(handles) // rows), 1),
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
        strip = 0.35 * CM / figure.get_figheight()  # kept free for the mark
        figure.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
        figure.text(0.995, 0.01, mark, ha="right", fontsize=7, color="0.2")
    # Laid out once for both; where a panel's aspect is fixed, by what the first time found.
    for _ in range(2 if any(panel.get_aspect() != "auto" for panel in figure.axes) else 1):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    pdf = {"CreationDate": None, "Keywords": record or None}
    for suffix, metadata in (("pdf", pdf), ("png", {"Comment": record})):
        drawn = io.BytesIO()  # on a full disk Matplotlib's own writing ends in other errors
        figure.savefig(drawn, format=suffix, metadata=metadata)
        with atomic_write(prefix.with_name(f"{prefix.name}.{suffix}")) as partial:
            partial.write_bytes(drawn.getvalue())
