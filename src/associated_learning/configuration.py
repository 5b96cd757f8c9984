"""The workflow's config, read from all its files and validated as a whole."""

import difflib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from associated_learning import plan
from associated_learning.cells import experiments

LARGEST = 10**15  # of the config's numbers, so that all of them can be computed with and written

# JSON Schema takes 5.0 for an integer; the flags of the train command do not.
Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)
SOURCE = Path(__file__).parents[2]  # of the package's own files, as errors name them
TARGETS = ("all", "download", "unknown")  # of the workflow, besides the scales


class ConfigError(Exception):
    """The config is not usable; the message names the key and what is allowed, in one line."""

    def __init__(self, message: str) -> None:
        super().__init__(message.replace("\n", r"\n"))  # a key may hold one


def load(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Join `config` with the other files of the config folder, and validate it all.

    Parameters
    ----------
    config
        What config.yaml, or the command line, says; it wins over experiments.yaml.
    folder
        Holds experiments.yaml, claims.yaml, methods.yaml, networks.yaml, datasets/, scales/ and
        schema.yaml.

    Raises
    ------
    ConfigError
        A file cannot be read, a key is unknown or missing, or a value is not allowed.
    """
    joined = {**_read(folder / "experiments.yaml"), **_read(folder / "claims.yaml"), **config}
    for name in ("datasets", "scales"):
        if name in joined:
            raise ConfigError(
                f"config: {name}: set these in the files {name}/*.yaml, not beside them"
            )
        joined[name] = {path.stem: _read(path) for path in sorted((folder / name).glob("*.yaml"))}
    for name in ("methods", "networks"):
        joined[name] = _read(folder / f"{name}.yaml")
    validate(joined, _with_names(_read(folder / "schema.yaml"), joined))
    _check_together(joined)
    return joined


def shipped(folder: Path) -> dict[str, Any]:
    """The config as config.yaml says it, without a command line (see `load`)."""
    return load(_read(folder / "config.yaml"), folder)


def _check_together(config: Mapping[str, Any]) -> None:
    """Check what no schema can: what entries of several places have to do with one another."""
    for role, least in (("method", 1), ("baseline", 1), ("control", 0)):
        named = [name for name, entry in config["methods"].items() if entry.get("role") == role]
        if not least <= len(named) <= 1:
            needs = "one needs" if least else "one alone may have"
            raise ConfigError(
                f"config: methods: {needs} role {role}, {', '.join(named) or 'none'} has it"
            )
    for kind, key in (("methods", "file"), ("networks", "family")):
        for name, entry in config[kind].items():
            module = Path(__file__).parent / kind / f"{entry.get(key, name)}.py"
            if not module.is_file():
                raise ConfigError(
                    f"config: {kind}.{name}: there is no {module.relative_to(SOURCE)}; write it, or"
                    f" name another {key}"
                )
    for name, scale in config["scales"].items():
        if name in TARGETS:
            raise ConfigError(f"config: scales.{name}: the workflow has a target of that name")
        if names := plan.repeated(config, name):
            raise ConfigError(
                f"config: experiments: two of them make {', '.join(names)}; give one a suffix"
            )
        _check_images(config, name)
        if "throughput" in scale:
            _check_throughput(name, scale["throughput"], config["networks"])
        elif any(one["from"] == "throughput.json" for one in experiments(config, name).values()):
            raise ConfigError(
                f"config: scales.{name}: 'throughput' is a required property, unless `experiments`"
                " names those of the scale without it"
            )


def _check_images(config: Mapping[str, Any], name: str) -> None:
    """Refuse to train on, and to hold out, more images than there are: else found after hours.

    Of several data sets that have too few, it names the one that allows least.
    """
    tuning = config["scales"][name].get("tuning", {"archs": {}})
    refused = []
    for dataset, arch, method in plan.trained(config, name):
        there = config["datasets"][dataset].get("train_images", LARGEST)
        settings = plan.run_settings(config, name, dataset, arch, method)
        subset = settings.get("train_subset", settings.get("batch_size", 1))
        held_out = tuning["held_out"] if arch in tuning["archs"].get(dataset, []) else 0
        if subset + held_out > there:
            too_many = subset > there or not held_out
            key, value = ("runs", subset) if too_many else ("tuning.held_out", held_out)
            most = there - (0 if too_many else subset)
            message = (
                f"config: scales.{name}.{key}: {value} images are not allowed; {dataset} has"
                f" {there}, of which {arch} is trained on {subset}; allowed: up to {most}"
            )
            refused.append((most, message))
    if refused:
        raise ConfigError(min(refused, key=lambda one: one[0])[1])


def _check_throughput(name: str, throughput: Mapping[str, Any], networks: Any) -> None:
    for key in ("archs", "modelled_archs"):
        for arch in throughput[key]:
            if "depth" not in networks[arch]:
                raise ConfigError(
                    f"config: scales.{name}.throughput.{key}: {arch} is not allowed; allowed:"
                    " networks whose line has a depth"
                )
    least = min(networks[arch]["depth"] for arch in throughput["archs"])
    if throughput["workers"] > least:
        raise ConfigError(
            f"config: scales.{name}.throughput.workers: {throughput['workers']} is not "
            f"allowed; allowed: numbers up to {least}, the least depth of its networks"
        )


def _with_names(schema: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The schema, which knows shapes alone, with the names that there are."""
    package = Path(__file__).parent
    names = {
        "dataset": list(config["datasets"]),
        "arch": list(config["networks"]),
        "method": list(config["methods"]),
        "experiment_name": list(config["experiments"]),
        "scale_name": list(config["scales"]),
        "figure": _modules(package / "figures", "style"),
        "table": _modules(package / "tables", "output"),
    }
    for kind, allowed in names.items():
        schema["$defs"][kind] = {"enum": allowed}
    return schema


def _modules(folder: Path, other: str) -> list[str]:
    return sorted({path.stem for path in folder.glob("*.py")} - {"__init__", other})


def validate(config: Any, schema: Mapping[str, Any]) -> None:
    """Check against a JSON schema; numbers must be finite and at most `LARGEST` in size.

    Raises
    ------
    ConfigError
        One line: the key's path, what is wrong, what is allowed.
    """
    error = jsonschema.exceptions.best_match(Validator(schema).iter_errors(config))
    if error:
        where = ".".join(map(str, error.absolute_path)) or "the top level"
        raise ConfigError(f"config: {where}: {_explain(error)}")
    for path, value in _leaves(config):
        # NaN passes every minimum and maximum of a schema.
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise ConfigError(
                f"config: {path}: {value} is not allowed; allowed: finite numbers up to {LARGEST}"
            )


def _explain(error: jsonschema.ValidationError) -> str:
    if error.validator == "oneOf":  # a name or a list of names: say which names
        error = next((e for e in error.context if e.validator != "type"), error.context[0])
    rule, allowed = error.validator, error.validator_value
    if rule == "additionalProperties":
        known = error.schema["properties"]
        unknown = ", ".join(repr(key) for key in error.instance if key not in known)
        return f"unknown key {unknown}; allowed: {', '.join(known)}"
    said = {
        "enum": lambda: f"one of {', '.join(map(str, allowed))}",
        "type": lambda: f"a value of type {allowed}",
        "minimum": lambda: f"numbers from {allowed} up",
        "maximum": lambda: f"numbers up to {allowed}",
        "exclusiveMinimum": lambda: f"numbers above {allowed}",
        "pattern": lambda: f"texts that match {allowed}",
    }
    if rule == "required":
        missing = next(key for key in allowed if key not in error.instance)
        known = error.schema.get("properties", {})
        others = [key for key in map(str, error.instance) if key not in known]
        if close := difflib.get_close_matches(missing, others, n=1):
            return f"unknown key {close[0]!r}; is it {missing!r}, which is missing?"
    if rule not in said:
        return error.message
    words = f"{error.instance!r} is not allowed; allowed: {said[rule]()}"
    if rule == "type" and _is_number(error.instance):
        words += " (YAML takes it for a text: write the number with a point and a sign, as 1.0e-3)"
    return words


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    # A ValueError is a date, number or character that cannot be; a RecursionError, lists in lists.
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ConfigError(
            f"config: {path} cannot be read: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"config: {path} holds no keys")
    return content


def _is_number(text: Any) -> bool:
    try:
        return isinstance(text, str) and math.isfinite(float(text))
    except ValueError:
        return False


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # in C where there is one
    """YAML in which no key stands twice: the second would win without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if key.tag != "tag:yaml.org,2002:merge" and name in seen:
                mark = f"line {key.start_mark.line + 1}"
                raise yaml.constructor.ConstructorError(None, None, f"{mark}: {name!r} twice")
            seen.add(name)
        return super().construct_mapping(node, deep)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}.{index}")
    else:
        yield path, value
