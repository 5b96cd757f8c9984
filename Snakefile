# From the official data files to every table and figure, at several scales:
#
#   download -> prepare -> train -> measure -> figures, tables -> report
#
# Which runs feed which output stands in config/experiments.yaml, how long they are in config/scales/.
include: "rules/places.smk"
include: "rules/common.smk"
include: "rules/made.smk"


if config["source"] == "runs":

    include: "rules/data.smk"
    include: "rules/train.smk"
    include: "rules/measure.smk"


if config["source"] != "archive":

    include: "rules/jobs.smk"


include: "rules/archive.smk"
include: "rules/outputs.smk"


# Its first page says what was found.
config["found"] = answers.found(SCALES)


report: "report/workflow.rst"


localrules:
    all,
    download,


rule all:
    default_target: True
    input:
        lambda wildcards: plan.files(config, config["scale"]),


rule download:
    input:
        expand("data/receipts/{dataset}.json", dataset=registry.downloaded()),


# One target per scale: `snakemake --cores 2 smoke` makes what config/scales/smoke.yaml describes.
for scale in SCALES:

    rule:
        name:
            scale
        input:
            lambda wildcards, scale=scale: plan.files(config, scale),
        localrule: True


# A name that is none of these, nor a file's.
rule:
    name:
        "unknown"
    input:
        lambda wildcards: refuse(failures.no_such(wildcards.name, [*SCALES, "download"])),
    output:
        "{name}",
    wildcard_constraints:
        name="[^/]+",


onstart:
    # With a limit to jobs per second, as by default, Snakemake 9 considers all that is left every second,
    # once more with every job that has ended.
    workflow.scheduler.job_rate_limiter = None


onsuccess:
    print("Figures are in figures/, tables in tables/, each by scale. One page of all: make report")


onerror:
    print(failures.describe(log, Path()))
