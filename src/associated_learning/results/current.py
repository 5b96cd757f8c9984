"""Which finished runs are those that a scale asks for: its settings may have changed since."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from associated_learning import closure, plan
from associated_learning.cells import Config
from associated_learning.results.files import best_of

RUN, TUNING = "metrics.json", "tuning.json"


def others(
    config: Config, scale: str, files: Mapping[str, bytes], code: bool = True
) -> dict[str, str]:
    """Folders of finished runs and comparisons that a scale would train otherwise, and why.

    Parameters
    ----------
    config, scale
        The workflow's config, and whose runs these are.
    files
        Contents by path, {dataset}/{arch}/{method}/{run}/metrics.json or
        {dataset}/{arch}/{method}/tuning.json; others are not looked at.
    code
        Whether runs of other code are others, too.
    """
    config = {key: value for key, value in config.items() if key != "held"}
    asked = {
        str(PurePosixPath(path).parent.relative_to(f"{plan.folder(config)}/{scale}"))
        for path in plan.run_files(config, scale)
    }
    found = {}
    for path, content in files.items():
        folder, name = PurePosixPath(path).parent, PurePosixPath(path).name
        if name not in (RUN, TUNING):
            continue
        try:
            job = json.loads(content)
            if name == TUNING:
                why = _tuning(config, scale, folder, job)
            elif str(folder) not in asked:
                why = "it is not asked for"
            else:
                why = _run(config, scale, folder, job, files)
            if not why and code:
                here = closure.hashes(closure.run_files(*folder.parts[1:3]))
                why = "" if job["fingerprints"]["code"] == here else "other code"
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
            why = f"it cannot be read ({error})"
        if why:
            found[str(folder)] = why
    return found


def _run(
    config: Config, scale: str, folder: PurePosixPath, job: Any, files: Mapping[str, bytes]
) -> str:
    *cell, name = folder.parts
    settings = plan.run_settings(config, scale, *cell, name.partition("seed")[0])
    for path in plan.rate(config, scale, *cell):
        tuning = str(PurePosixPath(path).relative_to(f"{plan.folder(config)}/{scale}"))
        if tuning not in files:
            return f"{tuning} is missing, which decides its rate"
        settings["learning_rate"] = best_of(json.loads(files[tuning])["trainings"])
    return _different(settings, job["config"])


def _tuning(config: Config, scale: str, folder: PurePosixPath, job: Any) -> str:
    settings = plan.tune_settings(config, scale, *folder.parts)
    asked = {"rates": settings.pop("learning_rates"), "held_out": settings.pop("held_out")}
    there = {"rates": job["fingerprints"].get("rates"), "held_out": job["held_out"]}
    return _different(asked | settings, there | job["config"])


def _different(asked: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    words = [f"{key} {there.get(key)}" for key, value in asked.items() if there.get(key) != value]
    return f"{', '.join(words)} in place of this scale's" if words else ""
