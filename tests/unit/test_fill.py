"""Numbers in README and docs come from tables/, and are compared with them."""

import shutil
import subprocess
import sys
from pathlib import Path

import fill
import pytest

ROOT = Path(__file__).parents[2]
ACCURACY = """\
arch,method,n,mean,std,difference,ci_low,ci_high,steps
mlp,bp,3,0.9804,0.0012,,,,1000
mlp,al,3,0.9754,0.0031,-0.005,-0.0101,0.0002,2000
cnn,bp,3,0.99,0.001,,,,800
"""
FINDINGS = """\
claims:
  - claim: It does what it should (3.2)
    answers: {"": it works}
    finding: MLP {accuracy_mnist[arch=mlp,method=al].n}
"""


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two tables and findings of its own; returns the tables' folder."""
    monkeypatch.setattr(fill, "ROOT", tmp_path)
    monkeypatch.setattr(fill, "_made", lambda scale: frozenset())
    folder = tmp_path / "tables/workstation"
    folder.mkdir(parents=True)
    (folder / "accuracy_mnist.csv").write_text(ACCURACY, encoding="utf-8")
    (folder / "accuracy_cifar10.csv").write_text(ACCURACY.replace("2000", "5000"), "utf-8")
    (folder / "claims.csv").write_text("thesis,claim,answer\n3.2,it works,reproduced\n", "utf-8")
    markdown = (
        "All that there is ± of it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- Made of: -->\n"
    )
    (folder / "accuracy_mnist.md").write_text(markdown, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/findings.yaml").write_text(FINDINGS, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{accuracy_mnist[arch=mlp,method=al].mean:percent}", "97.5\N{NO-BREAK SPACE}%"),
        ("{accuracy_mnist[arch=mlp,method=al].mean:hundredfold}", "97.5"),
        ("{accuracy_mnist[arch=mlp,method=al].difference:points}", "−0.5"),
        ("{accuracy_mnist[arch=mlp,method=al].ci_high:points}", "+0.0"),
        ("{accuracy_mnist[arch=mlp,method=al]:difference}", "−0.5 [−1.0, +0.0]"),
        ("{accuracy_mnist[arch=mlp,method=al]:hundredths}", "−0.50 [−1.01, +0.02]"),
        (
            "{accuracy_mnist[arch=mlp,method=al]:accuracy}",
            "97.5 ± 0.3\N{NO-BREAK SPACE}%",
        ),
        ("{accuracy_mnist[arch=mlp,method=al].method}", "al"),
        ("{accuracy_mnist[arch=cnn].steps:,.0f}", "800"),
        ("{accuracy_*[method=al].steps.greatest:,.0f}", "5,000"),
        ("{accuracy_*.steps.least:.0f}", "800"),
        ("{accuracy_*.steps.median:.0f}", "1000"),
        ("{accuracy_mnist.difference.least:.3f}", "−0.005"),  # empty cells do not count
        ("{accuracy_mnist[arch=cnn].steps:hours}", "0.2 hours"),
        ("{tables/workstation/claims.answer}", "reproduced"),
        ("{accuracy_mnist[arch=mlp,method=al].mean:percent2}", "97.54\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_text_names_a_value_and_gets_it_from_its_table(tables, template, expected):
    assert fill.text(f"so  it is\n{template}.") == f"so it is {expected}."


def test_a_text_may_be_about_another_scale(tables):
    tables.rename(tables.with_name("other"))
    template = "{accuracy_mnist[arch=mlp,method=al].method} {tables/other/claims.answer}"
    assert fill.text(template, "other") == "al reproduced"
    with pytest.raises(FileNotFoundError, match="workstation/accuracy_mnist"):
        fill.text(template)


@pytest.mark.parametrize(
    ("template", "error", "message"),
    [
        ("{accuracy_mnist.mean:percent}", ValueError, "accuracy_mnist.mean: 3 values; a text"),
        ("{accuracy_mnist[arch=vgg].mean:percent}", ValueError, r"\[arch=vgg\].mean: 0 values"),
        ("{accuracy_mnist[arch=cnn].mode}", AttributeError, "mode: there is no such column"),
        ("{accuracy_mnist[arch=cnn]:best}", ValueError, "'best'; allowed: accuracy, difference"),
        ("{accuracy_trees.mean}", FileNotFoundError, "accuracy_trees.csv: there is no such file"),
        ("{accuracy_mnist[kind=x].mean}", KeyError, "kind"),
    ],
)
def test_a_value_that_is_not_there_or_not_alone_is_an_error(tables, template, error, message):
    with pytest.raises(error, match=message):
        fill.text(template)


def test_a_text_is_wrapped_but_no_word_of_it_broken(tables):
    lines = fill.text("wide " * 60 + "well-being " * 30).splitlines()
    assert len(lines) > 1 and max(map(len, lines)) <= fill.WIDTH
    assert {word for line in lines for word in line.split()} == {"wide", "well-being"}


def test_a_table_comes_without_its_record_and_with_its_caption_where_that_is_wanted(tables):
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    assert fill.table("workstation/accuracy_mnist") == table
    assert fill.table("tables/workstation/accuracy_mnist.md") == table
    assert fill.caption("workstation/accuracy_mnist") == "All that there is ± of it."
    assert fill.captioned("workstation/accuracy_mnist") == f"All that there is ± of it.\n\n{table}"


def test_what_the_workflow_has_not_made_yet_says_so_and_a_wrong_name_is_an_error(
    tables, monkeypatch
):
    table = "tables/workstation/accuracy_cifar100"
    made = frozenset({f"{table}.md", f"{table}.csv", "figures/workstation/curves_cifar100.png"})
    monkeypatch.setattr(
        fill, "_made", lambda scale: made if scale == "workstation" else frozenset()
    )
    name = "workstation/accuracy_cifar100"
    assert fill.table(name) == fill.captioned(name) == fill.NOT_RUN
    assert fill.figure("workstation/curves_cifar100", "Curves") == ""
    assert fill.text("It has {accuracy_cifar100.n} seeds.") == fill.NOT_RUN
    with pytest.raises(FileNotFoundError, match="curves_x"):
        fill.text("It has {curves_x.n} seeds.")
    for show in (fill.table, fill.captioned, lambda name: fill.figure(name, "")):
        with pytest.raises(FileNotFoundError, match="workstation/curves_x"):
            show("workstation/curves_x")
    picture = tables.parents[1] / "figures/workstation/curves_x.png"
    picture.parent.mkdir(parents=True)
    picture.touch()
    assert (
        fill.figure("workstation/curves_x", "Curves")
        == "![Curves](../figures/workstation/curves_x.png)"
    )
    (tables / "accuracy_cifar100.md").write_text("All.\n\n| a |\n", encoding="utf-8")
    assert fill.captioned(name) == "All.\n\n| a |"


def test_files_that_a_scale_makes_are_those_of_the_workflow():
    assert {"tables/workstation/claims.md", "figures/workstation/curves_mnist.png"} <= fill._made(
        "workstation"
    )
    assert not fill._made("results")


def test_a_row_of_the_table_of_claims_may_be_about_several(tables):
    head = ["| Claim | Reproduced | Finding |", "|---|---|---|"]
    works = "| It does what it should (3.2) | reproduced | MLP 3 |"
    assert fill.claims().splitlines() == [*head, works]
    findings = tables.parents[1] / "docs/findings.yaml"
    several = """\
  - claim: It is fast (ours)
    answers: {first: it is fast, then: it stays so}
    finding: BP {accuracy_mnist[arch=cnn].mean:percent}
"""
    findings.write_text(FINDINGS + several, encoding="utf-8")
    claims = tables / "claims.csv"
    counted = (
        "reproduced at 1 of 4 depths (2), not at 1 (4), not decided at 1 (8), not run yet at 1 (16)"
    )
    counted = f'"{counted}"'
    one = f"{claims.read_text()}ours,it is fast,{counted}\n"
    claims.write_text(f"{one}ours,it stays so,not run yet\n", encoding="utf-8")
    answer = "first: 1 of 4 depths, 1 not, 1 open, 1 not run; then: not run yet"
    fast = f"| It is fast (ours) | {answer} | BP 99.0\N{NO-BREAK SPACE}% |"
    assert fill.claims().splitlines() == [*head, works, fast]
    # A row of which nothing was run is left out.
    claims.write_text(claims.read_text().replace(counted, "not run yet"), encoding="utf-8")
    assert fill.claims().splitlines() == [*head, works]


@pytest.mark.parametrize(
    ("of_findings", "of_claims", "named"),
    [
        ("", "ours,it is fast,reproduced\n", "it is fast"),
        ("  - {claim: x, answers: {x: it is slow}, finding: x}\n", "", "it is slow"),
        ("  - {claim: x, answers: {x: it works}, finding: x}\n", "", "named twice"),
    ],
)
def test_every_claim_is_in_one_row(tables, of_findings, of_claims, named):
    for path, more in (
        (tables.parents[1] / "docs/findings.yaml", of_findings),
        (tables / "claims.csv", of_claims),
    ):
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(ValueError, match=named):
        fill.claims()


def cog(root: Path, flag: str, *pages: str) -> subprocess.CompletedProcess[str]:
    """What `make lint` (--check) and `make docs` (-r) run."""
    return subprocess.run(
        [sys.executable, "-m", "cogapp", flag, "-I", "docs", *pages],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pages() -> list[str]:
    found = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
    return ["README.md", *found]


@pytest.fixture
def copied(tmp_path: Path, pages: list[str]) -> Path:
    """README and docs, filled, and what they are filled from."""
    for name in ("docs", "tables", "config", "benchmarks/results"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "README.md", tmp_path)
    assert cog(tmp_path, "-r", *pages).returncode == 0
    return tmp_path


def test_the_pages_show_what_the_tables_say(pages):
    checked = cog(ROOT, "--check", *pages)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    filled = [page for page in pages if "[[[cog" in (ROOT / page).read_text(encoding="utf-8")]
    assert {"README.md", "docs/results.md"} <= set(filled)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_number_that_is_edited_in_a_page_fails_the_check(copied):
    edit(copied / "README.md", "| AL is as accurate", "| BP is as accurate")
    failed = cog(copied, "--check", "README.md")
    assert failed.returncode != 0 and "README.md" in failed.stdout + failed.stderr


def test_a_table_that_changes_fails_the_check_of_the_pages_that_show_it(copied):
    edit(copied / "tables/workstation/claims.csv", ",reproduced", ",not reproduced")
    assert cog(copied, "--check", "README.md").returncode != 0
    edit(copied / "tables/workstation/claims.csv", ",not reproduced", ",reproduced")
    assert cog(copied, "--check", "README.md", "docs/results.md").returncode == 0
    edit(copied / "tables/workstation/accuracy_mnist.md", "| MLP", "| ALP")
    assert cog(copied, "--check", "README.md").returncode == 0
    assert cog(copied, "--check", "docs/results.md").returncode != 0
