import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from finished import (
    drawn_bytes,
    write_distances,
    write_exits,
    write_map,
    write_probe,
    write_run,
)
from matplotlib.axes import Axes
from matplotlib.colors import rgb_to_hsv, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from associated_learning import registry, theme
from associated_learning.figures import (
    anytime,
    components,
    distances,
    methods,
    probes,
    sigmoid_accuracy,
    sigmoid_gradients,
    style,
    target_first,
    times,
    tsne,
)

ARCHS = ("mlp", "cnn", "resnet20", "resnet32", "vgg")


def lines(panel: Axes) -> dict[str, np.ndarray]:
    return {line.get_label(): np.array(line.get_xydata()) for line in panel.lines}


def bands(panel: Axes) -> list[tuple[float, float]]:
    """Least and most of every band."""
    paths = [band.get_paths()[0].vertices[:, 1] for band in panel.collections]
    return [(y.min(), y.max()) for y in paths]


def title(figure: Figure) -> str:
    return figure.legends[0].get_title().get_text()


def below(panel: Axes) -> str:
    """What stands below a panel's title."""
    return panel.texts[0].get_text()


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def sweep(tmp_path: Path) -> list[Path]:
    """Sigmoid networks of depths 16 and 2: BP fails when deep, its gradients underflow."""
    norms = {"bp": [[0.0, 1e-2], [1e-6, 1e-2]], "al": [[1e-3, 1e-2], [1e-1, 1e-2]]}
    return [
        write_run(
            tmp_path,
            method,
            seed,
            [[0.94 + 0.02 * seed if (method, depth) != ("bp", 16) else 0.1]],
            f"sigmoid{depth}",
            gradients=(norms[method][seed], [1e-2, 1e-2]),
        )
        for depth in (16, 2)
        for method in ("al", "bp")
        for seed in (0, 1)
    ]


@pytest.fixture
def al_runs(tmp_path: Path) -> list[Path]:
    """Two epochs of two seeds; of an MLP of two components and a CNN of three."""
    epochs = [[0.5, 0.1, 0.1], [0.9, 0.8, 0.7]]
    return [
        write_run(tmp_path, "al", seed, [[a - 0.1 * seed for a in e[:n]] for e in epochs], arch)
        for arch, n in (("cnn", 3), ("mlp", 2))
        for seed in (0, 1)
    ]


@pytest.fixture
def maps(tmp_path: Path) -> list[Path]:
    return [write_map(tmp_path / f"{method}.safetensors", method) for method in ("bp", "al")]


def test_sigmoid_accuracy_shows_mean_range_single_seeds_and_chance_by_depth(sweep):
    figure = sigmoid_accuracy.draw(sweep)
    (panel,) = figure.axes
    np.testing.assert_allclose(lines(panel)["BP"], [[2, 95], [16, 10]])
    np.testing.assert_allclose(lines(panel)["AL"], [[2, 95], [16, 95]])
    np.testing.assert_allclose(lines(panel)["chance (10 %)"][:, 1], 10)
    _, bp_seeds, al_band, _ = panel.collections
    assert sorted(map(tuple, bp_seeds.get_offsets())) == (
        [(2, pytest.approx(94)), (2, pytest.approx(96)), (16, 10), (16, 10)]
    )
    y = al_band.get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == pytest.approx((94, 96))
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["2", "16"]
    assert names(figure) == ["BP", "AL", "AL, first component", "chance (10 %)"]
    assert title(figure) == "MNIST, mean and range of n = 2 seeds"
    assert panel.get_title() == "He's initialisation"
    assert below(panel) == "learning rate 0.001"


def test_als_first_component_alone_is_a_thin_line(tmp_path):
    accuracies = {2: [0.9, 0.8], 4: [0.7, 0.6]}
    runs = [write_run(tmp_path, "al", 0, [a], f"sigmoid{n}") for n, a in accuracies.items()]
    (panel,) = sigmoid_accuracy.draw(runs).axes
    al, first, _ = panel.lines
    np.testing.assert_allclose(al.get_ydata(), [80, 60])
    np.testing.assert_allclose(first.get_ydata(), [90, 70])
    assert first.get_linewidth() < al.get_linewidth()
    assert first.get_color() != al.get_color()  # in front of it where both are alike
    assert first.get_zorder() > al.get_zorder()


