"""Throughput: measured on real trainings, modelled from their stages, and shown apart."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from associated_learning import plan, theme
from associated_learning.commands import table
from associated_learning.commands import throughput as command
from associated_learning.figures import style
from associated_learning.figures import throughput as figure
from associated_learning.measure import throughput

MODELLED = {"sigmoid2": 2, "sigmoid8": 8}
SETTINGS = {"dataset": "digits", "archs": ["sigmoid2"], "modelled_archs": list(MODELLED)}
SETTINGS |= {"width": 0.0625, "target_width": 4, "epochs": 4, "rounds": 2, "workers": 2}
WAYS = [("bp", 1, 1), ("bp", 1, 2), ("al", 1, 1), ("al", 1, 2), ("al", 2, 1)]


# One process of a parallel test run measures for all.
on_measured = pytest.mark.xdist_group("measured")


@pytest.fixture(scope="session")
def measured(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command measures, with the flags that the workflow gives it."""
    out = tmp_path_factory.mktemp("throughput") / "throughput.json"
    flags = plan.flags(SETTINGS).split()
    command.main([*flags, "--data", str(prepared), "--out", str(out)])
    return json.loads(out.read_text(encoding="utf-8"))


@on_measured
def test_every_way_to_train_is_measured(measured):
    keys = ("components", "method", "workers", "threads")
    found = [tuple(way[key] for key in keys) for way in measured["measured"]]
    assert found == [(2, *way) for way in WAYS]


@on_measured
def test_every_epoch_of_every_round_is_a_window_but_the_first(measured):
    for way in measured["measured"]:
        assert len(way["samples_per_second"]) == 2
        assert min(way["samples_per_second"]) > 0


@on_measured
def test_every_round_ends_with_the_same_weights_and_the_pipelined_with_those_of_one_process(
    measured,
):
    weights = {
        (way["method"], way["workers"]): way["weights"]
        for way in measured["measured"]
        if way["threads"] == 1
    }
    assert weights["al", 2] == weights["al", 1] != weights["bp", 1]
    assert len(weights["al", 1]) == 1


@on_measured
def test_stages_are_timed_one_by_one_at_every_depth(measured):
    assert [stage["components"] for stage in measured["stages"]] == list(MODELLED.values())
    for stage in measured["stages"]:
        assert len(stage["seconds"]) == stage["components"]
        assert min(stage["seconds"]) > 0


@on_measured
def test_what_was_measured_is_told_with_its_settings_machine_and_versions(measured):
    assert measured["batches"] == 1497 // 32
    settings = {"width": 0.0625, "target_width": 4, "epochs": 4, "rounds": 2, "batch_size": 32}
    assert settings.items() <= measured["config"].items()
    assert measured["hardware"]["usable_cores"] >= 1
    assert {"python", "torch"} <= measured["versions"].keys()


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_equal_stages_take_a_pipeline_n_plus_l_minus_1_turns(workers):
    found = throughput.modelled([0.5] * workers, workers, batches=10, batch_size=32)
    assert found["samples_per_second"] == pytest.approx(10 * 32 / ((10 + workers - 1) * 0.5))
    assert found["speedup"] == pytest.approx(10 * workers / (10 + workers - 1))


def test_the_slowest_process_sets_the_pace_of_the_model():
    found = throughput.modelled([1.0, 3.0, 1.0, 1.0], 2, batches=100, batch_size=1)
    assert found["samples_per_second"] == pytest.approx(100 / (101 * 4.0))


def test_one_process_has_no_speedup_in_the_model():
    assert throughput.modelled([1.0, 2.0], 1, batches=7, batch_size=1)["speedup"] == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--workers", "3"], "--workers: 3; allowed: 2 to 2, one per component"),
        (["--epochs", "1"], "--epochs"),
        (["--archs", "sigmoid3"], "--archs"),
        (["--modelled-archs", "mlp"], "--modelled-archs"),
    ],
)
def test_wrong_values_get_one_line_and_status_2(tmp_path, capsys, flags, message):
    given = plan.flags(SETTINGS).split()
    with pytest.raises(SystemExit) as end:
        command.main([*given, "--out", str(tmp_path / "x.json"), *flags])
    error = capsys.readouterr().err
    assert end.value.code == 2 and error.count("\n") == 1 and message in error


def write(path: Path, pipelined_weights: str = "same") -> Path:
    """Three windows a way, of which the middle one is the median."""
    rates = dict(zip(WAYS, (1000, 2000, 100, 120, 180), strict=True))
    found = {
        "config": {"batch_size": 32},
        "batches": 46,
        "hardware": {"processor": "a processor", "usable_cores": 2},
        "versions": {"torch": "2.0"},
        "measured": [
            {"components": n, "method": method, "workers": workers, "threads": threads}
            | {"parameters": 100 * n, "weights": ["same" if workers == 1 else pipelined_weights]}
            | {"samples_per_second": [rate / n * share for share in (0.5, 1.0, 1.5)]}
            for n in (2, 4)
            for (method, workers, threads), rate in rates.items()
        ],
        "model": [
            throughput.modelled([1.0] * n, workers, batches, 32)
            for n in (2, 4, 8)
            for workers, batches in dict.fromkeys([(2, 46), (n, 46), (n, 1875)])
        ],
    }
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def make(path: Path) -> tuple[pd.DataFrame, str]:
    """CSV and Markdown of the table."""
    table.main(["throughput", "--out", str(path.with_suffix("")), str(path)])
    return pd.read_csv(path.with_suffix(".csv")), path.with_suffix(".md").read_text(
        encoding="utf-8"
    )


