import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import seaborn
from finished import drawn_bytes, modules_after, write_overview, write_run
from matplotlib.figure import Figure

from associated_learning import figures, registry, theme
from associated_learning.commands import modules_of
from associated_learning.figures import curves, samples, style


def run(root: Path, arch: str, method: str, seed: int, accuracies: list[float]) -> Path:
    return write_run(root, method, seed, [[accuracy] for accuracy in accuracies], arch)


@pytest.fixture
def three_seeds(tmp_path: Path) -> list[Path]:
    return [
        run(tmp_path, arch, method, seed, [0.5, base + 0.01 * seed])
        for arch in ("cnn", "mlp")
        for method, base in (("al", 0.8), ("bp", 0.9))
        for seed in (0, 1, 2)
    ]


def write_data(path: Path, classes: int, **metadata: list) -> Path:
    """Overview of a data set of 12 images per class; all pixels of image i are i."""
    labels = np.arange(12 * classes) % classes
    images = np.tile(np.arange(12 * classes)[:, None, None, None], (1, 3, 4, 4))
    names = {"classes": [f"class_{label}" for label in range(classes)]}
    return write_overview(path, images, labels, **names | metadata)


def shown(figure: Figure) -> np.ndarray:
    """All images of a samples figure, by their one pixel value, row by row."""
    mosaics = [panel.images[0].get_array() for panel in figure.axes]
    pitch = 4 + samples.GAP
    return np.concatenate([mosaic[::pitch, ::pitch, 0] for mosaic in mosaics])


def test_curves_show_mean_and_range_of_the_seeds_in_percent(three_seeds):
    figure = curves.draw(three_seeds)
    mlp, cnn = figure.axes
    assert [mlp.get_title(), cnn.get_title()] == ["MLP", "CNN"]
    bp, al, chance = mlp.lines
    assert chance.get_label() == "chance (10 %)"
    assert [bp.get_label(), al.get_label()] == ["BP", "AL"]
    np.testing.assert_allclose(bp.get_xydata(), [[1, 50], [2, 91]])
    band = mlp.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((50, 92))
    assert figure.legends[0].get_title().get_text() == "MNIST, mean and range of n = 3 seeds"


def test_what_was_trained_stands_below_a_panels_title(tmp_path):
    sizes = {"bp": 42_246, "al": 202_374, "al_target_first": 202_374}
    runs = [
        write_run(tmp_path, m, 0, [[0.5]], metrics={"parameters": {"effective": n}}, width=1 / 8)
        for m, n in sizes.items()
    ]
    runs += [write_run(tmp_path, "bp", 0, 5 * [[0.5]], "cnn", steps_per_epoch=1000, width=1)]
    mlp, cnn = (panel.texts[0].get_text().rstrip() for panel in curves.draw(runs).axes)
    lines = ["10 steps, width 1/8", "effective parameters:", "BP 42.2k, AL 202k"]
    assert mlp.splitlines() == lines
    assert cnn.splitlines() == ["5,000 steps, width 1", "effective parameters: 374k"]


def test_small_errors_are_shown_on_a_logarithmic_axis(tmp_path):
    runs = [run(tmp_path, "mlp", m, 0, [0.5, end]) for m, end in (("bp", 0.98), ("al", 0.91))]
    (panel,) = curves.draw(runs).axes
    assert (panel.get_ylabel(), panel.get_yscale()) == ("Test error (%)", "log")
    bp, _, chance = panel.lines
    np.testing.assert_allclose(bp.get_xydata(), [[1, 50], [2, 2]])
    assert chance.get_label() == "chance (90 %)"
    worse = run(tmp_path, "cnn", "bp", 0, [0.89])
    assert curves.draw([*runs, worse]).axes[0].get_ylabel() == "Test accuracy (%)"