def test_every_initialisation_has_a_panel_and_rates_of_its_own(tmp_path):
    rates = {("sigmoid2", "bp"): 3e-4, ("sigmoid2", "al"): 1e-3}
    rates |= {("sigmoid2_glorot", "bp"): 3e-3, ("sigmoid4_glorot", "bp"): 1e-3}
    runs = [
        write_run(tmp_path, method, 0, [[0.5]], arch, learning_rate=rate)
        for (arch, method), rate in rates.items()
    ]
    he, glorot = sigmoid_accuracy.draw(runs).axes
    assert [he.get_title(), glorot.get_title()] == [
        "He's initialisation",
        "Glorot's initialisation",
    ]
    assert below(he) == "learning rates (of layers): BP 0.0003; AL 0.001"
    assert below(glorot) == "learning rates (of layers): BP 0.001 (4), 0.003 (2)"
    np.testing.assert_allclose(lines(he)["BP"], [[2, 50]])
    np.testing.assert_allclose(lines(glorot)["BP"], [[2, 50], [4, 50]])


def test_sigmoid_gradients_show_the_geometric_mean_one_panel_per_depth_and_moment(sweep):
    figure = sigmoid_gradients.draw(sweep)
    top, bottom = figure.axes[:2], figure.axes[2:]
    assert [panel.get_title() for panel in top] == ["Depth 2", "Depth 16"]
    assert "at initialisation" in top[0].get_ylabel()
    assert "after training" in bottom[0].get_ylabel()
    np.testing.assert_allclose(lines(top[0])["AL"], [[1, 1], [2, 1]])  # of 1e-3 and 1e-1 by 1e-2
    assert bands(top[0])[1] == pytest.approx((1e-1, 10))
    np.testing.assert_allclose(lines(bottom[1])["BP"], [[1, 1], [2, 1]])
    assert all(panel.get_yscale() == "log" for panel in figure.axes)
    assert "geometric mean and range of n = 2 seeds" in title(figure)


def test_gradients_that_underflow_are_drawn_at_the_least_norm_and_it_is_said(sweep, tmp_path):
    figure = sigmoid_gradients.draw(sweep)
    np.testing.assert_allclose(lines(figure.axes[0])["BP"], [[1, 1e-4], [2, 1]])
    assert "underflowed to 0 are drawn at the least of the others, 1e-04" in title(figure)
    whole = write_run(tmp_path, "al", 0, [[0.9]], "sigmoid4")
    assert "underflow" not in title(sigmoid_gradients.draw([whole]))


def test_gradients_of_two_initialisations_have_rows_of_their_own(tmp_path):
    runs = [
        write_run(tmp_path, "bp", 0, [[0.5]], arch, gradients=([first, 1.0], [first, 2.0]))
        for arch, first in (("sigmoid2", 0.1), ("sigmoid2_glorot", 0.5))
    ]
    panels = sigmoid_gradients.draw(runs).axes
    assert [panel.get_ylabel().split(",")[0] for panel in panels] == 2 * ["He"] + 2 * ["Glorot"]
    firsts = [panel.lines[0].get_ydata()[0] for panel in panels]
    np.testing.assert_allclose(firsts, [0.1, 0.05, 0.5, 0.25])


def test_a_run_whose_last_layer_has_no_gradient_is_left_out_and_it_is_said(tmp_path):
    norms = [0.1, 0.0], [0.1, 1.0]
    run = write_run(tmp_path, "bp", 0, [[0.5]], "sigmoid2", gradients=norms)
    figure = sigmoid_gradients.draw([run])
    assert not figure.axes[0].lines
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [0.1, 1])
    assert "not drawn: runs whose last layer's norm is 0" in title(figure)


def test_networks_without_a_depth_are_no_sweep_of_depths(tmp_path):
    with pytest.raises(SystemExit, match=r"no depth in config/networks\.yaml: mlp"):
        sigmoid_accuracy.draw([write_run(tmp_path, "bp", 0, [[0.5]])])


def test_networks_of_two_families_are_no_sweep_of_depths(tmp_path, sweep):
    other = write_run(tmp_path, "bp", 0, [[0.5]], "resnet20")
    for figure in (sigmoid_accuracy, sigmoid_gradients):
        with pytest.raises(SystemExit, match=r"one family of networks, not of .*: resnet, sigmoid"):
            figure.draw([*sweep, other])


