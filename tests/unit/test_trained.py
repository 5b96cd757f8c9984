"""A trained network, loaded from its run's folder, predicts what the run had measured."""

import dataclasses
import itertools
import json
import shlex
import shutil

import numpy as np
import pytest
import safetensors.torch
import torch
from finished import modules_after
from helpers import command, config
from PIL import Image

import associated_learning
from associated_learning import __main__ as commands
from associated_learning import closure, registry
from associated_learning.commands import predict, train
from associated_learning.data.load import Dataset
from associated_learning.measure import hidden
from associated_learning.training import loop, weights


def pictures(data: Dataset, count: int | None = None) -> np.ndarray:
    """Test images as a user has them, (n, height, width, channels)."""
    return np.moveaxis(data.test_images[:count].numpy(), 1, 3)


@pytest.fixture(scope="module")
def folder(prepared, tmp_path_factory):
    """Of a small AL network of four components, trained by the command."""
    out = tmp_path_factory.mktemp("commanded")
    train.main([*command(prepared, out)[4:], "--device", "cpu"])
    return out


@pytest.fixture(scope="module")
def al(folder):
    return associated_learning.load(folder)


# ---------------------------------------------------------------------------- loading


def test_the_package_is_imported_without_torch_and_gives_load_when_asked():
    found = modules_after("import associated_learning")
    assert "associated_learning" in found and not {"torch", "numpy", "yaml"} & found
    assert "torch" in modules_after("from associated_learning import load")
    with pytest.raises(AttributeError, match=r"'associated_learning' has no attribute 'lead'"):
        associated_learning.lead  # noqa: B018


def test_what_loads_a_network_is_no_part_of_what_others_depend_on():
    assert closure.files("associated_learning") == ["src/associated_learning/__init__.py"]
    for cell in itertools.product(registry.networks(), registry.methods()):
        assert "src/associated_learning/trained.py" not in closure.run_files(*cell)


@pytest.mark.parametrize("method", registry.methods())
def test_every_prefix_of_every_method_is_as_accurate_as_was_measured(trained, digits, method):
    network = associated_learning.load(str(trained(method=method)))
    measured = network.metrics["prefix_test_accuracy"]
    for k, accuracy in enumerate(measured, start=1):
        found = network.predict(pictures(digits), components=k)
        assert np.mean(found.labels == digits.test_labels.numpy()) == accuracy
        assert found.classes == [digits.classes[label] for label in found.labels]
        assert found.scores.shape == (300, k, 10) and (found.components == k).all()
    assert network.metrics["test_accuracy"] == accuracy and not network.network.training
    assert (network.predict(pictures(digits)).scores == found.scores).all()


@pytest.mark.parametrize("method", registry.methods())
def test_scores_are_what_the_inference_path_ends_in(trained, digits, method):
    folder = trained(method=method)
    found = associated_learning.load(folder).predict(pictures(digits))
    *_, (_, wanted) = hidden.layers(hidden.load(folder, digits).network, digits)
    np.testing.assert_allclose(found.scores[:, -1], wanted, atol=1e-5)
    assert found.scores.min() >= 0 and found.scores.max() <= 1
    assert (found.scores[:, -1].argmax(1) == found.labels).all()


def test_softmax_or_sigmoid_is_told_by_the_method(trained):
    ends = {m: associated_learning.load(trained(method=m)).logits for m in ("al", "bp", "local")}
    assert ends == {"al": False, "bp": True, "local": True}


@pytest.mark.parametrize("standardised", [False, True])
def test_the_preprocessing_and_the_names_of_classes_travel_with_the_weights(
    digits, tmp_path, standardised
):
    names = tuple(f"Ziffer \N{LATIN SMALL LETTER U WITH DIAERESIS}{k}" for k in range(10))
    data = dataclasses.replace(digits, standardised=standardised, classes=names)
    metrics = loop.train(config(method="bp"), data, tmp_path)
    network = associated_learning.load(tmp_path)
    assert network.classes == names and network.standardised == standardised
    assert torch.equal(network.mean_image, digits.mean_image)
    found = network.predict(pictures(digits))
    assert np.mean(found.labels == digits.test_labels.numpy()) == metrics["test_accuracy"]
    assert found.classes[0] == names[found.labels[0]]