def test_curves_say_where_not_all_test_images_were_looked_at(tmp_path):
    path = run(tmp_path, "mlp", "bp", 0, [0.5, 0.6, 0.7])
    history = pd.read_csv(path.with_name("history.csv"))
    for images, words in (
        ([2000, 10000, 10000], "at early steps on 2,000 test images, else on all 10,000"),
        ([880, 880, 10000], "at the end on all 10,000 test images, before on 880 of them"),
        ([10000, 10000, 10000], ""),
    ):
        history.assign(test_images=images).to_csv(path.with_name("history.csv"), index=False)
        title = " ".join(curves.draw([path]).legends[0].get_title().get_text().split())
        assert title == ("MNIST, n = 1 seed " + words).strip()


def test_curves_of_one_seed_claim_no_spread(tmp_path):
    figure = curves.draw([run(tmp_path, "mlp", "bp", 0, [0.5])])
    assert figure.legends[0].get_title().get_text() == "MNIST, n = 1 seed"


@pytest.mark.parametrize("epochs", [1, 5, 200])
def test_epochs_are_whole_numbers_and_few(tmp_path, epochs):
    figure = curves.draw([run(tmp_path, "mlp", "bp", 0, [0.5] * epochs)])
    ticks = figure.axes[0].get_xticks()
    assert all(tick == round(tick) for tick in ticks)
    assert 2 <= len(ticks) <= 8


def test_a_method_looks_the_same_in_every_panel_and_unlike_the_others(three_seeds):
    mlp, cnn = curves.draw(three_seeds).axes
    for one, other in zip(mlp.lines, cnn.lines, strict=True):
        assert one.get_color() == other.get_color()
    for aspect in ("color", "linestyle", "marker"):
        looks = {str(style.look(method)[aspect]) for method in registry.methods()}
        assert len(looks) == len(registry.methods())


@pytest.mark.parametrize(("archs", "width"), [(1, 8.5), (2, 17), (5, 17)])
def test_figures_have_the_width_of_a_column_or_a_page(tmp_path, archs, width):
    names = ["mlp", "cnn", "resnet20", "resnet32", "vgg"][:archs]
    figure = curves.draw([run(tmp_path, name, "bp", 0, [0.5]) for name in names])
    assert figure.get_figwidth() * 2.54 == pytest.approx(width)


def test_samples_are_the_first_ten_training_images_of_each_class(tmp_path):
    figure = samples.draw([write_data(tmp_path / "mnist.safetensors", 10)])
    expected = [[label + 10 * k for k in range(10)] for label in range(10)]
    np.testing.assert_array_equal(shown(figure), expected)
    labels = [tick.get_text() for panel in figure.axes for tick in panel.get_yticklabels()]
    assert labels == [f"class {label}" for label in range(10)]


def test_samples_of_many_classes_are_one_per_class_by_superclass(tmp_path):
    path = write_data(
        tmp_path / "cifar100.safetensors",
        6,
        superclasses=["large_things", "people"],
        coarse_labels=[1, 0, 0, 1, 1, 0],
    )
    figure = samples.draw([path])
    np.testing.assert_array_equal(shown(figure), [[1, 2, 5], [0, 3, 4]])
    assert figure.axes[0].get_yticklabels()[0].get_text() == "large things"


def test_the_longest_names_of_classes_are_on_the_page(tmp_path):
    names = [f"class {k}" for k in range(20)]
    names[9] = "large man-made outdoor things"
    path = write_data(
        tmp_path / "cifar100.safetensors",
        100,
        superclasses=names,
        coarse_labels=[label % 20 for label in range(100)],
    )
    figure = samples.draw([path])
    style.save(figure, tmp_path / "samples")
    for panel in figure.axes:
        for label in panel.get_yticklabels():
            assert label.get_window_extent().x0 >= 0, label.get_text()


def test_a_redraw_is_equal_to_the_byte_and_fonts_are_embedded(tmp_path, three_seeds):
    first = drawn_bytes("curves", tmp_path, *three_seeds)
    assert drawn_bytes("curves", tmp_path, *reversed(three_seeds)) == first
    assert b"/FontFile2" in first["pdf"] and b"/Type3" not in first["pdf"]
    assert b"CreationDate" not in first["pdf"]
    assert first["png"].startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.glob("*.*")} == {"curves.pdf", "curves.png"}