def test_distances_show_ratio_and_silhouette_by_layer(tmp_path):
    paths = [
        write_distances(
            tmp_path, method, seed, {"input": (1, -0.1), "s1": (2 + seed, 0.2 + seed / 2)}, arch
        )
        for arch in ("cnn", "mlp")
        for method in ("same_path", "al", "bp")
        for seed in (0, 1)
    ]
    figure = distances.draw(paths)
    ratio, _, silhouette, _ = figure.axes
    assert [panel.get_title() for panel in figure.axes[:2]] == ["MLP", "CNN"]
    np.testing.assert_allclose(lines(ratio)["AL"], [[0, 1], [1, 2.5]])
    np.testing.assert_allclose(lines(silhouette)["BP"], [[0, -0.1], [1, 0.45]])
    assert bands(ratio)[0] == pytest.approx((1, 3))
    assert (ratio.get_yscale(), silhouette.get_yscale()) == ("log", "linear")
    assert [tick.get_text() for tick in silhouette.get_xticklabels()] == ["input", "s1"]
    assert names(figure) == ["BP", "AL", "same path, cross-entropy"]
    assert title(figure) == "MNIST, mean and range of n = 2 seeds"


def test_layers_without_a_ratio_are_left_out_and_named(tmp_path):
    dead = {"input": (1, 0.1), "s1": (math.nan, 0), "prediction": (2, 0.5)}
    paths = [
        write_distances(tmp_path, "al", 0, dead),
        write_distances(tmp_path, "al", 1, dead | {"prediction": (math.inf, 1)}),
    ]
    figure = distances.draw(paths)
    ratio, silhouette, end, end_silhouette = figure.axes
    np.testing.assert_allclose(lines(ratio)["AL"], [[0, 1], [1, math.nan]])
    np.testing.assert_allclose(lines(silhouette)["AL"], [[0, 0.1], [1, 0]])
    np.testing.assert_allclose(lines(end)["AL"], [[0, 2]])
    np.testing.assert_allclose(lines(end_silhouette)["AL"], [[0, 0.75]])
    note = " ".join(title(figure).splitlines()[1:])
    assert note == "ratio not drawn: MLP AL s1, MLP AL prediction (1 of 2 seeds)"


def test_a_figure_of_no_ratio_at_all_still_says_so(tmp_path):
    figure = distances.draw([write_distances(tmp_path, "al", 0, {"s1": (0, 0)})])
    figure.draw_without_rendering()
    assert "ratio not drawn: MLP AL s1" in title(figure)


def test_a_layer_that_one_method_lacks_moves_none_of_the_others(tmp_path):
    bp = {"input": (1, 0.1), "prediction": (3, 0.3)}
    al = {"input": (1, 0.1), "bridge": (2, 0.2), "prediction": (3, 0.3)}
    paths = [write_distances(tmp_path, m, 0, r) for m, r in (("bp", bp), ("al", al))]
    panel = distances.draw(paths).axes[2]
    np.testing.assert_allclose(lines(panel)["BP"], [[1, 3]])
    np.testing.assert_allclose(lines(panel)["AL"], [[0, 2], [1, 3]])


def test_bridge_and_prediction_have_panels_and_axes_of_their_own(tmp_path):
    layers = {"input": (0.5, 0), "s1": (0.6, 0.1), "bridge": (20, 0.8), "prediction": (30, 0.9)}
    figure = distances.draw([write_distances(tmp_path, "al", 0, layers)])
    hidden, _, end, last = figure.axes
    assert hidden.get_ylim()[1] < 1 < end.get_ylim()[0]
    assert [tick.get_text() for tick in last.get_xticklabels()] == ["bridge", "prediction"]


def test_what_has_not_started_is_named_and_hollow(tmp_path):
    paths = []
    for method, prefixes in (("bp", [0.9]), ("al", [0.5, 0.1])):
        run = write_run(tmp_path, method, 0, [prefixes])
        csv = write_distances(tmp_path / "csv", method, 0, {"input": (1, 0.1)})
        paths.append(csv.rename(run.with_name("distances.csv")))
    figure = distances.draw(paths)
    panel = figure.axes[0]
    bp, al = panel.lines
    assert (bp.get_markerfacecolor(), al.get_markerfacecolor()) == (bp.get_color(), "white")
    assert below(panel) == "AL: 1 of 2 components not started"
    assert "hollow markers: not started" in title(figure)


