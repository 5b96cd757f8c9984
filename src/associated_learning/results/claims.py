"""The rules by which the thesis' claims are answered from a scale's tables.

config/claims.yaml explains each rule, and says what is compared.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from associated_learning import registry
from associated_learning.results import statistics
from associated_learning.results.verdicts import (
    NO,
    NOT_RUN,
    OPEN,
    YES,
    Answer,
    Cell,
    Runs,
    Tables,
    answered,
    counted,
    difference,
    number,
    points,
    sample,
)

AL, BP = registry.thesis_method(), registry.baseline()
NOT_FORWARD = ["input", "bridge", "prediction"]  # layers that are not of the forward path
IN_PART, SHOWN = "in part", "shown, not judged"
UNITS = {"ratio": number, "silhouette": number}  # of measures; others are fractions, in points
Claim = Mapping[str, Any]


def comparable(tables: Tables, claim: Claim) -> Answer:
    """A method is as accurate as BP, or `than`, but for the margin, in each of `archs`."""
    method, than, runs = claim.get("method", AL), claim.get("than", BP), Runs(tables)
    cells, networks = [], _networks(claim)
    for network in networks:
        dataset, arch = network
        other = claim.get("baseline", {}).get(arch, arch)
        a, b = runs.sample(*network, method), runs.sample(dataset, other, than)
        place = (
            _name(*network) if len(claim["archs"]) > 1 else registry.network_label(network[1]),
        )
        if a is None or b is None:
            cells.append(Cell(place, None, None))
            continue
        margin, p = statistics.non_inferiority(a, b, **claim["margin"])
        why = runs.late(*network, method) or runs.unlearnt(dataset, other, than, control=arch)
        to = f"to {registry.network_label(other)}; " if other != arch else ""
        words = f"{difference(a, b)} ({to}margin {100 * margin:.2g}{f'; {why}' if why else ''})"
        cells.append(Cell(place, a, b, math.nan if why else p, words))
    end = runs.uncontrolled(networks, than)
    return answered(cells, _minus(method, than), "networks", end=end)


def better(tables: Tables, claim: Claim) -> Answer:
    """A method is more accurate than another, in each network of `archs`."""
    method, than, runs = claim.get("method", AL), claim["than"], Runs(tables)
    cells = []
    for network in _networks(claim):
        a, b = runs.sample(*network, method), runs.sample(*network, than)
        if a is None or b is None:
            cells.append(Cell((_name(*network),), None, None))
            continue
        why = runs.late(*network, method)
        p = math.nan if why else statistics.p_above(a, b)
        words = difference(a, b) + (f" ({why})" if why else "")
        cells.append(Cell((_name(*network),), a, b, p, words))
    return answered(cells, _minus(method, than), "networks")


def deep(tables: Tables, claim: Claim) -> Answer:
    """By depth, of one initialisation: where BP stays at chance, AL trains."""
    by: dict[str, dict[int, dict[str, Any]]] = {}
    for name, table in tables.items():
        if name.startswith("sigmoid_"):
            rows = table[table["initialisation"] == claim["initialisation"]]
            for method, of_method in rows.groupby("method"):
                by.setdefault(method, {}).update(of_method.set_index("depth").to_dict("index"))
    run = sorted(by.get(AL, {}).keys() & by.get(BP, {}).keys())
    cells, found, least = [], {}, min(claim["depths"])
    for depth in claim["depths"]:
        if depth not in run:
            cells.append(Cell((str(depth),), None, None))
            continue
        al, bp = sample(by[AL][depth]), sample(by[BP][depth])
        words = _of_depth(by, depth, claim.get("beside", {}))
        cells.append(Cell((str(depth),), al, bp, statistics.p_above(al, bp), words))
        bar = 2 * by[BP][depth]["chance"]
        kept = least in run and al.mean > claim["share"] * by[AL][least]["mean"]
        found[str(depth)] = bp.mean <= bar, al.mean > bar, kept

    def verdict(cell: Cell, side: int) -> str:
        failed, trains, kept = found[cell.place[0]]
        if failed and (not trains or side < 0):
            return NO
        # Where BP trains, the claim says nothing.
        return YES if failed and side > 0 and kept else OPEN

    return answered(cells, "accuracy", "depths", "at", verdict)


def separated(tables: Tables, claim: Claim) -> Answer:
    """A measure of AL's hidden layers is greater than that of another method's, layer by layer."""
    measure, against, runs = claim["measure"], claim["against"], Runs(tables)
    shown = UNITS.get(measure, points)
    cells, networks, rows = [], _networks(claim), {}
    for name, table in tables.items():
        if name.startswith(f"{claim['table']}_") and f"{measure}_mean" in table:
            rows |= table.set_index(["dataset", "arch", "layer", "method"]).to_dict("index")
    for network in networks:
        why = runs.late(*network, AL) or runs.unlearnt(*network, against)
        for layer in claim["layers"][network[1]]:
            place = _name(*network), layer
            both = [rows.get((*network, layer, method)) for method in (AL, against)]
            if None in both:
                cells.append(Cell(place, None, None))
                continue
            a, b = (sample(row, f"{measure}_") for row in both)
            p = math.nan if why else statistics.p_above(a, b)
            words = difference(a, b, shown) + (f" ({why})" if why else "")
            cells.append(Cell(place, a, b, p, words))
    unit = "" if measure in UNITS else ", points"
    end = runs.uncontrolled(networks, against)
    return answered(cells, _minus(AL, against, unit), "hidden layers", "at", end=end)


def seen(tables: Tables, claim: Claim) -> Answer:
    """A picture: neighbours in it are counted at the last forward layer, and nothing is judged."""
    runs, cells = Runs(tables), []
    for name, table in tables.items():
        if not name.startswith("tsne_"):
            continue
        last = table.loc[~table["layer"].isin(NOT_FORWARD), "layer"].iloc[-1]
        rows = table[table["layer"] == last].set_index("method").to_dict("index")
        if {AL, BP} <= rows.keys():
            network = rows[AL]["dataset"], rows[AL]["arch"]
            a, b = (sample(rows[method], "knn_embedding_") for method in (AL, BP))
            late = runs.late(*network, AL)
            words = difference(a, b) + (f" ({late})" if late else "")
            cells.append(Cell((_name(*network),), a, b, words=words))
    title = f"kNN accuracy in the embedding of the last forward layer, {_minus(AL, BP)}"
    return answered(cells, title, "networks")._replace(answer=SHOWN if cells else NOT_RUN)


def affiliated(tables: Tables, claim: Claim) -> Answer:
    """Every AL network has affiliated parameters."""
    table = tables.get("parameters", pd.DataFrame(columns=["method"]))
    table = table[table["method"] == AL]
    if table.empty:
        return Answer(NOT_RUN, None, NOT_RUN)
    share = table["affiliated"] / table["total"]
    found = [
        ((_name(dataset, arch),), YES if part > 0 else NO)
        for dataset, arch, part in zip(table["dataset"], table["arch"], share, strict=True)
    ]
    statistic = f"affiliated share of AL's parameters: {share.min():.0%} to {share.max():.0%}"
    return Answer(statistic, None, counted(found, "networks"))


def sizes(tables: Tables, claim: Claim) -> Answer:
    """Data sets have the official numbers of images and classes."""
    here = tables.get("datasets", pd.DataFrame(columns=["dataset"])).set_index("dataset")
    found = []
    for name, official in claim["sizes"].items():
        columns = ["train_images", "test_images", "classes"]
        right = name in here.index and list(here.loc[name, columns]) == official
        verdict = YES if right else NO if name in here.index else NOT_RUN
        found.append(((registry.dataset_label(name),), verdict))
    shown = [verdict for _, verdict in found if verdict != NOT_RUN]
    if not shown:
        return Answer(NOT_RUN, None, NOT_RUN)
    statistic = f"{shown.count(YES)} of {len(shown)} data sets as published"
    return Answer(statistic, None, counted(found, "data sets"))


def simultaneous(tables: Tables, claim: Claim) -> Answer:
    """At the greatest depth AL trains faster in several processes than in one, to the same bits."""
    table = tables.get("throughput")
    if table is None:
        return Answer(NOT_RUN, None, NOT_RUN)
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
        answer = IN_PART
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
    return Answer(statistic, None, answer)


RULES: dict[str, Callable[[Tables, Claim], Answer]] = {
    rule.__name__: rule
    for rule in (comparable, better, deep, separated, seen, affiliated, simultaneous, sizes)
}


def _networks(claim: Claim) -> list[tuple[str, str]]:
    """Data set and name of all networks of a claim."""
    return [(dataset, arch) for dataset, archs in claim["archs"].items() for arch in archs]


def _name(dataset: str, arch: str) -> str:
    return f"{registry.dataset_label(dataset)} {registry.network_label(arch)}"


def _minus(method: str, other: str, unit: str = ", points") -> str:
    return f"{registry.method_label(method)} − {registry.method_label(other)}{unit}"


def _of_depth(by: Mapping[str, Any], depth: int, beside: Mapping[str, str]) -> str:
    """What the statistic says of networks of one depth."""
    al, bp = by[AL][depth], by[BP][depth]
    others = [
        f", {name} {by[m][depth]['mean']:.1%}"
        for m, name in beside.items()
        if depth in by.get(m, {})
    ]
    return (
        f"layers: AL {al['mean']:.1%} (its first component alone {al['first_mean']:.1%}), "
        f"BP {bp['mean']:.1%}{''.join(others)}, first layer's gradient at initialisation "
        f"AL {al['gradient_initial']:.0e}, BP {bp['gradient_initial']:.0e}"
    )
