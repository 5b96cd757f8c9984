# From the official data files to every table and figure, at three scales:
#
#   download -> prepare -> train -> tables, figures -> report
#
# Which runs feed which output stands in config/experiments.yaml, how long they are in config/scales/.
configfile: "config/config.yaml"


include: "rules/common.smk"


if config["source"] == "runs":

    include: "rules/data.smk"
    include: "rules/train.smk"
    include: "rules/analysis.smk"
    include: "rules/throughput.smk"
    include: "rules/archive.smk"

else:

    include: "rules/unpack.smk"


include: "rules/outputs.smk"


report: "report/workflow.rst"


localrules:
    all,
    smoke,
    laptop,
    thesis,
    download,


rule all:
    default_target: True
    input:
        scale_outputs(config["scale"]),


rule smoke:
    input:
        scale_outputs("smoke"),


rule laptop:
    input:
        scale_outputs("laptop"),


rule thesis:
    input:
        scale_outputs("thesis"),


rule download:
    input:
        expand("data/receipts/{dataset}.json", dataset=["mnist", "cifar10", "cifar100"]),
