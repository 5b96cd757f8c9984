"""The first page of the report says what the claims table of a scale answers."""

from associated_learning import answers


def test_claims_and_answers_of_scales_that_have_a_table_are_told_without_markup(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (table := tmp_path / "tables/small/claims.csv").parent.mkdir(parents=True)
    lines = ["thesis,claim,n,answer"]
    lines += ['2.6,a_b *is* |so|,3,"at 2 of 3 depths (2, 4), not at 1 (8)"', "ours,c,,yes"]
    table.write_text("\n".join(lines), "utf-8")
    (damaged := tmp_path / "tables/large/claims.csv").parent.mkdir()
    damaged.write_text("<<<<<<< HEAD\nclaim,n\n", "utf-8")
    assert answers.found(["small", "large"]) == {
        "small": [
            (r"a\_b \*is\* \|so\| (thesis, 2.6)", "at 2 of 3 depths, not at 1"),
            ("c (ours)", "yes"),
        ]
    }