def test_colour_is_taken_with_channels_last(digits, tmp_path):
    def coloured(images: torch.Tensor) -> torch.Tensor:
        return torch.cat([images, images // 2, 255 - images], 1)

    train_images, test_images = map(coloured, (digits.train_images, digits.test_images))
    mean = train_images.float().mean(0) / 255
    data = dataclasses.replace(
        digits, train_images=train_images, test_images=test_images, mean_image=mean
    )
    metrics = loop.train(config(arch="cnn", method="bp", train_subset=640), data, tmp_path)
    network = associated_learning.load(tmp_path)
    found = network.predict(pictures(data))
    assert np.mean(found.labels == digits.test_labels.numpy()) == metrics["test_accuracy"]
    with pytest.raises(ValueError, match=r"\(2, 16, 16\); allowed: uint8 \(n, 16, 16, 3\), n"):
        network.predict(pictures(digits, 2)[..., 0])


# ---------------------------------------------------------------------------- predicting


def test_images_may_be_arrays_or_tensors_grey_without_channels_and_are_answered_alone(al, digits):
    images = pictures(digits, 9)
    wanted = al.predict(images)
    for same in (images[..., 0], torch.tensor(images), images[::-1][::-1]):
        assert (al.predict(same).scores == wanted.scores).all()
    for k, image in enumerate(images):
        alone = al.predict(image[None])
        np.testing.assert_allclose(alone.scores[0], wanted.scores[k], atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((2, 16, 16), "float32"),
        ((2, 16, 16), "int64"),
        ((16, 16), "uint8"),
        ((2, 28, 28), "uint8"),
        ((2, 1, 16, 16), "uint8"),
        ((2, 16, 16, 3), "uint8"),
        ((0, 16, 16), "uint8"),
        ((), "uint8"),
    ],
)
def test_images_of_another_type_or_size_are_refused(al, shape, dtype):
    with pytest.raises(ValueError) as error:
        al.predict(np.zeros(shape, dtype))
    allowed = "allowed: uint8 (n, 16, 16, 1) or (n, 16, 16), n from 1"
    assert str(error.value) == f"images: {dtype} {shape}; {allowed}"


@pytest.mark.parametrize("images", [torch.zeros(1, 16, 16, dtype=torch.bfloat16), [[0], [0, 1]]])
def test_images_that_no_array_can_hold_are_refused(al, images):
    with pytest.raises(ValueError, match=r"^images: .*; allowed: uint8 \(n, 16, 16, 1\)"):
        al.predict(images)


def test_a_prefix_exits_early_where_it_is_sure_enough(al, digits):
    images = pictures(digits)
    every = al.predict(images)
    largest = every.scores.max(2)
    threshold = float(np.sort(largest[:, 0])[150])  # reached to the bit
    found = al.predict(images, early_exit=threshold)
    assert 100 < (found.components == 1).sum() < 200
    for k in range(300):
        sure = np.flatnonzero(largest[k] >= threshold)
        assert found.components[k] == (sure[0] + 1 if len(sure) else 4)
        used = found.components[k]
        assert (found.scores[k, :used] == every.scores[k, :used]).all()
        assert np.isnan(found.scores[k, used:]).all()
        assert found.labels[k] == found.scores[k, used - 1].argmax()


def test_a_threshold_of_0_is_the_first_component_and_one_out_of_reach_the_last(al, digits):
    images = pictures(digits, 50)
    first, one = al.predict(images, early_exit=0), al.predict(images, components=1)
    assert (first.components == 1).all() and (first.labels == one.labels).all()
    assert (first.scores[:, :1] == one.scores).all()
    unsure = al.predict(images, early_exit=1)
    assert (unsure.components == 4).all() and (unsure.labels == al.predict(images).labels).all()
    assert (al.predict(images, components=3, early_exit=1).components == 3).all()


def test_nothing_is_asked_behind_the_prefix_that_answers(al, digits, monkeypatch):
    asked, predictions = [], al.network.prefix_predictions

    def one_by_one(x: torch.Tensor):
        for prediction in predictions(x):
            asked.append(len(x))
            yield prediction

    monkeypatch.setattr(al.network, "prefix_predictions", one_by_one)
    al.predict(pictures(digits, 9), early_exit=0)
    assert asked == [9]
    al.predict(pictures(digits, 9), components=2)
    assert asked == [9, 9, 9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"early_exit": 1.01}, "early_exit: 1.01; allowed: numbers from 0 to 1"),
        ({"early_exit": -0.1}, "early_exit: -0.1; allowed: numbers from 0 to 1"),
        ({"early_exit": float("nan")}, "early_exit: nan; allowed: numbers from 0 to 1"),
        ({"components": 0}, "components: 0; allowed: 1 to 4"),
        ({"components": 5}, "components: 5; allowed: 1 to 4"),
    ],
)
def test_what_is_not_allowed_is_refused(al, digits, options, message):
    with pytest.raises(ValueError) as error:
        al.predict(pictures(digits, 1), **options)
    assert str(error.value) == message


