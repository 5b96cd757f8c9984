"""What is said of failed jobs: the text of Snakemake's log is as it writes it."""

from associated_learning import failures

SAID = """RuleException:
CalledProcessError in file "rules/train.smk", line 37:
Command 'exec python -m associated_learning train --out x > logs/a/train/one.log 2>&1' returned \
non-zero exit status 1.
Command 'python -m associated_learning download --log logs/fetch/mnist.log --mirror=a' returned \
non-zero exit status 1.
Command 'exec python -m associated_learning train > logs/a/train/killed.log 2>&1' died with \
<Signals.SIGKILL: 9>.
""".replace("\\\n", "")


def test_the_end_of_every_failed_job_s_log_is_shown(tmp_path):
    for name in ("a/train/one", "a/train/killed", "fetch/mnist", "a/train/other"):
        log = tmp_path / f"logs/{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(f"{name} line {k}\n" for k in range(100)))
    (tmp_path / "said").write_text(SAID)
    for said in (str(tmp_path / "said"), [str(tmp_path / "said")]):
        text = failures.describe(said, tmp_path)
        assert "logs/a/train/one.log:" in text and "logs/fetch/mnist.log:" in text
        assert "logs/a/train/killed.log:" in text
        assert "a/train/one line 99" in text and "fetch/mnist line 99" in text
        assert "one line 79" not in text and "other" not in text


def test_a_log_that_is_gone_and_a_failure_before_any_job_are_said(tmp_path):
    (tmp_path / "said").write_text(SAID)
    assert "cannot be read: No such file" in failures.describe(str(tmp_path / "said"), tmp_path)
    (tmp_path / "said").write_text("nothing of a job")
    assert "before a job ended" in failures.describe([str(tmp_path / "said")], tmp_path)


def test_what_there_is_not_is_answered_by_the_nearest_three_names():
    known = [f"figures/laptop/{name}" for name in ("curves_a", "curves_b", "times_a", "samples")]
    said = failures.no_such("figures/laptop/curve_a", known)
    assert said.startswith(
        "There is no figures/laptop/curve_a. The nearest: figures/laptop/curves_a,"
    )
    assert "\n" not in said and said.count("figures/laptop/") == 4
    assert "nearest" not in failures.no_such("xyz", known)