def test_anytime_shows_accuracy_by_the_components_used(al_runs):
    figure = anytime.draw(al_runs)
    mlp, cnn = figure.axes
    assert [mlp.get_title(), cnn.get_title()] == ["MLP", "CNN"]
    np.testing.assert_allclose(lines(mlp)["AL"], [[1, 85], [2, 75]])
    np.testing.assert_allclose(lines(cnn)["AL"], [[1, 85], [2, 75], [3, 65]])
    assert bands(cnn)[0] == pytest.approx((60, 90))
    assert names(figure) == ["AL", "chance (10 %)"]
    costs = [tick.get_text() for tick in cnn.get_xticklabels()]
    assert costs == ["1\n3.2M", "2\n1.6M", "3\n1.1M"]


def test_anytime_shows_the_baseline_as_a_level_with_its_cost(tmp_path, al_runs):
    bp = [
        write_run(tmp_path, "bp", seed, [[accuracy]], multiply_adds=[1_240_000])
        for seed, accuracy in ((0, 0.8), (1, 0.9))
    ]
    figure = anytime.draw([*al_runs, *bp])
    mlp, cnn = figure.axes
    np.testing.assert_allclose(lines(mlp)["BP, whole network"][:, 1], 85)
    assert below(mlp) == "BP: 1.2M multiply-adds"
    assert "BP, whole network" not in lines(cnn)
    assert names(figure) == ["BP, whole network", "AL", "chance (10 %)"]


def test_anytime_shows_early_exits_by_multiply_adds_below(tmp_path, al_runs):
    bp = write_run(tmp_path, "bp", 0, [[0.8]], multiply_adds=[1_240_000])
    left = {0.9: [(50, 48), (50, 42)], 0.7: [(80, 74), (20, 16)]}
    csvs = [write_exits(run, left, [3e6, 7e6]) for run in al_runs if "mlp" in run.parts]
    figure = anytime.draw([*al_runs, bp, *csvs])
    mlp, _, below_mlp, below_cnn = figure.axes
    np.testing.assert_allclose(lines(mlp)["AL"], [[1, 85], [2, 75]])
    np.testing.assert_allclose(lines(below_mlp)["AL, early exit"], [[3.8e6, 90], [5e6, 90]])
    assert "AL, early exit" not in lines(below_cnn)
    points = {
        line.get_marker(): tuple(line.get_xydata()[0])
        for line in below_mlp.lines
        if line.get_linestyle() == "None"
    }
    look = style.look("bp")["marker"]
    assert points == {
        "$1$": (3.2e6, pytest.approx(85)),
        "$2$": (1.6e6, pytest.approx(75)),
        look: (1.24e6, pytest.approx(80)),
    }
    assert names(figure) == ["BP, whole network", "AL", "AL, early exit", "chance (10 %)"]
    assert "early exit at a score of 0.7, 0.9, left to right" in title(figure)


def test_small_errors_are_shown_as_such_on_a_logarithmic_axis(tmp_path):
    al = write_run(tmp_path, "al", 0, [[0.5, 0.4], [0.95, 0.98]])
    bp = write_run(tmp_path, "bp", 0, [[0.97]])
    (panel,) = anytime.draw([al, bp]).axes
    assert (panel.get_ylabel(), panel.get_yscale()) == ("Test error (%)", "log")
    np.testing.assert_allclose(lines(panel)["AL"], [[1, 5], [2, 2]])
    np.testing.assert_allclose(lines(panel)["BP, whole network"][:, 1], 3)
    (panel,) = components.draw([al, bp]).axes
    assert (panel.get_ylabel(), panel.get_yscale()) == ("Test error (%)", "log")
    np.testing.assert_allclose(lines(panel)["_2"], [[10, 60], [20, 2]])
    np.testing.assert_allclose(lines(panel)["chance (90 %)"][:, 1], 90)


