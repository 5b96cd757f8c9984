"""The claims of the thesis and their answers, each by its rule in config/claims.yaml."""

import dataclasses
from pathlib import Path

import pandas as pd
import yaml

from associated_learning.results.claims import RULES
from associated_learning.tables.output import Table

CAPTION = (
    "The claims of the thesis, the statistic that answers each, and the answer. Each answer"
    " follows from its statistic by the claim's rule in config/claims.yaml. Brackets hold Welch's"
    " 95 % intervals. p is that of a one-sided test for yes or, where the difference lies on the"
    " other side, for no. It is corrected by Holm over the cells of the claim and decides below"
    " 0.025. n is the least number of seeds behind a mean. Claims that are not the thesis' are"
    " marked as ours."
)
UNJUDGED = "not judged at this scale"


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


def undecided(table: Table) -> Table:
    """The table of a scale that decides nothing: its numbers, and no answer."""
    return dataclasses.replace(table, frame=table.frame.assign(answer=UNJUDGED))