THEIRS = """
savefig.bbox: tight
savefig.transparent: True
text.usetex: True
font.family: serif
axes.facecolor: red
"""


def test_a_user_s_own_settings_of_matplotlib_change_no_byte(tmp_path, three_seeds):
    (tmp_path / "matplotlibrc").write_text(THEIRS)
    settings = [
        {"MATPLOTLIBRC": str(tmp_path), "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        {"MATPLOTLIBRC": "", "MPLBACKEND": ""},
    ]
    command = [sys.executable, "-m", "associated_learning", "figure", "curves"]
    drawn = []
    for k, theirs in enumerate(settings):
        out = tmp_path / f"drawn{k}"
        environment = {key: value for key, value in theirs.items() if value}
        told = [*command, *map(str, three_seeds), "--out", str(out)]
        subprocess.run(told, check=True, env=os.environ | environment)
        drawn.append([out.with_suffix(form).read_bytes() for form in (".pdf", ".png")])
    assert drawn[0] == drawn[1]


def test_a_mark_is_written_onto_the_figure_and_only_where_there_is_one(tmp_path):
    path = write_data(tmp_path / "digits.safetensors", 2)
    plain = drawn_bytes("samples", tmp_path, path)
    assert drawn_bytes("samples", tmp_path, path, mark="") == plain
    mark = "smoke scale: no result"
    assert drawn_bytes("samples", tmp_path, path, mark=mark)["png"] != plain["png"]
    figure = samples.draw([path])
    style.save(figure, tmp_path / "marked", mark=mark)
    assert [text.get_text() for text in figure.texts] == [mark]


@pytest.mark.parametrize(
    "content", [None, "", "epoch,step,test_accuracy\n", "epoch,step,test_accuracy\n1,10,0.5\n"]
)
def test_a_history_that_is_missing_or_cut_short_is_named_with_what_to_do(tmp_path, content):
    path = run(tmp_path, "mlp", "bp", 0, [0.5, 0.6])
    history = path.with_name("history.csv")
    history.unlink() if content is None else history.write_text(content)
    with pytest.raises(SystemExit, match=r"history\.csv is .*(run the job|delete it and run)"):
        drawn_bytes("curves", tmp_path, path)


def test_a_damaged_data_set_is_named_with_what_to_do(tmp_path):
    path = write_data(tmp_path / "mnist.safetensors", 10)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SystemExit, match=r"mnist\.safetensors is damaged .*delete it and run"):
        drawn_bytes("samples", tmp_path, path)


def test_an_unknown_figure_is_one_line_and_status_2():
    command = [sys.executable, "-m", "associated_learning", "figure"]
    done = subprocess.run(
        [*command, "curve", "--out", "x", "y"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "curve" in line and "samples" in line and "style" not in line


def test_the_theme_is_seaborn_s_at_paper_size_but_for_what_is_ours():
    with theme.theme():
        found = dict(matplotlib.rcParams)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        seaborn.set_theme("paper", "ticks")
        matplotlib.rcParams.update(theme.OURS)
        wanted = dict(matplotlib.rcParams)
    other = {key for key in wanted if str(wanted[key]) != str(found[key])}
    # Fonts that are not used, the order of colours that is not, ticks that are not shown.
    unused = {"font.sans-serif", "axes.prop_cycle", "image.cmap", "figure.figsize"}
    assert {key for key in other - unused if ".minor." not in key} <= {"lines.solid_capstyle"}


def test_no_figure_needs_torch():
    kinds = ", ".join(modules_of(figures, "style"))
    imported = modules_after(
        f"from associated_learning import theme\nfrom associated_learning.figures import {kinds}\n"
        "with theme.theme():\n    pass"
    )
    assert not {"torch", "sklearn"} & imported