def test_components_are_drawn_by_step_each_in_a_shade_of_its_own(al_runs):
    figure = components.draw(al_runs)
    mlp, cnn = figure.axes
    np.testing.assert_allclose(lines(mlp)["_2"], [[10, 5], [20, 75]])
    np.testing.assert_allclose(lines(cnn)["_3"], [[10, 5], [20, 65]])
    assert names(figure) == ["chance (10 %)"]
    shades = [line.get_color() for line in cnn.lines[:3]]
    assert len(set(map(to_hex, shades))) == 3
    assert [line.get_color() for line in mlp.lines[:2]] == shades[:2]


def test_numbers_at_the_ends_of_lines_that_meet_do_not_overlap(tmp_path):
    al = write_run(tmp_path, "al", 0, [[0.1, 0.1, 0.1, 0.1], [0.501, 0.5, 0.5, 0.5]], "cnn")
    with theme.theme():
        figure = components.draw([al])
        figure.draw_without_rendering()
    (panel,) = figure.axes
    numbers = [text for text in panel.texts if text.get_text()]
    assert sorted(text.get_text() for text in numbers) == ["1", "2", "3", "4"]
    boxes = {text.get_text(): Text.get_window_extent(text) for text in numbers}  # no leaders
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes.values(), 2))
    assert boxes["1"].y0 == max(box.y0 for box in boxes.values())


@pytest.mark.parametrize("figure", [anytime, components])
@pytest.mark.parametrize("others", [["bp"], ["al", "local"]])
def test_only_one_methods_components_are_shown(tmp_path, figure, others):
    prefixes = {"bp": [0.5]}
    runs = [write_run(tmp_path, m, 0, [prefixes.get(m, [0.5, 0.4])]) for m in others]
    with pytest.raises(SystemExit, match=r"of one method whose components predict .* not of"):
        figure.draw(runs)


def test_target_first_shows_three_methods_by_step(tmp_path):
    methods = {"al_target_first": 0.6, "al": 0.2, "bp": 0.7}
    paths = [write_run(tmp_path, m, 0, [[a], [0.8]]) for m, a in methods.items()]
    figure = target_first.draw(paths)
    (panel,) = figure.axes
    np.testing.assert_allclose(lines(panel)["AL, target path first"], [[10, 60], [20, 80]])
    np.testing.assert_allclose(lines(panel)["AL"], [[10, 20], [20, 80]])
    assert names(figure) == ["BP", "AL", "AL, target path first", "chance (10 %)"]
    assert title(figure) == "MNIST, n = 1 seed"


def test_target_first_names_the_target_paths_own_steps(tmp_path):
    counts = {"mlp": 700, "cnn": 1200}
    paths = [
        write_run(tmp_path, "al_target_first", 0, [[0.5]], arch, target_first=(steps, 1.0))
        for arch, steps in counts.items()
    ]
    label = "AL, target path first (700 to 1,200 steps before)"
    assert names(target_first.draw(paths))[0] == label
    label = "AL, target path first (700 steps before)"
    assert names(target_first.draw(paths[:1]))[0] == label


def test_times_shows_the_median_time_of_the_seeds(tmp_path):
    paths = [
        write_run(tmp_path, "al", seed, [[a], [0.8]], seconds_per_step=seconds / 10)
        for seed, a, seconds in ((0, 0.1, 2), (1, 0.2, 3), (2, 0.3, 9))
    ]
    paths.append(write_run(tmp_path, "bp", 0, [[0.5]], seconds_per_step=0.1))
    figure = times.draw(paths)
    (panel,) = figure.axes
    np.testing.assert_allclose(lines(panel)["AL"], [[3, 20], [6, 80]])
    np.testing.assert_allclose(lines(panel)["BP"], [[1, 50]])
    assert panel.get_xlabel() == "Training time (s)"
    assert title(figure) == "MNIST, mean and range of n = 1 to 3 seeds"
    assert "processors" not in below(panel)
    of = {"hardware": {"processor": "another"}}
    paths.append(write_run(tmp_path, "bp", 1, [[0.5]], metrics=of))
    assert "on 2 kinds of processors: not comparable" in below(times.draw(paths).axes[0])


