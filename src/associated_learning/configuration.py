"""The workflow's config: validated as a whole, handed out in slices, a run's at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml


class ConfigError(Exception):
    """The config is not usable; the message names the key and what is allowed."""


def load(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Join `config` with experiments.yaml and scales/*.yaml of a folder, and validate it all.

    Parameters
    ----------
    config
        What config.yaml, or the command line, says; it wins over experiments.yaml.
    folder
        Holds experiments.yaml, scales/ and schema.yaml.

    Raises
    ------
    ConfigError
        A key is unknown or missing, or a value is not allowed.
    """
    scales = {path.stem: _read(path) for path in sorted((folder / "scales").glob("*.yaml"))}
    whole = {**_read(folder / "experiments.yaml"), **config, "scales": scales}
    validate(whole, _read(folder / "schema.yaml"))
    return whole


def validate(config: Any, schema: Mapping[str, Any]) -> None:
    """Check against a JSON schema; numbers must be finite.

    Raises
    ------
    ConfigError
        One line: the key's path, what is wrong, what is allowed.
    """
    validator = jsonschema.Draft202012Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error:
        where = ".".join(map(str, error.absolute_path)) or "the top level"
        raise ConfigError(f"config: {where}: {_explain(error)}")
    for path, value in _leaves(config):
        # NaN passes every minimum and maximum.
        if isinstance(value, float) and value != value:
            raise ConfigError(f"config: {path}: nan is not a number that is allowed here")


def _explain(error: jsonschema.ValidationError) -> str:
    rule, allowed = error.validator, error.validator_value
    if rule == "additionalProperties":
        known = error.schema["properties"]
        unknown = ", ".join(repr(key) for key in error.instance if key not in known)
        return f"unknown key {unknown}; allowed: {', '.join(known)}"
    if rule == "required":
        return error.message
    said = {
        "enum": lambda: f"one of {', '.join(map(str, allowed))}",
        "type": lambda: f"a value of type {allowed}",
        "minimum": lambda: f"numbers from {allowed} up",
        "maximum": lambda: f"numbers up to {allowed}",
        "exclusiveMinimum": lambda: f"numbers above {allowed}",
        "pattern": lambda: f"texts that match {allowed}",
    }
    what = said[rule]() if rule in said else error.message
    return f"{error.instance!r} is not allowed; allowed: {what}"


def run_settings(scale: Mapping[str, Any], dataset: str, arch: str, method: str) -> dict[str, Any]:
    """Flags of the train command that a scale sets for one run; later entries win."""
    cell = {"dataset": dataset, "arch": arch, "method": method}
    settings: dict[str, Any] = {}
    for entry in scale["runs"]:
        wanted = entry.get("for", {})
        if all(
            cell[key] in (value if isinstance(value, list) else [value])
            for key, value in wanted.items()
        ):
            settings |= entry["set"]
    return settings


def flags(settings: Mapping[str, Any]) -> str:
    """Settings as flags of a command line: {"batch_size": 32, "augment": False} and so on."""
    words = []
    for key, value in settings.items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words.append(f"--{flag} {value}")
    return " ".join(words)


def _read(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"config: {path} is not YAML: {error}") from error


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}.{index}")
    else:
        yield path, value
