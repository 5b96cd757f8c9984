import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from finished import drawn_bytes, write_distances, write_map, write_run
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from associated_learning.figures import (
    anytime,
    components,
    distances,
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
    assert names(figure) == ["BP", "AL", "chance (10 %)"]
    assert title(figure) == "MNIST, mean and range of n = 2 seeds\npoints: single seeds"


def test_sigmoid_gradients_show_the_geometric_mean_one_panel_per_depth_and_moment(sweep):
    figure = sigmoid_gradients.draw(sweep)
    top, bottom = figure.axes[:2], figure.axes[2:]
    assert [panel.get_title() for panel in top] == ["Depth 2", "Depth 16"]
    assert "at initialisation" in top[0].get_ylabel()
    assert "after training" in bottom[0].get_ylabel()
    np.testing.assert_allclose(lines(top[0])["AL"], [[1, 1e-2], [2, 1e-2]])  # of 1e-3 and 1e-1
    assert bands(top[0])[1] == pytest.approx((1e-3, 1e-1))
    np.testing.assert_allclose(lines(bottom[1])["BP"], [[1, 1e-2], [2, 1e-2]])
    assert all(panel.get_yscale() == "log" for panel in figure.axes)
    assert "geometric mean and range of n = 2 seeds" in title(figure)


def test_gradients_that_underflow_are_drawn_at_the_least_norm_and_it_is_said(sweep, tmp_path):
    figure = sigmoid_gradients.draw(sweep)
    np.testing.assert_allclose(lines(figure.axes[0])["BP"], [[1, 1e-6], [2, 1e-2]])
    assert "underflowed to 0 are drawn at the least of the others, 1e-06" in title(figure)
    whole = write_run(tmp_path, "al", 0, [[0.9]], "sigmoid4")
    assert "underflow" not in title(sigmoid_gradients.draw([whole]))


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
    ratio, silhouette = figure.axes
    np.testing.assert_allclose(lines(ratio)["AL"], [[0, 1], [1, math.nan], [2, 2]])
    np.testing.assert_allclose(lines(silhouette)["AL"], [[0, 0.1], [1, 0], [2, 0.75]])
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
    panel = distances.draw(paths).axes[0]
    np.testing.assert_allclose(lines(panel)["BP"], [[0, 1], [2, 3]])
    np.testing.assert_allclose(lines(panel)["AL"], [[0, 1], [1, 2], [2, 3]])


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


def test_components_are_drawn_by_step_each_in_a_shade_of_its_own(al_runs):
    figure = components.draw(al_runs)
    mlp, cnn = figure.axes
    np.testing.assert_allclose(lines(mlp)["2"], [[10, 5], [20, 75]])
    np.testing.assert_allclose(lines(cnn)["3"], [[10, 5], [20, 65]])
    assert names(figure) == ["1", "2", "3", "chance (10 %)"]
    shades = [line.get_color() for line in cnn.lines[:3]]
    assert len(set(map(to_hex, shades))) == 3
    assert [line.get_color() for line in mlp.lines[:2]] == shades[:2]


@pytest.mark.parametrize("figure", [anytime, components])
def test_only_al_has_components_to_show(tmp_path, al_runs, figure):
    bp = write_run(tmp_path, "bp", 0, [[0.5]])
    with pytest.raises(
        SystemExit, match=r"of one method whose components predict .* not of bp, al"
    ):
        figure.draw([*al_runs, bp])


def test_target_first_shows_three_methods_by_step(tmp_path):
    methods = {"al_target_first": 0.6, "al": 0.2, "bp": 0.7}
    paths = [write_run(tmp_path, m, 0, [[a], [0.8]]) for m, a in methods.items()]
    figure = target_first.draw(paths)
    (panel,) = figure.axes
    np.testing.assert_allclose(lines(panel)["AL, target path first"], [[10, 60], [20, 80]])
    np.testing.assert_allclose(lines(panel)["AL"], [[10, 20], [20, 80]])
    assert names(figure) == ["BP", "AL", "AL, target path first", "chance (10 %)"]
    assert title(figure) == "MNIST, n = 1 seed"


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


def test_tsne_has_one_row_per_method_and_one_column_per_layer(maps):
    figure = tsne.draw(maps)
    panels = np.reshape(figure.axes, (2, 2))
    assert [panel.get_ylabel() for panel in panels[:, 0]] == ["AL", "BP"]
    assert [panel.get_title() for panel in panels[0]] == (
        ["input\nkNN 0.93 / 0.90\nKL 0.50", "s1\nkNN 0.93 / 1.90\nKL 0.50"]
    )
    first, second = title(figure).splitlines()
    assert first == ("MNIST, MLP, seed 0: t-SNE (perplexity 12.5, seed 7) of n = 60 test images")
    assert "for this run: kNN accuracy (k = 10) in the activations / in the embedding" in second
    assert not any(len(panel.get_xticks()) + len(panel.get_yticks()) for panel in figure.axes)


def test_tsne_shows_the_least_seed_of_all(tmp_path, maps):
    later = [
        write_map(tmp_path / f"{method}1.safetensors", method, ["s1"], seed="1")
        for method in ("al", "bp")
    ]
    figure = tsne.draw([*later, *maps])
    assert len(figure.axes) == 4
    assert "seed 0 (the least of 2)" in title(figure)
    assert "MNIST, MLP, seed 1: " in title(tsne.draw(later))


def test_superclasses_have_colours_and_classes_the_votes(tmp_path):
    path = tmp_path / "al.safetensors"
    names = [f"superclass {k}" for k in range(20)]
    figure = tsne.draw([write_map(path, "al", ["s1"], names, dataset="cifar100", samples="1000")])
    assert "colours: superclasses; kNN: all 100 classes, of about 10 images" in title(figure)


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
    with style.theme():
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
    with style.theme():
        assert fits(components.draw(steps))
        assert fits(components.draw(short))
        assert fits(anytime.draw(short))
        assert fits(distances.draw(csvs))


def test_six_depths_fit_the_page(tmp_path):
    norms = [10.0**-layer for layer in range(64)]
    sweep = [
        write_run(tmp_path, "bp", 0, [[0.9]], f"sigmoid{n}", gradients=(norms[:n], n * [0.0]))
        for n in (2, 4, 8, 16, 32, 64)
    ]
    with style.theme():
        assert fits(sigmoid_gradients.draw(sweep))


def test_a_legend_too_wide_for_one_panel_takes_two_rows(tmp_path):
    methods = ("bp", "al", "al_target_first")
    with style.theme():
        figure = target_first.draw([write_run(tmp_path, m, 0, [[0.5]]) for m in methods])
        assert fits(figure)
    assert len({round(text.get_window_extent().y0) for text in figure.legends[0].get_texts()}) == 2