@pytest.mark.parametrize("method", ["bp", "same_path"])
def test_a_method_without_prefixes_has_no_early_exit(trained, digits, method):
    network = associated_learning.load(trained(method=method))
    with pytest.raises(ValueError, match="early_exit: not allowed: nothing but the whole network"):
        network.predict(pictures(digits, 1), early_exit=0.5)
    with pytest.raises(ValueError, match="components: 2; allowed: 1 to 1"):
        network.predict(pictures(digits, 1), components=2)


# ---------------------------------------------------------------------------- the command


def table(capsys, *argv: object) -> list[dict[str, str]]:
    """Rows that the command prints."""
    commands.main(["predict", *map(str, argv)])
    head, *rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_command_prints_a_row_for_each_image(folder, al, digits, tmp_path, capsys):
    images = pictures(digits, 3)
    np.save(tmp_path / "some.npy", images[..., 0])
    np.save(tmp_path / "one.npy", images[:1])
    found = al.predict(images)
    rows = table(capsys, folder, tmp_path / "some.npy", tmp_path / "one.npy")
    assert [(row["file"], row["index"]) for row in rows] == [
        *((str(tmp_path / "some.npy"), str(k)) for k in range(3)),
        (str(tmp_path / "one.npy"), "0"),
    ]
    for row, name, scores in zip(rows, found.classes, found.scores.max(2), strict=False):
        assert (row["components"], row["class"]) == ("4", name)
        assert row["scores_by_prefix"] == " ".join(f"{score:.4f}" for score in scores)
        assert row["score"] == f"{scores[-1]:.4f}"


def test_the_command_answers_by_prefixes(folder, digits, tmp_path, capsys):
    np.save(tmp_path / "some.npy", pictures(digits, 2))
    for flags, used in (
        (["--components", "2"], "2"),
        (["--early-exit", "0"], "1"),
        (["--components", "3", "--early-exit", "1"], "3"),
    ):
        rows = table(capsys, folder, tmp_path / "some.npy", *flags)
        assert [row["components"] for row in rows] == [used, used]
        assert all(len(row["scores_by_prefix"].split()) == int(used) for row in rows)


def test_a_png_file_equals_the_array_and_a_jpeg_file_is_read(folder, digits, tmp_path, capsys):
    image = pictures(digits, 1)[..., 0]
    np.save(tmp_path / "0.npy", image)
    for name in ("0.png", "0.jpg"):
        Image.fromarray(image[0]).save(tmp_path / name)
    array, png, jpeg = table(
        capsys, folder, *(tmp_path / f"0.{end}" for end in ("npy", "png", "jpg"))
    )
    assert png.pop("file") != array.pop("file")
    assert png == array and jpeg["index"] == "0"


def refused(capsys, *argv: object) -> str:
    """The one line in which the command ends."""
    with pytest.raises(SystemExit) as stop:
        predict.main([*map(str, argv)])
    said = capsys.readouterr()
    assert not said.out
    line = said.err or f"{stop.value.code}\n"
    assert line.startswith("error: ") and line.count("\n") == 1
    return line


def test_images_that_cannot_be_read_or_do_not_fit_get_one_line(folder, digits, tmp_path, capsys):
    fits = pictures(digits, 1)[0, ..., 0]
    good = tmp_path / "good.npy"
    np.save(good, fits[None])
    Image.fromarray(fits).convert("P").save(tmp_path / "palette.png")
    Image.fromarray(fits.astype("uint16")).save(tmp_path / "deep.png")
    Image.fromarray(fits).save(tmp_path / "grey.bmp")
    Image.fromarray(fits).convert("RGB").save(tmp_path / "colour.png")
    Image.fromarray(fits[:8]).save(tmp_path / "small.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "small.png").read_bytes()[:50])
    (tmp_path / "text.npy").write_text("0 1 2", encoding="utf-8")
    np.save(tmp_path / "floats.npy", fits[None] / 255)
    np.save(tmp_path / "objects.npy", np.array([None]), allow_pickle=True)
    for name, words in {
        "palette.png": "its mode is P; allowed: L and RGB",
        "deep.png": "its mode is I;16; allowed",
        "grey.bmp": "cannot be read (UnidentifiedImageError",
        "colour.png": "images: uint8 (1, 16, 16, 3); allowed: uint8 (n, 16, 16, 1) or (n, 16, 16)",
        "small.png": "images: uint8 (1, 8, 16); allowed",
        "cut.png": "cannot be read (",
        "text.npy": "cannot be read (ValueError",
        "floats.npy": "images: float64 (1, 16, 16); allowed",
        "objects.npy": "cannot be read (ValueError",
        "nowhere.png": "cannot be read (FileNotFoundError",
    }.items():
        line = refused(capsys, folder, good, tmp_path / name)
        assert str(tmp_path / name) in line and words in line


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--early-exit", "1.01"], "argument --early-exit: '1.01'; allowed: numbers from 0 to 1"),
        (["--early-exit", "sure"], "argument --early-exit: 'sure'; allowed: numbers from 0 to 1"),
        (["--components", "5"], "argument --components: 5; allowed: 1 to 4"),
        (["--components", "0"], "argument --components: '0'; allowed"),
    ],
)
def test_wrong_flags_get_one_line(folder, digits, tmp_path, capsys, flags, words):
    np.save(tmp_path / "0.npy", pictures(digits, 1))
    assert words in refused(capsys, folder, tmp_path / "0.npy", *flags)


