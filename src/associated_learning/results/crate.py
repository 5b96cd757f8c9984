"""An archive as a research object: an RO-Crate of the Workflow Run Crate profile.

It describes the workflow, its runs with parameters, inputs and outputs, and whom to name. What
redraws an archive reads none of it. Everything comes from the files that are packed and from the
workflow, and nothing from the moment of packing. Versions are the newest that roc-validator checks.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import yaml
from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from associated_learning import places, registry
from associated_learning.errors import ArchiveError
from associated_learning.results import provenance
from associated_learning.results.current import RUN, TUNING

METADATA = "ro-crate-metadata.json"
VERSION = "1.1"
# What the description conforms to. The library itself names the last one.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
FORMATS = {".csv": "text/csv", ".json": "application/json", ".yaml": "application/yaml"}
FORMATS |= {".smk": "text/plain", "": "text/plain"}
COMMANDS = {RUN: "train", TUNING: "tune"}  # by what each writes
WORKFLOW, SETTINGS = "Snakefile", "config/scales/{scale}.yaml"
CITATION, HISTORY = "CITATION.cff", "history.csv"


def files(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """What stands in an archive beside the results: the description, and the workflow in it.

    Parameters
    ----------
    contents
        Results by name, {scale}/..., of one scale.

    Raises
    ------
    ArchiveError
        A job's file is damaged, or a file of the workflow cannot be read.
    """
    scale = min(PurePosixPath(name).parts[0] for name in contents)
    rules = (path.relative_to(places.ROOT) for path in places.ROOT.glob("rules/*.smk"))
    names = [WORKFLOW, *(path.as_posix() for path in rules), SETTINGS.format(scale=scale)]
    workflow = {name: _read(name) for name in sorted(names)}
    return workflow | {METADATA: _Description(contents, workflow, scale).written()}


def _read(name: str) -> bytes:
    try:
        return (places.ROOT / name).read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"{places.ROOT / name} cannot be read ({error.strerror}): pack in a checkout of the"
            " whole workflow"
        ) from error


class _Description:
    """The crate of one scale's results, as it grows."""

    def __init__(
        self, contents: Mapping[str, bytes], workflow: Mapping[str, bytes], scale: str
    ) -> None:
        self.contents, self.scale = contents, scale
        self.crate = ROCrate(version=VERSION)
        self.crate.metadata.extra_terms |= TERMS
        main = self.crate.add_workflow(
            dest_path=WORKFLOW, main=True, lang="snakemake", properties=self._about()
        )
        files = sorted((workflow | contents).items())
        self.parts = {name: self._part(name, content) for name, content in files}
        main["hasPart"] = [self.parts[name] for name in workflow if name.endswith(".smk")]
        self._jobs(main, self.parts[SETTINGS.format(scale=scale)])

    def written(self) -> bytes:
        """The description as JSON-LD; what there is one of stands without a list around it."""
        found = self.crate.metadata.generate()
        for entity in found["@graph"]:
            for key, value in entity.items():
                if isinstance(value, list) and len(value) == 1:
                    entity[key] = value[0]
        return json.dumps(found, indent=1, ensure_ascii=False).encode()

    def _about(self) -> dict[str, Any]:
        """Describe the whole by CITATION.cff; returns what holds of the workflow, too."""
        cited = yaml.safe_load(_read(CITATION))
        of_workflow = {
            "name": cited["title"],
            "version": cited["version"],
            "author": self._people(cited),
            "license": self._entity(
                f"https://spdx.org/licenses/{cited['license']}",
                "CreativeWork",
                name=cited["license"],
            ),
        }
        of_results = {
            "name": f"{cited['title']}: results of the scale {self.scale}",
            "description": "What the figures and tables are drawn of: metrics, histories and"
            " measurements of the runs, without weights.",
            "datePublished": str(cited["date-released"]),
            "citation": [self._cited(work) for work in cited["references"]],
            "conformsTo": [
                self._entity(url, "CreativeWork", name=name, version=url.rpartition("/")[2])
                for url, name in PROFILES.items()
            ],
        }
        for key, value in (of_workflow | of_results).items():
            self.crate.root_dataset[key] = value
        return of_workflow

    def _people(self, work: Mapping[str, Any]) -> list[Entity]:
        found = []
        for author in work["authors"]:
            if "name" in author:
                found.append(self._organisation(author["name"]))
                continue
            name = f"{author['given-names']} {author['family-names']}"
            person = self._entity(f"#{name}", "Person", name=name)
            if "affiliation" in author:
                person["affiliation"] = self._organisation(author["affiliation"])
            found.append(person)
        return found

    def _organisation(self, name: str) -> Entity:
        return self._entity(f"#{name}", "Organization", name=name)

    def _cited(self, work: Mapping[str, Any]) -> Entity:
        kind = "ScholarlyArticle" if work["type"] == "article" else "Thesis"
        return self._entity(
            work.get("url", f"#{work['type']}"),
            kind,
            name=work["title"],
            author=self._people(work),
            datePublished=str(work["year"]),
        )

    def _jobs(self, main: Entity, settings: Entity) -> None:
        """Describe the execution of the workflow, and that of each job that trained."""
        asked = self._entity("#scale", "FormalParameter", name="scale", additionalType="Text")
        given = self._parameter("scale", self.scale)
        given["exampleOfWork"], main["input"] = asked, asked
        jobs, inputs, ends = [], {}, []
        for name in sorted(self.contents):
            if command := COMMANDS.get(PurePosixPath(name).name):
                try:
                    job = json.loads(self.contents[name])
                    inputs |= {entity.id: entity for entity in self._data(job)}
                    jobs.append(self._job(command, name, job))
                except (ValueError, LookupError, TypeError, AttributeError) as error:
                    raise ArchiveError(f"{name} is damaged ({error}): make it again") from error
                ends += filter(None, [jobs[-1].get("endTime")])
        whole = self._action(
            f"#{self.scale}",
            f"snakemake {self.scale}",
            "What the scale's figures and tables read, as far as it was there when packed, and"
            " the workflow as it then was; its end is that of the last training",
            main,
            [given, settings, *inputs.values()],
            [self.parts[name] for name in sorted(self.contents)],
        )
        if ends:
            whole["endTime"] = max(ends)
        self.crate.root_dataset["mentions"] = [whole, *jobs]

    def _job(self, command: str, name: str, job: Mapping[str, Any]) -> Entity:
        folder = PurePosixPath(name).parent
        config = {key: value for key, value in job["config"].items() if value is not None}
        packages = [f"{package} {version}" for package, version in job["versions"].items()]
        code = provenance.digest(job["fingerprints"]["code"])
        tool = self._entity(
            "#" + "-".join([command, code[:12], *job["versions"].values()]),
            "SoftwareApplication",
            name=f"python -m associated_learning {command}",
            softwareVersion=code,
            softwareRequirements=packages,
        )
        hardware = ", ".join(f"{key} {value}" for key, value in job["hardware"].items())
        made = [n for n in (name, f"{folder}/{HISTORY}") if n in self.contents]
        action = self._action(
            f"#{folder}",
            " ".join([command, *folder.parts[1:]]),
            f"On {hardware}",
            tool,
            [self._parameter(*item) for item in config.items()] + self._data(job),
            [self.parts[name] for name in made],
        )
        if "ended" in job.get("times", {}):
            action["endTime"] = job["times"]["ended"]
        return action

    def _action(
        self,
        identifier: str,
        name: str,
        description: str,
        instrument: Entity,
        inputs: list[Entity],
        outputs: list[Entity],
    ) -> Entity:
        return self._entity(
            identifier,
            "CreateAction",
            name=name,
            description=description,
            instrument=instrument,
            object=inputs,
            result=outputs,
            actionStatus="http://schema.org/CompletedActionStatus",
        )

    def _data(self, job: Mapping[str, Any]) -> list[Entity]:
        """The official files of a job's data; none where what is packed does not tell them."""
        dataset = job["config"]["dataset"]
        overview = self.contents.get(f"{self.scale}/data/{dataset}.safetensors")
        if overview is None:
            return []
        header = overview[8 : 8 + int.from_bytes(overview[:8], "little")]
        known = json.loads(header)["__metadata__"]
        # Behind a comma: what a choice of learning rates held out of them.
        if known["fingerprint"] != job["fingerprints"]["data"].partition(",")[0]:
            return []
        entry = registry.datasets().get(dataset, {"files": []})
        listed = {file["path"]: file for file in entry["files"]}
        found = {}
        for path, sha256 in json.loads(known["sources"]).items():
            file = listed.get(path, {})
            if file.get("sha256") == sha256:
                entity = self._fetched(listed[file.get("archive", path)])
            else:
                entity = self._entity(f"#{path}", "CreativeWork", name=path, sha256=sha256)
            found[entity.id] = entity
        return list(found.values())

    def _fetched(self, file: Mapping[str, Any]) -> Entity:
        (url, *_), name = file["addresses"], file["path"]
        return self.crate.get(url) or self.crate.add_file(
            url,
            properties={
                "name": name,
                "contentSize": str(file["bytes"]),
                "sha256": file["sha256"],
                "encodingFormat": "application/gzip",
            },
        )

    def _part(self, name: str, content: bytes) -> Entity:
        file = self.crate.get(name) or self.crate.add_file(dest_path=name)
        file["encodingFormat"] = FORMATS.get(PurePosixPath(name).suffix, "application/octet-stream")
        file["contentSize"] = str(len(content))
        file["sha256"] = hashlib.sha256(content).hexdigest()
        return file

    def _parameter(self, name: str, value: Any) -> Entity:
        return self._entity(f"#{name}={value}", "PropertyValue", name=name, value=value)

    def _entity(self, identifier: str, kind: str, **properties: Any) -> Entity:
        """The entity of this identifier, added if it is not there."""
        if identifier.startswith("#"):
            identifier = quote(identifier, safe="#/=")
        return self.crate.get(identifier) or self.crate.add(
            ContextEntity(self.crate, identifier, {"@type": kind, **properties})
        )