def test_tsne_has_one_row_per_method_and_one_column_per_layer(maps):
    figure = tsne.draw(maps)
    panels = np.reshape(figure.axes, (2, 2))
    assert [row.get_suptitle() for row in figure.subfigs] == ["BP", "AL"]
    assert [panel.get_title() for panel in panels[0]] == (
        ["input\nkNN 0.93 / 0.90\nKL 0.50", "s1\nkNN 0.93 / 1.90\nKL 0.50"]
    )
    first, second = title(figure).splitlines()
    assert first == ("MNIST, MLP, seed 0: t-SNE (perplexity 12.5, seed 7) of n = 60 test images")
    assert "for this run: kNN accuracy (k = 10) in the activations / in the embedding" in second
    assert not any(len(panel.get_xticks()) + len(panel.get_yticks()) for panel in figure.axes)


def test_tsne_tells_accuracy_and_what_has_not_started_of_runs_beside(tmp_path):
    maps = []
    for method, seed, prefixes in (("al", 0, [0.5, 0.1]), ("al", 1, [0.9, 0.9]), ("bp", 0, [0.9])):
        run = write_run(tmp_path, method, seed, [prefixes])
        path = run.with_name("tsne.safetensors")
        maps.append(write_map(path, method, ["s1"], seed=str(seed)))
    bp, al = tsne.draw(maps).subfigs
    assert bp.get_suptitle() == "BP: test accuracy 90.0 %"
    assert al.get_suptitle() == "AL: test accuracy 10.0 %, 1 of 2 components not started"


def test_tsne_shows_the_lowest_numbered_seed_of_all(tmp_path, maps):
    later = [
        write_map(tmp_path / f"{method}1.safetensors", method, ["s1"], seed="1")
        for method in ("al", "bp")
    ]
    assert "MNIST, MLP, seed 1: " in title(tsne.draw(later))
    for path in later:  # of later seeds the map need not be there
        with safetensors.safe_open(path, "numpy") as file:
            measured = file.metadata()
        path.write_bytes(safetensors.numpy.save({}, measured))
    figure = tsne.draw([*later, *maps])
    assert len(figure.axes) == 4
    assert "seed 0 (the lowest-numbered of 2)" in title(figure)


def test_the_first_five_superclasses_have_colours_and_all_classes_the_votes(tmp_path):
    path = tmp_path / "al.safetensors"
    groups = [f"superclass {k}" for k in range(20)]
    figure = tsne.draw([write_map(path, "al", ["s1"], groups, dataset="cifar100", samples="1000")])
    said = title(figure)
    assert "drawn: the 15 images of the first 5 of 20 superclasses; kNN: all 100 classes" in said
    assert names(figure) == groups[:5]
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == 15


def test_a_point_has_the_colour_that_the_legend_gives_its_class(maps):
    figure = tsne.draw(maps)
    points = figure.axes[1].collections[0]  # AL, s1
    expected = np.arange(60) % 10 + 0.01 * np.arange(60) + 1
    np.testing.assert_allclose(points.get_offsets()[:, 0], np.sin(expected), atol=1e-6)
    handles = figure.legends[0].legend_handles
    colours = dict(zip(names(figure), (to_hex(h.get_color()) for h in handles), strict=True))
    found = [to_hex(colour) for colour in points.get_facecolors()]
    assert found == [colours[f"class {k % 10}"] for k in range(60)]


def test_twenty_classes_all_look_different(tmp_path):
    classes = [f"superclass {k}" for k in range(20)]
    figure = tsne.draw([write_map(tmp_path / "al.safetensors", "al", ["input"], classes)])
    looks = {(to_hex(h.get_color()), h.get_marker()) for h in figure.legends[0].legend_handles}
    assert len(looks) == 20
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == 60


def test_tsne_points_are_pixels_in_the_pdf_and_a_redraw_is_equal_to_the_byte(tmp_path, maps):
    drawn = drawn_bytes("tsne", tmp_path, *maps)
    assert b"/Subtype /Image" in drawn["pdf"]
    assert drawn_bytes("tsne", tmp_path, *reversed(maps)) == drawn


def test_tsne_panels_of_seven_layers_fit_the_page(tmp_path):
    layers = ["input", "s1", "s2", "s3", "s4", "bridge", "prediction"]
    names = [f"large omnivores and herbivores {k}" for k in range(20)]
    paths = [
        write_map(tmp_path / f"{m}.st", m, layers, names, dataset="cifar100") for m in ("al", "bp")
    ]
    with theme.theme():
        figure = tsne.draw(paths)
        assert fits(figure)
    texts = [panel.title for panel in figure.axes] + figure.legends[0].get_texts()
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_tsne_maps_that_do_not_belong_together_are_refused(tmp_path, maps):
    other = write_map(tmp_path / "x.safetensors", "al", arch="cnn")
    with pytest.raises(SystemExit, match=r"differ in arch \(cnn, mlp\)"):
        tsne.draw([maps[0], other])
    with pytest.raises(SystemExit, match="of the same run"):
        tsne.draw([maps[0], maps[0]])


