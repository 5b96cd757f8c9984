"""The claims of the thesis and their answers, each by its rule in config/claims.yaml."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from associated_learning import registry
from associated_learning.results.statistics import Sample, welch_interval
from associated_learning.tables.output import Table

CAPTION = (
    "The claims of the thesis, the statistic that answers each, and the answer. Each answer"
    " follows from its statistic by the claim's rule in config/claims.yaml. n is the least number"
    " of seeds behind a mean."
)
AL, BP = registry.thesis_method(), registry.baseline()
NOT_FORWARD = ["input", "bridge", "prediction"]  # layers that are not of the forward path
YES, NO, OPEN = "reproduced", "not reproduced", "not decided"
Tables = dict[str, pd.DataFrame]
Answer = tuple[str, int | None, str]  # statistic, n, one of the above


def make(inputs: list[Path]) -> Table:
    """Answer the claims.

    Parameters
    ----------
    inputs
        The claims (config/claims.yaml, which explains the rules), then the CSV files of the other
        tables, known by their names.

    Returns
    -------
    Table
        Its columns: `thesis` (section), `claim`, `statistic`, `n` (least number of seeds behind a
        mean), `answer`.
    """
    claims, *csv_files = inputs
    tables = {path.stem: pd.read_csv(path) for path in csv_files}
    rows = []
    for claim in yaml.safe_load(claims.read_text(encoding="utf-8"))["claims"]:
        statistic, n, answer = RULES[claim["rule"]](tables, claim)
        row = {"thesis": str(claim["thesis"]), "claim": claim["claim"], "statistic": statistic}
        rows.append(row | {"n": n, "answer": answer})
    frame = pd.DataFrame(rows).astype({"n": "Int64"})
    return Table(frame, CAPTION)


def together(answers: Iterable[str]) -> str:
    """Answer to a claim about several cells."""
    found = set(answers)
    return NO if NO in found else YES if found == {YES} else OPEN


def comparable(tables: Tables, claim: dict[str, Any]) -> Answer:
    """AL is at most `margin` less accurate than BP; a late start excuses it up to `steps`."""
    table = tables.get(f"accuracy_{claim['dataset']}")
    if table is None:
        return _absent()
    answers, words = [], []
    for row in table[table["method"] == AL].itertuples():
        late = _part_started(row.started)
        if late:
            answers.append(OPEN if row.steps < claim["steps"] else NO)
        else:
            answers.append(_side(row.ci_low, row.ci_high, -claim["margin"]))
        after = f", {late} in {row.steps:,} steps" if late else ""
        words.append(
            f"{registry.network_label(row.arch)} {_points(row.difference)} "
            f"[{_points(row.ci_low)}, {_points(row.ci_high)}]{after}"
        )
    n = table.loc[table["method"].isin([AL, BP]), "n"].min()
    return f"AL − BP, points: {'; '.join(words)}", int(n), together(answers)


def deep(tables: Tables, claim: dict[str, Any]) -> Answer:
    """At the greatest depth AL still learns and BP does not."""
    found = [table for name, table in tables.items() if name.startswith("sigmoid_")]
    if not found:
        return _absent()
    answers, words = [], []
    for table in found:
        al, bp = (table[table["method"] == m].set_index("depth") for m in (AL, BP))
        least, depth = al.index.min(), al.index.max()
        reached, other = al.loc[depth, "mean"], bp.loc[depth, "mean"]
        learnt = 2 * bp.loc[depth, "chance"]  # a mean above it, that is
        if min(al.loc[depth, "n"], bp.loc[depth, "n"]) < 2:
            answers.append(OPEN)
        elif reached < learnt or reached <= other:
            answers.append(NO)
        else:
            kept = reached > claim["share"] * al.loc[least, "mean"]
            answers.append(YES if kept and other < learnt else OPEN)
        words.append(
            f"{depth} layers: AL {reached:.1%} (its first component alone "
            f"{al.loc[depth, 'first_mean']:.1%}), BP {other:.1%}, chance "
            f"{bp.loc[depth, 'chance']:.0%}; {least} layers: AL {al.loc[least, 'mean']:.1%}, "
            f"BP {bp.loc[least, 'mean']:.1%}; first layer's gradient at initialisation, {depth} "
            f"layers: AL {al.loc[depth, 'gradient_initial']:.0e}, "
            f"BP {bp.loc[depth, 'gradient_initial']:.0e}"
        )
    return "; ".join(words), int(min(table["n"].min() for table in found)), together(answers)


def neighbours(tables: Tables, claim: dict[str, Any]) -> Answer:
    """Neighbours in the embedding of the last forward layer are more often of one class in AL."""
    found = [table for name, table in tables.items() if name.startswith("tsne_")]
    if not found:
        return _absent()
    answers, words, least = [], [], math.inf
    for table in found:
        last = _last_layer(table)
        al, bp = last[AL], last[BP]
        low, high = _interval(al, bp, "knn_embedding")
        late = _late(tables, al)
        answers.append(OPEN if late else _side(low, high, 0.0))
        words.append(
            f"{_cell(al)} {_points(al['knn_embedding_mean'] - bp['knn_embedding_mean'])} "
            f"[{_points(low)}, {_points(high)}]{late}"
        )
        least = min(least, al["n"], bp["n"])
    return f"kNN accuracy, AL − BP, points: {'; '.join(words)}", int(least), together(answers)


def separated(tables: Tables, claim: dict[str, Any]) -> Answer:
    """Classes lie further apart, in units of their own width, in AL's last forward layer."""
    found = [table for name, table in tables.items() if name.startswith("distances_")]
    if not found:
        return _absent()
    beside = {AL: "AL", BP: "BP", **claim.get("beside", {})}
    answers, words, least = [], [], math.inf
    for table in found:
        for _, cell in table.groupby("arch", sort=False):
            last = _last_layer(cell)
            al, bp = last[AL], last[BP]
            late = _late(tables, al)
            answers.append(OPEN if late else _side(*_interval(al, bp, "ratio"), 0.0))
            shown = [
                f"{name} {last[method]['ratio_mean']:.2f}"
                for method, name in beside.items()
                if method in last
            ]
            words.append(f"{_cell(al)} {', '.join(shown)}{late}")
            least = min(least, al["n"], bp["n"])
    return f"inter / intra: {'; '.join(words)}", int(least), together(answers)