# ---------------------------------------------------------------------------- folders


def test_a_folder_without_a_finished_run_is_refused(tmp_path, capsys):
    whys = {tmp_path: "there is no metrics.json", tmp_path / "nowhere": "there is no such folder"}
    for path, why in whys.items():
        line = f"error: {path} holds no finished run: {why}. Give the folder that one wrote to\n"
        assert refused(capsys, path, "0.png") == line


@pytest.mark.parametrize("method", ["al", "bp"])
def test_weights_that_are_missing_are_made_by_the_command_that_is_told(
    trained, tmp_path, capsys, method
):
    run = tmp_path / "a run"
    run.mkdir()
    shutil.copy(trained(method=method) / "metrics.json", run)
    line = refused(capsys, run, "0.png")
    assert f"{run / 'weights.safetensors'} is missing. Train it again: " in line
    told = shlex.split(line.partition("python -m associated_learning train ")[2])
    options = vars(train.parser().parse_args(told))
    assert options["out"] == run
    assert train.config_of(shlex.join(told), "cpu") == config(method=method)


def of_old(path) -> None:
    """Make a file of weights as they were written before they came with a mean image."""
    tensors = safetensors.torch.load_file(path)
    del tensors[weights.MEAN_IMAGE]
    path.write_bytes(safetensors.torch.save(tensors))


def test_weights_of_old_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    of_old(tmp_path / "run/weights.safetensors")
    with pytest.raises(
        associated_learning.LoadError,
        match=r"older version, without the mean image. Train it again:",
    ):
        associated_learning.load(tmp_path / "run")


@pytest.mark.parametrize(
    "edit",
    [
        {"method": ["al"]},
        {"method": "dtp", "arch": "cnn"},
        {"width": "wide"},
        {"width": None},
        {"target_width": 0},
        {"arch": 1},
    ],
)
def test_a_record_that_cannot_be_is_named(trained, tmp_path, edit):
    shutil.copytree(trained(method="al"), tmp_path / "run")
    path = tmp_path / "run/metrics.json"
    metrics = json.loads(path.read_bytes())
    metrics["config"] |= edit
    path.write_text(json.dumps(metrics), encoding="utf-8")
    with pytest.raises(associated_learning.LoadError, match=r"metrics\.json is damaged|known here"):
        associated_learning.load(tmp_path / "run")
    del metrics["prefix_test_accuracy"]
    path.write_text(json.dumps(metrics), encoding="utf-8")
    with pytest.raises(associated_learning.LoadError, match=r"metrics\.json is damaged"):
        associated_learning.load(tmp_path / "run")


@pytest.mark.parametrize("file", ["metrics.json", "weights.safetensors"])
@pytest.mark.parametrize("damaged", ["cut", "empty", "of another network"])
def test_a_damaged_file_is_named(folder, trained, tmp_path, file, damaged):
    shutil.copytree(folder, tmp_path / "run")
    path = tmp_path / "run" / file
    whole = path.read_bytes()
    if damaged == "of another network" and file == "metrics.json":
        metrics = json.loads(whole)
        metrics["config"]["method"] = "magic"
        path.write_text(json.dumps(metrics), encoding="utf-8")
    elif damaged == "of another network":
        shutil.copy(trained(method="al") / file, path)
    else:
        path.write_bytes(whole[: len(whole) // 2] if damaged == "cut" else b"")
    said = rf"{file} is damaged \(.*train again$"
    if damaged == "of another network":
        said = {
            "metrics.json": "is of the method 'magic'; known here: bp, bp_short, al,",
            "weights.safetensors": "does not fit what cnn by al is in this version",
        }[file]
    with pytest.raises(associated_learning.LoadError, match=said):
        associated_learning.load(tmp_path / "run")