def test_ten_classes_have_colours_neither_grey_nor_brown():
    assert len(set(tsne.COLOURS)) == 10
    for colour in map(to_rgb, tsne.COLOURS):
        hue, saturation, value = rgb_to_hsv(colour)
        assert saturation > 0.35 or value == 0
        assert value > 0.6 or not 10 < 360 * hue < 60


@pytest.mark.parametrize("key", ["layers", "group_names", "tsne_seed"])
def test_a_damaged_tsne_map_is_named_with_what_to_do(tmp_path, key):
    path = write_map(tmp_path / "al.safetensors", "al", **{key: "["})
    with pytest.raises(SystemExit, match=r"al\.safetensors is damaged .*delete it and run"):
        tsne.draw([path])


@pytest.mark.parametrize("content", [None, "", "layer,place\n", "dataset,arch\nmnist,mlp\n"])
def test_damaged_or_missing_distances_are_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "distances.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit, match=r"distances\.csv is .*(run the job|delete it and run)"):
        distances.draw([path])


def test_distances_of_one_run_given_twice_do_not_count_as_two_seeds(tmp_path):
    path = write_distances(tmp_path, "al", 0, {"input": (1, 0.1)})
    with pytest.raises(SystemExit, match="of the same run"):
        distances.draw([path, path])


def test_methods_has_one_panel_per_network_and_one_row_per_method(tmp_path):
    archs = ("resnet20_nopool", "resnet20", "mlp")
    paths = [
        write_run(tmp_path, method, seed, [[accuracy + 0.01 * seed]], arch)
        for arch in archs
        for method, accuracy in (("frozen", 0.3), ("bp", 0.5), ("dtp", 0.2))
        for seed in (0, 1)
        if (method != "dtp" or arch == "mlp") and (method == "bp" or arch != "resnet20_nopool")
    ]
    figure = methods.draw(paths)
    mlp, resnet = figure.axes
    assert [mlp.get_title(), resnet.get_title()] == ["MLP", "ResNet-20"]
    rows = [tick.get_text() for tick in mlp.get_yticklabels()]
    assert rows == [
        "BP",
        "BP without pooling",
        "difference target propagation",
        "AL, frozen forward path",
    ]

    def points(panel: Axes) -> dict[str, float]:
        found = (line.get_xydata() for line in panel.lines if line.get_linestyle() == "None")
        return {rows[int(y)]: pytest.approx(x) for ((x, y),) in found}

    assert points(mlp) == {rows[0]: 50.5, rows[2]: 20.5, rows[3]: 30.5}
    assert points(resnet) == {rows[0]: 50.5, rows[1]: 50.5, rows[3]: 30.5}
    bars = [line.get_xydata() for line in mlp.lines if len(set(line.get_ydata())) == 1]
    half = 12.706 * math.sqrt(0.5) / math.sqrt(2)  # Student's t of one degree of freedom
    assert any(bar[:, 0] == pytest.approx((50.5 - half, 50.5 + half), rel=1e-3) for bar in bars)
    across = {name: line[0, 0] for name, line in lines(mlp).items() if not name.startswith("_")}
    assert across == {"BP": pytest.approx(50.5), "AL, frozen forward path": pytest.approx(30.5)}
    assert names(figure) == list(across)
    assert title(figure) == "MNIST, mean and 95 % interval of n = 2 seeds"


def test_methods_of_one_seed_have_no_interval_and_of_five_networks_fit_the_page(tmp_path):
    archs = ("mlp", "cnn", "resnet20", "resnet32", "vgg")
    paths = [
        write_run(tmp_path, method, 0, [[0.1 + 0.09 * k]], arch)
        for arch in archs
        for k, method in enumerate(registry.methods())
    ]
    with theme.theme():
        figure = methods.draw(paths)
        assert fits(figure)
    assert title(figure) == "MNIST, n = 1 seed"
    assert not [
        line
        for line in figure.axes[0].lines
        if len(set(line.get_ydata())) == 1 < len(line.get_ydata())
    ]