def test_the_table_gives_median_range_and_ratio_to_one_process(tmp_path):
    frame, text = make(write(tmp_path / "throughput.json"))
    pipelined = frame[(frame["kind"] == "measured") & (frame["workers"] == 2)].iloc[1]
    assert (pipelined["components"], pipelined["n"]) == (4, 3)
    columns = ["least", "samples_per_second", "most", "speedup"]
    assert pipelined[columns].tolist() == pytest.approx([22.5, 45, 67.5, 1.8])
    assert "| AL, pipelined |" in text and "| bit-equal |" in text
    assert "a processor, 2 cores, torch 2.0" in text


def test_the_table_says_where_pipelined_weights_differ(tmp_path):
    frame, text = make(write(tmp_path / "throughput.json", pipelined_weights="other"))
    assert not frame.loc[frame["workers"] == 2, "bit_equal"].dropna().any()
    assert "bit-equal" not in text and "| differ" in text


def test_what_is_modelled_is_named_a_model_in_the_table_and_has_no_windows(tmp_path):
    frame, text = make(write(tmp_path / "throughput.json"))
    modelled = frame[frame["kind"] == "model"]
    assert text.count("| AL, model") == len(modelled) == 8
    assert modelled[["n", "least", "most", "bit_equal", "parameters"]].isna().all(axis=None)


def test_the_figure_draws_medians_and_ranges_in_the_methods_colours(tmp_path):
    left, middle, _ = figure.draw([write(tmp_path / "throughput.json")]).axes
    lines = {line.get_label(): line for line in left.lines}
    assert list(lines) == [
        *("BP, 1 thread", "BP, 2 threads", "AL, 1 thread", "AL, 2 threads", "AL, 2 processes")
    ]
    for label, line in lines.items():
        assert to_hex(line.get_color()) == style.look(label[:2].lower())["color"].lower()
    assert lines["AL, 2 processes"].get_ydata().tolist() == [90, 45]
    assert len(left.collections) == len(lines)
    points, _ = middle.lines
    assert points.get_linestyle() == "None"
    assert points.get_ydata().tolist() == pytest.approx([1.8, 1.8])
    bars = [segment[:, 1].tolist() for segment in middle.collections[0].get_segments()]
    assert bars == [pytest.approx([0.9, 2.7])] * 2  # of one process's median


def test_the_figure_cuts_no_range_off(tmp_path):
    left, middle, _ = figure.draw([write(tmp_path / "throughput.json")]).axes
    for panel in (left, middle):
        low, high = panel.get_ylim()
        ends = [y for bars in panel.collections for bar in bars.get_segments() for y in bar[:, 1]]
        assert ends and low <= min(ends) and max(ends) <= high


def test_the_figure_draws_the_model_apart_names_it_and_takes_no_methods_colour(tmp_path):
    drawn = figure.draw([write(tmp_path / "throughput.json")])
    titles = [panel.get_title() for panel in drawn.axes]
    assert titles == ["Measured", "Measured, 2 processes", "Model"]
    _, middle, right = drawn.axes
    lines = [middle.lines[-1], *right.lines]
    assert [line.get_label() for line in lines] == [
        "model: l = 2, n = 46",
        "model: l = components, n = 46",
        "model: l = components, n = 1,875",
    ]
    colours = {to_hex(line.get_color()) for line in drawn.axes[0].lines}
    assert not colours & {to_hex(line.get_color()) for line in lines}
    assert lines[1].get_xdata().tolist() == [2, 4, 8]
    assert lines[1].get_ydata()[-1] == pytest.approx(46 * 8 / 53)


def test_the_figure_shades_what_lies_beyond_all_that_was_measured(tmp_path):
    drawn = figure.draw([write(tmp_path / "throughput.json")])
    left, middle, right = drawn.axes
    assert not left.patches
    assert [patch.get_x() for patch in middle.patches] == [4]  # components
    assert [patch.get_x() for patch in right.patches] == [2]  # processes
    words = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert "extrapolated, not measured" in words


def test_the_figure_has_the_width_of_a_page_and_its_legend_fits(tmp_path):
    with theme.theme():
        drawn = figure.draw([write(tmp_path / "throughput.json")])
        drawn.draw_without_rendering()
        (legend,) = drawn.legends
        assert drawn.get_figwidth() == style.PAGE
        assert legend.get_window_extent().width <= drawn.bbox.width


@pytest.mark.parametrize("content", [None, "", "[1]", "{}", '{"measured": []}'])
def test_a_damaged_or_missing_measurement_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "throughput.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"throughput\.json is .*: (run|delete)"):
        figure.draw([path])
