import copy
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from associated_learning import configuration, plan, registry
from associated_learning.commands import train
from associated_learning.configuration import ConfigError

FOLDER = Path(__file__).parents[2] / "config"
CONFIG = yaml.safe_load((FOLDER / "config.yaml").read_text(encoding="utf-8"))
SHAPES = (FOLDER / "schema.yaml").read_text(encoding="utf-8")
# Through JSON: YAML's aliases are one object in several places.
SHIPPED = json.loads(json.dumps(configuration.load(CONFIG, FOLDER)))
SCALES = {"smoke", "laptop", "workstation", "thesis_width", "thesis_once", "thesis"}
SCHEMA = configuration._with_names(yaml.safe_load(SHAPES), SHIPPED)
TRAIN = train.parser()
CELL = ["--dataset", "mnist", "--arch", "mlp", "--method", "al", "--out", "run"]


def changed(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    whole = copy.deepcopy(SHIPPED)
    edit(whole)
    return whole


def refusal(whole: Any) -> str:
    with pytest.raises(ConfigError) as error:
        configuration.validate(whole, SCHEMA)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def with_run(entry: dict[str, Any]) -> dict[str, Any]:
    return changed(lambda whole: whole["scales"]["laptop"].update(runs=[entry]))


def config_folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "config"))


def paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Where a config can be changed: keys of every mapping and places of every list."""
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield (*path, key)
            yield from paths(value[key], (*path, key))


def train_options(values: dict[str, Any]) -> dict[str, Any]:
    """What the train command makes of settings."""
    return vars(TRAIN.parse_args([*CELL, *plan.flags(values).split()]))


def test_the_shipped_config_is_accepted_at_every_scale() -> None:
    assert set(SHIPPED["scales"]) == SCALES
    configuration.validate(SHIPPED, SCHEMA)


@pytest.mark.parametrize(
    ("whole", "where", "key", "allowed"),
    [
        (changed(lambda c: c.update(scael="smoke")), "the top level", "scael", SCHEMA),
        (
            changed(lambda c: c["experiments"]["accuracy"].update(method=["bp"])),
            "experiments.accuracy",
            "method",
            SCHEMA["$defs"]["experiment"],
        ),
        (
            changed(lambda c: c["scales"]["smoke"].update(seed=1)),
            "scales.smoke",
            "seed",
            SCHEMA["$defs"]["scale"],
        ),
        (
            changed(lambda c: c["scales"]["smoke"]["resources"].update(mem=1)),
            "scales.smoke.resources",
            "mem",
            SCHEMA["$defs"]["scale"]["properties"]["resources"],
        ),
        (
            with_run({"for": {"archs": "mlp"}, "set": {"epochs": 1}}),
            "scales.laptop.runs.0.for",
            "archs",
            SCHEMA["$defs"]["cells"],
        ),
        (
            with_run({"set": {"epoch": 1}}),
            "scales.laptop.runs.0.set",
            "epoch",
            SCHEMA["$defs"]["settings"],
        ),
        (with_run({"sets": {}, "set": {"epochs": 1}}), "scales.laptop.runs.0", "sets", None),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_an_unknown_key_is_refused_with_its_place_and_the_keys_allowed_there(
    whole: dict[str, Any], where: str, key: str, allowed: dict[str, Any] | None
) -> None:
    keys = allowed["properties"] if allowed else ["for", "seeds", "set"]
    assert refusal(whole) == f"config: {where}: unknown key '{key}'; allowed: {', '.join(keys)}"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda scale: scale["tuning"].update(held_out=34001),
            "laptop.tuning.held_out: 34001 images are not allowed; cifar10 has 50000, of which mlp"
            " is trained on 16000; allowed: up to 34000",
        ),
        (
            lambda scale: scale["runs"].append({"set": {"train_subset": 50001}}),
            "50001 images are not allowed; cifar10 has 50000",
        ),
    ],
)
def test_more_images_than_there_are_are_refused_before_hours(edit, said: str) -> None:
    def only_cifar(whole: dict[str, Any]) -> None:
        scale = whole["scales"]["laptop"]
        scale.update(datasets=["cifar10"])
        edit(scale)

    if "held_out" not in said:
        edit_alone, edit = edit, lambda scale: (edit_alone(scale), scale.pop("tuning"))
    with pytest.raises(ConfigError) as error:
        configuration._check_together(changed(only_cifar))
    assert said in str(error.value)


def test_more_images_to_train_on_than_there_are_are_not_called_held_out() -> None:
    def more(whole: dict[str, Any]) -> None:
        whole["scales"]["laptop"]["runs"].append({"set": {"train_subset": 55000}})

    with pytest.raises(ConfigError, match=r"laptop\.runs: 55000 images .* allowed: up to 50000$"):
        configuration._check_together(changed(more))


def test_a_scale_must_not_have_the_name_of_another_target() -> None:
    def named(whole: dict[str, Any]) -> None:
        whole["scales"]["all"] = whole["scales"]["smoke"]

    with pytest.raises(ConfigError, match=r"scales\.all: the workflow has a target of that name"):
        configuration._check_together(changed(named))


def test_of_data_sets_that_have_too_few_images_the_one_that_allows_least_is_named() -> None:
    def fewer(whole: dict[str, Any]) -> None:
        whole["scales"]["laptop"]["tuning"]["held_out"] = 50000
        whole["datasets"]["cifar10"]["train_images"] = 30000

    with pytest.raises(ConfigError, match=r"50000 images .* cifar10 has 30000, .* up to 14000$"):
        configuration._check_together(changed(fewer))


def test_an_unknown_data_set_of_an_experiment_is_refused_by_its_name() -> None:
    whole = changed(lambda c: c["experiments"]["accuracy"]["archs"].update(mnits=["mlp"]))
    assert refusal(whole) == (
        "config: experiments.accuracy.archs: 'mnits' is not allowed; allowed: one of cifar10,"
        " cifar100, digits, mnist"
    )


def test_a_scale_of_one_s_own_is_a_file_and_may_be_named_wherever_a_scale_is(tmp_path) -> None:
    folder = config_folder(tmp_path)
    shutil.copy(folder / "scales/smoke.yaml", folder / "scales/mine.yaml")
    whole = configuration.load(CONFIG | {"scale": "mine"}, folder)
    assert set(whole["scales"]) == SCALES | {"mine"}
    assert whole["scales"]["mine"] == SHIPPED["scales"]["smoke"]


@pytest.mark.parametrize("name", ["Mine", "my scale", "2x", "a-b", "a.b"])
def test_a_file_whose_name_could_not_be_a_part_of_paths_is_refused(tmp_path, name: str) -> None:
    folder = config_folder(tmp_path)
    shutil.copy(folder / "scales/smoke.yaml", folder / f"scales/{name}.yaml")
    with pytest.raises(ConfigError, match=f"config: scales: '{re.escape(name)}' is not allowed"):
        configuration.load(CONFIG, folder)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "thesis"])
def test_a_scale_that_is_named_but_not_there_is_refused(tmp_path, scale: str) -> None:
    folder = config_folder(tmp_path)
    (folder / f"scales/{scale}.yaml").unlink()
    with pytest.raises(ConfigError, match=f"config: scale: '{scale}' is not allowed; allowed: one"):
        configuration.load(CONFIG | {"scale": scale}, folder)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c["methods"]["al"].update(color="red"), "methods.al: unknown key 'color'"),
        (lambda c: c["methods"]["al"].pop("label"), "methods.al: 'label' is a required"),
        (lambda c: c["methods"]["al"].update(role="best"), "methods.al.role: 'best' is not"),
        (lambda c: c["methods"]["al"].update(file="../al"), "methods.al.file: '../al' is not"),
        (lambda c: c["networks"]["mlp"].pop("family"), "networks.mlp: 'family' is a required"),
        (lambda c: c["networks"]["sigmoid2"].update(depth=0), "networks.sigmoid2.depth: 0 is not"),
        (lambda c: c["datasets"]["mnist"].update(size=1), "datasets.mnist: unknown key 'size'"),
        (lambda c: c["datasets"]["mnist"].update(classes=1), "datasets.mnist.classes: 1 is not"),
        (
            lambda c: c["datasets"]["mnist"]["files"][0].update(sha256="0"),
            "datasets.mnist.files.0.sha256: '0' is not",
        ),
    ],
)
def test_a_wrong_entry_of_a_registry_is_refused_by_its_path(edit, message: str) -> None:
    assert refusal(changed(edit)).startswith(f"config: {message}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", -1),
        ("epochs", 5.0),
        ("epochs", True),
        ("epochs", "5"),
        ("epochs", None),
        ("epochs", [5]),
        ("epochs", float("inf")),
        ("epochs", 10**30),
        ("batch_size", 1),
        ("batch_size", 10**400),
        ("learning_rate", 0),
        ("learning_rate", -1e-3),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", float("-inf")),
        ("learning_rate", 1e300),
        ("learning_rate", 10**400),
        ("learning_rate", "1e-3"),
        ("target_lr_factor", float("nan")),
        ("l2", -1e-9),
        ("l2", float("nan")),
        ("width", 0),
        ("width", 17),
        ("target_width", 2.5),
        ("target_width", 10**9),
        ("train_subset", 0),
        ("train_subset", float("nan")),
        ("schedule", "steps"),
        ("schedule", 3),
        ("augment", "no"),
        ("augment", 1),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_path(key: str, value: object) -> None:
    assert f"config: scales.laptop.runs.0.set.{key}: " in refusal(with_run({"set": {key: value}}))


@pytest.mark.parametrize("key", ["seeds", "datasets", "runs", "resources"])
@pytest.mark.parametrize("value", [None, -1, 3.0, float("nan"), 10**30, "mnist", True, {"a": 1}])
def test_a_part_of_a_scale_of_the_wrong_kind_is_refused_by_its_path(
    key: str, value: object
) -> None:
    message = refusal(changed(lambda c: c["scales"]["thesis"].update({key: value})))
    assert message.startswith(f"config: scales.thesis.{key}: ")


@pytest.mark.parametrize(
    ("wanted", "path", "known"),
    [
        ({"dataset": "mnits"}, "dataset", registry.datasets()),
        ({"dataset": ["mnist", "mnits"]}, "dataset.1", registry.datasets()),
        ({"arch": "resnet"}, "arch", ["resnet20", "resnet32"]),
        ({"arch": ["vgg16"]}, "arch.0", ["vgg"]),
        ({"arch": "sigmoid3"}, "arch", ["sigmoid"]),
        ({"method": "AL"}, "method", registry.methods()),
        ({"method": ["al", "pb"]}, "method.1", registry.methods()),
    ],
)
def test_a_wrong_name_is_refused_and_the_names_are_told(
    wanted: dict[str, Any], path: str, known: list[str]
) -> None:
    message = refusal(with_run({"for": wanted, "set": {"epochs": 1}}))
    assert f"scales.laptop.runs.0.for.{path}: " in message
    assert all(name in message.split("allowed:")[1] for name in known)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("scale", "smok", "scale"),
        ("device", "gpu", "device"),
        ("mirrors", "https://example.org", "mirrors"),
        ("mirrors", ["example.org/data"], "mirrors.0"),
        ("mirrors", ["file:///srv/data"], "mirrors.0"),
        ("mirrors", ["https://example.org/a b"], "mirrors.0"),
        ("mirrors", ["https://example.org/a\n"], "mirrors.0"),
    ],
)
def test_a_wrong_value_of_config_yaml_is_refused_by_its_path(
    key: str, value: object, path: str
) -> None:
    assert refusal(changed(lambda c: c.update({key: value}))).startswith(f"config: {path}: ")


@pytest.mark.parametrize("name", ["mlp\n", "mlp; true", "mlp mlp", "../mlp", ""])
def test_a_name_that_only_begins_like_an_architecture_is_refused(name: str) -> None:
    whole = changed(lambda c: c["experiments"]["accuracy"]["archs"].update(mnist=[name]))
    assert "config: experiments.accuracy.archs.mnist.0: " in refusal(whole)


@pytest.mark.parametrize("key", ["datasets", "methods", "networks", "scales"])
def test_there_is_at_least_one_of_each(key: str) -> None:
    assert refusal(changed(lambda whole: whole.update({key: {}}))).startswith(f"config: {key}: ")


KEYS = st.sampled_from(["scales", "runs", "set", "for", "arch", "epochs", "x", "", "a\nb", 1, None])
NAMES = st.sampled_from(["mlp", "mnist", "bp", "smoke", "cpu", "step", "mlp\n", "1e-3", "nan"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 300)
    | st.sampled_from([10**30, -(10**400), 10**400])
    | st.floats(allow_subnormal=False)  # training flushes them to zero in the whole process
    | st.text(max_size=5)
    | NAMES
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@example(path=("networks", "cnn", "family"), value=[10**30], key="a\nb")
@given(path=st.sampled_from(sorted(paths(SHIPPED), key=str)), value=VALUES, key=st.none() | KEYS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_put_anywhere_is_refused_in_one_line_or_trains(
    path: tuple, value: object, key: object
) -> None:
    whole = copy.deepcopy(SHIPPED)
    *above, last = path
    holder = whole
    for step in above:
        holder = holder[step]
    if key is not None and isinstance(holder, dict):
        last = key
    holder[last] = value
    try:
        configuration.validate(whole, SCHEMA)
    except ConfigError as error:
        assert re.fullmatch(r"config: [^\n]+: [^\n]+", str(error))
        return
    for scale in whole["scales"].values():
        assert list(range(scale["seeds"])) and set(scale["datasets"]) <= registry.datasets().keys()
    for name, arch in itertools.product(whole["scales"], registry.networks()):
        train_options(plan.run_settings(whole, name, "mnist", arch, "al"))


BROKEN = {
    "syntax": "runs: [set: {epochs: 5}",
    "tabs": "datasets:\n\t- mnist",
    "date": "seeds: 2020-13-45",
    "digits": f"seeds: {'9' * 5000}",
    "control character": "seeds: \x00",
    "two documents": "seeds: 1\n---\nseeds: 2",
    "python object": "seeds: !!python/object/apply:os.getcwd []",
    "empty": "",
    "comments alone": "# later\n",
    "a list": "- mnist",
    "a text": "mnist",
    "lists in lists": f"seeds: {'[' * 5000}",
}


@pytest.mark.parametrize(
    "file", ["scales/smoke.yaml", "datasets/mnist.yaml", "methods.yaml", "claims.yaml"]
)
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_yaml_mapping_is_named_in_one_line(
    file: str, content: str, tmp_path: Path
) -> None:
    folder = config_folder(tmp_path)
    (folder / file).write_text(content)
    with pytest.raises(ConfigError) as error:
        configuration.load(CONFIG, folder)
    assert str(folder / file) in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_more_workers_than_components_are_refused_before_any_job(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    scale = folder / "scales/smoke.yaml"
    scale.write_text(scale.read_text().replace("workers: 2", "workers: 3"))
    with pytest.raises(ConfigError, match=r"scales\.smoke\.throughput\.workers: 3 .* up to 2"):
        configuration.load(CONFIG, folder)


def test_two_experiments_that_would_write_the_same_files_are_refused(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    experiments = folder / "experiments.yaml"
    whole = yaml.safe_load(experiments.read_text(encoding="utf-8"))
    whole["experiments"]["again"] = whole["experiments"]["same_path"]
    experiments.write_text(yaml.safe_dump(whole), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config: experiments: .*tables/same_path_"):
        configuration.load(CONFIG, folder)
    whole["experiments"]["again"] = whole["experiments"]["same_path"] | {"suffix": "again"}
    experiments.write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert "again" in configuration.load(CONFIG, folder)["experiments"]


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("equal_time", {"mnist": {"mlp": {"al": 0}}}, "equal_time.mnist.mlp.al"),
        ("equal_time", {"mnist": {"mlp": {"AL": 2}}}, "equal_time.mnist.mlp"),
        ("equal_time", {"mnist": {"lenet": {"al": 2}}}, "equal_time.mnist"),
        ("probe_images", 0, "probe_images"),
    ],
)
def test_wrong_ratios_of_equal_time_and_numbers_of_images_are_refused(key, value, where) -> None:
    message = refusal(changed(lambda c: c["scales"]["laptop"].update({key: value})))
    assert message.startswith(f"config: scales.laptop.{where}: ")


def test_rates_are_taken_over_from_networks_that_there_are() -> None:
    message = refusal(
        changed(
            lambda c: c["scales"]["laptop"]["tuning"].update(
                taken_over=[{"for": {"arch": "cnn"}, "from": {"arch": "lenet"}}]
            )
        )
    )
    where = "config: scales.laptop.tuning.taken_over.0.from.arch: 'lenet' is not allowed"
    assert message.startswith(where)


def test_a_required_key_that_is_misspelt_is_named() -> None:
    def misspelt(config: dict[str, Any]) -> None:
        config["scales"]["smoke"]["sedes"] = config["scales"]["smoke"].pop("seeds")

    said = refusal(changed(misspelt))
    assert said == "config: scales.smoke: unknown key 'sedes'; is it 'seeds', which is missing?"


def test_a_number_that_yaml_takes_for_a_text_is_said_to_need_a_point() -> None:
    said = refusal(with_run({"set": {"learning_rate": "1e-3"}}))
    assert "'1e-3' is not allowed" in said and said.endswith("as 1.0e-3)")
    assert "1.0e-3" not in refusal(with_run({"set": {"learning_rate": "fast"}}))


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    with (folder / "scales/laptop.yaml").open("a") as file:
        file.write("seeds: 5\n")
    lines = len((folder / "scales/laptop.yaml").read_text().splitlines())
    with pytest.raises(ConfigError, match=rf"laptop\.yaml .*line {lines}: 'seeds' twice"):
        configuration.load(CONFIG, folder)


def test_a_scale_without_throughput_names_its_experiments() -> None:
    def without(config: dict[str, Any]) -> None:
        del config["scales"]["smoke"]["throughput"]

    with pytest.raises(ConfigError, match=r"scales\.smoke: 'throughput' is a required"):
        configuration._check_together(changed(without))

    def named(config: dict[str, Any]) -> None:
        without(config)
        config["scales"]["smoke"]["experiments"] = ["accuracy", "claims"]

    names = {output.kind for output in plan.outputs(changed(named), "smoke")}
    assert names == {"curves", "times", "accuracy", "claims"}
    message = refusal(changed(lambda c: c["scales"]["smoke"].update(experiments=["accurcy"])))
    assert message.startswith("config: scales.smoke.experiments.0: 'accurcy' is not allowed")


@pytest.mark.parametrize("key", ["archs", "modelled_archs"])
def test_networks_without_a_depth_have_no_throughput(tmp_path: Path, key: str) -> None:
    folder = config_folder(tmp_path)
    scale = folder / "scales/smoke.yaml"
    entry = yaml.safe_load(scale.read_text())
    entry["throughput"][key] = ["mlp"]
    scale.write_text(yaml.safe_dump(entry))
    with pytest.raises(ConfigError, match=rf"throughput\.{key}: mlp is not allowed"):
        configuration.load(CONFIG, folder)


def test_no_two_methods_are_the_control_and_none_has_to_be(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    methods = folder / "methods.yaml"
    text = methods.read_text()
    methods.write_text(text.replace("ours: true", "role: control", 1))
    with pytest.raises(ConfigError, match="one alone may have role control, bp_short, fro"):
        configuration.load(CONFIG, folder)
    methods.write_text(text.replace("  role: control\n", "", 1))
    configuration.load(CONFIG, folder)


@pytest.mark.parametrize(
    ("old", "new"), [("role: baseline", "ours: true"), ("ours: true", "role: method")]
)
def test_each_role_has_one_method(tmp_path: Path, old: str, new: str) -> None:
    folder = config_folder(tmp_path)
    methods = folder / "methods.yaml"
    methods.write_text(methods.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError, match=r"config: methods: one needs role"):
        configuration.load(CONFIG, folder)


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        (
            "methods.yaml",
            "mine: {label: M, look: {color: k, linestyle: '-', marker: o}}",
            "mine.py",
        ),
        ("networks.yaml", "mine: {family: forest, label: mine}", "forest.py"),
    ],
)
def test_a_line_without_its_module_is_refused_before_anything_runs(
    tmp_path: Path, file: str, line: str, named: str
) -> None:
    folder = config_folder(tmp_path)
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write(f"{line}\n")
    kind = Path(file).stem
    with pytest.raises(
        ConfigError, match=rf"{kind}\.mine: there is no src/.*{kind}/{named}; write"
    ):
        configuration.load(CONFIG, folder)


def test_bytes_that_are_no_text_are_refused_by_file(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    (folder / "scales/laptop.yaml").write_bytes(b"seeds: \xff")
    with pytest.raises(ConfigError, match=r"laptop\.yaml"):
        configuration.load(CONFIG, folder)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    (folder / "experiments.yaml").unlink()
    with pytest.raises(ConfigError, match=r"experiments\.yaml"):
        configuration.load(CONFIG, folder)


def test_a_scale_outside_its_file_is_refused_rather_than_ignored() -> None:
    with pytest.raises(ConfigError, match=r"config: scales: .*scales/\*\.yaml"):
        configuration.load(CONFIG | {"scales": {"laptop": {"seeds": 1}}}, FOLDER)


def test_an_unknown_key_of_the_command_line_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'scael'; allowed: scale, device"):
        configuration.load(CONFIG | {"scael": "smoke"}, FOLDER)


# One value of every setting that `set` takes, none of them the train command's default.
SETTINGS = {
    "epochs": 3,
    "batch_size": 64,
    "learning_rate": 1e-5,
    "target_lr_factor": 1.5,
    "schedule": "cosine",
    "l2": 0.0,
    "width": 0.125,
    "target_width": 48,
    "train_subset": 1000,
    "augment": True,
    "tf32": True,
}


def test_every_setting_reaches_the_train_command_unchanged() -> None:
    assert SETTINGS.keys() == SCHEMA["$defs"]["settings"]["properties"].keys()
    assert {key: train_options(SETTINGS)[key] for key in SETTINGS} == SETTINGS
    assert train_options({"augment": False})["augment"] is False


def test_the_settings_are_the_flags_of_the_train_command_that_decide_numbers() -> None:
    identity = {"dataset", "arch", "method", "seed"}
    how_it_runs = {"device", "threads", "workers", "checkpoint_seconds", "data", "out"}
    # Set for runs in equal time, for those whose rate was compared, and by hand.
    how_it_runs |= {"shorten", "rate_of", "overwrite"}
    flags = train_options({}).keys()
    assert SCHEMA["$defs"]["settings"]["properties"].keys() == flags - identity - how_it_runs


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("dataset", registry.datasets()),
        ("arch", registry.networks()),
        ("method", registry.methods()),
        ("scale_name", SHIPPED["scales"]),
    ],
)
def test_names_are_those_that_the_folders_list_and_no_others(kind: str, names: list[str]) -> None:
    definition = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{kind}"}
    for name in names:
        configuration.validate(name, definition)
    for name in ("", "resnet", "sigmoid3", "sigmoid", "digit", "BP", *(f"{n} " for n in names)):
        with pytest.raises(ConfigError):
            configuration.validate(name, definition)
    # The schema itself knows shapes alone; that a claim stands in the `thesis` names no scale.
    words = set(re.findall(r"\w+", re.sub("#.*", "", SHAPES))) - {"thesis"}
    assert not words & set(names)