def test_one_method_that_has_no_line_of_its_own_is_drawn_without_a_legend_s_entries(tmp_path):
    figure = methods.draw([write_run(tmp_path, "al", 0, [[0.5]])])
    assert title(figure) == "MNIST, n = 1 seed" and names(figure) == []


def fits(figure: Figure) -> bool:
    """Whether all of a figure is on a page and no two labels of an x axis touch."""
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    drawn = figure.get_tightbbox()  # inches
    labels = [
        [label.get_window_extent() for label in panel.get_xticklabels() if not label.get_rotation()]
        for panel in figure.axes
    ]
    labels.append([panel.xaxis.label.get_window_extent() for panel in figure.axes])
    touching = [
        a.overlaps(b.padded(2))  # pixels
        for boxes in labels
        for a, b in itertools.pairwise(boxes)
        if a.width
    ]
    inside = min(drawn.x0, drawn.y0) > -0.01 and drawn.x1 < width + 0.01 and drawn.y1 < height
    return inside and width <= style.PAGE + 1e-9 and not any(touching)


def test_five_architectures_fit_the_page_at_the_scale_of_the_thesis(tmp_path):
    steps = [
        write_run(tmp_path, "al", 0, 20 * [[0.8, 0.9]], arch, steps_per_epoch=15_625)
        for arch in ARCHS
    ]
    short = [
        write_run(tmp_path / "short", "al", 0, 100 * [4 * [0.8]], arch, steps_per_epoch=50)
        for arch in ARCHS
    ]
    names = ["input", "s1", "s2", "s3", "s4", "bridge", "prediction"]
    ratios = {name: (10.0**place, place / 6) for place, name in enumerate(names)}
    methods = ("bp", "al", "same_path")
    csvs = [write_distances(tmp_path, m, 0, ratios, arch) for arch in ARCHS for m in methods]
    with theme.theme():
        assert fits(components.draw(steps))
        assert fits(components.draw(short))
        assert fits(anytime.draw(short))
        left = {score: [(25, 20)] * 4 for score in (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)}
        early = [write_exits(run, left, [1e6, 2.5e6, 3e6, 4.8e6]) for run in short]
        assert fits(anytime.draw(short + early))
        assert fits(distances.draw(csvs))


def test_six_depths_fit_the_page(tmp_path):
    norms = [10.0**-layer for layer in range(64)]
    sweep = [
        write_run(tmp_path, "bp", 0, [[0.9]], f"sigmoid{n}", gradients=(norms[:n], n * [0.0]))
        for n in (2, 4, 8, 16, 32, 64)
    ]
    with theme.theme():
        assert fits(sigmoid_gradients.draw(sweep))
        assert fits(sigmoid_accuracy.draw(sweep))


def test_a_legend_too_wide_for_one_panel_takes_two_rows(tmp_path):
    methods = ("bp", "al", "al_target_first")
    with theme.theme():
        figure = target_first.draw([write_run(tmp_path, m, 0, [[0.5]]) for m in methods])
        assert fits(figure)
    assert len({round(text.get_window_extent().y0) for text in figure.legends[0].get_texts()}) == 2


def test_probes_show_the_mean_and_range_of_every_layer_by_name(tmp_path):
    """Where BP has no bridge its layers are at the places of AL's of the same names."""
    paths = [
        write_probe(tmp_path, "al", k, {"s1": 0.9 + 0.02 * k, "bridge": 0.8, "prediction": 0.7})
        for k in (0, 1)
    ]
    paths += [write_probe(tmp_path, "bp", 0, {"s1": 0.5, "prediction": 0.6})]
    figure = probes.draw(paths)
    (panel,) = figure.axes
    shown = lines(panel)
    assert shown["AL"].tolist() == [[0, pytest.approx(91)], [1, 80], [2, 70]]
    assert shown["BP"].tolist() == [[0, 50], [2, 60]]
    assert (pytest.approx(70), pytest.approx(92)) in bands(panel)
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["s1", "bridge", "prediction"]
    assert "fitted to 5,000 training images" in title(figure) and names(figure) == ["BP", "AL"]
