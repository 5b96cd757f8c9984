import hashlib
from pathlib import Path

import pytest

from associated_learning import places
from associated_learning.results import provenance


@pytest.mark.parametrize("sign", [*'{}"$`\\', "\n", "\t", "\x7f", "\udcff"])
def test_what_a_path_must_not_have_is_named_with_the_folder(sign: str) -> None:
    folder = f"/data/a{sign}b"
    for refused, what in (
        (places.refusal(folder, "/scratch"), "the workflow's folder"),
        (places.refusal("/data/me", folder), "the working directory"),
    ):
        assert refused.startswith(f"{what} is {folder!r}")
        assert repr(sign) in refused and "move or rename" in refused
        assert "\n" not in refused


def test_a_colon_is_refused_where_it_would_cut_a_list_of_folders() -> None:
    assert "':'" in places.refusal("/data/10:00", "/data")
    assert not places.refusal("/data", "/data/10:00")


def test_with_conda_the_working_directory_must_not_have_an_apostrophe() -> None:
    assert '"\'"' in places.refusal("/data", "/data/O'Brien", conda=True)
    assert not places.refusal("/data/O'Brien", "/data", conda=True)


def test_other_signs_are_not_refused() -> None:
    folder = "/data/O'Brien & Söhne; 100% #1 (~a!b=c,d) [x]*?|<e> "
    assert not places.refusal(folder, folder)


def test_what_belongs_to_the_workflow_is_named_in_full_elsewhere_and_only_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["config/claims.yaml", "src/a.py", "results/src/config/a.json", "tables/a.csv"]
    monkeypatch.chdir(places.ROOT)
    assert places.seen(paths) == paths
    (tmp_path / "link").symlink_to(places.ROOT)
    monkeypatch.chdir(tmp_path / "link")
    assert places.seen(paths) == paths
    monkeypatch.chdir(tmp_path)
    elsewhere = places.seen(paths)
    assert elsewhere == [str(places.ROOT / path) for path in paths[:2]] + paths[2:]
    assert [places.name(Path(path)) for path in elsewhere] == paths


def test_an_archive_of_one_s_own_comes_before_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert places.archive("laptop") == places.ROOT / "archives/laptop.zip"
    assert places.archive("never_packed") == Path("archives/never_packed.zip")
    Path("archives").mkdir()
    Path("archives/laptop.zip").touch()
    assert places.archive("laptop") == Path("archives/laptop.zip")


def test_gone_is_what_only_another_training_of_a_finished_run_would_give(tmp_path: Path) -> None:
    def run(name: str, *files: str) -> str:
        for file in files:
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / file).touch()
        return str(tmp_path / name / "exits.csv")

    without = run("without", "metrics.json")
    others = [
        run("to_be_trained"),
        run("interrupted", "weights.safetensors"),
        run("finished", "metrics.json", "weights.safetensors"),
        run("measured", "metrics.json", "exits.csv"),
    ]
    assert places.gone([without, *others]) == {without}


def test_records_do_not_tell_where_the_workflow_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(places.ROOT)
    inputs = ["config/claims.yaml"]
    here = provenance.record("table", "associated_learning.tables.claims", list(map(Path, inputs)))
    monkeypatch.chdir(tmp_path)
    seen = map(Path, places.seen(inputs))
    assert provenance.record("table", "associated_learning.tables.claims", list(seen)) == here


def test_a_record_is_followed_to_the_workflow_s_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = places.ROOT / "config/claims.yaml"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert provenance.find("config/claims.yaml", sha256) == file