def affiliated(tables: Tables, claim: dict[str, Any]) -> Answer:
    """Every AL network has affiliated parameters."""
    table = tables["parameters"]
    shares = table.loc[table["method"] == AL, ["affiliated", "total"]]
    share = shares["affiliated"] / shares["total"]
    statistic = f"affiliated share of AL's parameters: {share.min():.0%} to {share.max():.0%}"
    return statistic, None, YES if (share > 0).all() else NO


def sizes(tables: Tables, claim: dict[str, Any]) -> Answer:
    """Data sets have the official numbers of images and classes."""
    found = tables["datasets"].set_index("dataset")
    columns = ["train_images", "test_images", "classes"]
    here = [name for name in claim["sizes"] if name in found.index]
    right = [list(found.loc[name, columns]) == claim["sizes"][name] for name in here]
    answer = NO if not all(right) else YES if len(here) == len(claim["sizes"]) else OPEN
    return f"{sum(right)} of {len(claim['sizes'])} data sets as published", None, answer


def simultaneous(tables: Tables, claim: dict[str, Any]) -> Answer:
    """At the greatest depth AL trains faster in several processes than in one, to the same bits."""
    table = tables.get("throughput")
    if table is None:
        return _absent()
    measured = table[table["kind"] == "measured"]
    deepest = measured[measured["components"] == measured["components"].max()]
    way = deepest.set_index(["method", "workers", "threads"]).to_dict("index")
    alone, bp = way[AL, 1, 1], way[BP, 1, 1]
    ((workers, pipelined),) = ((key[1], found) for key, found in way.items() if key[1] > 1)
    if not pipelined["bit_equal"]:
        answer = NO
    elif pipelined["cores"] < workers:
        answer = OPEN
    elif pipelined["speedup"] > claim["speedup"] and pipelined["least"] > alone["most"]:
        answer = YES
    else:
        answer = NO if pipelined["most"] < alone["least"] else OPEN
    spread = [
        f"{row['samples_per_second']:,.0f} [{row['least']:,.0f}, {row['most']:,.0f}]"
        for row in (pipelined, alone)
    ]
    statistic = (
        f"{deepest['components'].iloc[0]} components: AL in {workers} processes "
        f"{pipelined['speedup']:.2f} times as fast as in one ({spread[0]} against {spread[1]} "
        f"samples/s, median and range of {pipelined['n']:.0f} epochs, {pipelined['cores']} cores), "
        f"weights {'bit-equal' if pipelined['bit_equal'] else 'differ'}; AL in {workers} threads "
        f"{way[AL, 1, workers]['speedup']:.2f} times, BP, which does less for a sample, in one "
        f"thread {bp['speedup']:.2f} times, in {workers} {way[BP, 1, workers]['speedup']:.2f}"
    )
    return statistic, None, answer


RULES: dict[str, Callable[[Tables, dict[str, Any]], Answer]] = {
    rule.__name__: rule
    for rule in (comparable, deep, neighbours, separated, affiliated, simultaneous, sizes)
}


def _absent() -> Answer:
    return "no such runs at this scale", None, OPEN


def _side(low: float, high: float, threshold: float) -> str:
    """Answer of an interval: above the threshold, below it, or neither (also without interval)."""
    return YES if low > threshold else NO if high < threshold else OPEN


def _points(fraction: float) -> str:
    return "—" if math.isnan(fraction) else f"{100 * fraction:+.1f}".replace("-", "−")


def _cell(row: dict[str, Any]) -> str:
    return f"{registry.dataset_label(row['dataset'])} {registry.network_label(row['arch'])}"


def _late(tables: Tables, al: dict[str, Any]) -> str:
    """What the accuracy table says of an AL network that has not started as a whole, else ""."""
    table = tables.get(f"accuracy_{al['dataset']}", pd.DataFrame(columns=["arch", "method"]))
    for row in table[(table["method"] == AL) & (table["arch"] == al["arch"])].itertuples():
        if late := _part_started(row.started):
            return f" ({late})"
    return ""


def _part_started(started: Any) -> str:
    """What "3/4" says in words; "" of "4/4", and of a network of one component, which has none."""
    some, _, components = ("" if pd.isna(started) else started).partition("/")
    return "" if some == components else f"{some} of {components} components started"


def _interval(al: dict[str, Any], bp: dict[str, Any], measure: str) -> tuple[float, float]:
    """Welch's 95 % interval of AL - BP of a measure."""
    sides = [Sample(x[f"{measure}_mean"], x[f"{measure}_std"], x["n"]) for x in (al, bp)]
    return welch_interval(*sides)


def _last_layer(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Rows of the last forward layer, by method."""
    last = table.loc[~table["layer"].isin(NOT_FORWARD), "layer"].iloc[-1]
    return {row["method"]: row for row in table[table["layer"] == last].to_dict("records")}
