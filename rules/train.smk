# One training: a network, a method, a data set, a seed.


rule train:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=training_code,
    output:
        metrics=f"{RUN}metrics.json",
        history=f"{RUN}history.csv",
        weights=f"{RUN}weights.safetensors",
    log:
        "logs/{scale}/train/{dataset}_{arch}_{method}_seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{dataset}_{arch}_{method}_seed{seed}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        runtime=train_resource("runtime"),
        mem_mb=train_resource("mem_mb"),
        # Resources, unlike parameters, may change without a new training.
        device=config["device"],
        gpu=0 if config["device"] == "cpu" else 1,
    params:
        flags=train_flags,
        run=subpath(output.metrics, parent=True),
    # A killed training goes on from its checkpoint, which lies in the run's folder undeclared. exec: a
    # shell would die of a signal at once, and the job with it, before the checkpoint is written.
    shell:
        "exec python -m associated_learning.commands.train --dataset {wildcards.dataset}"
        " --arch {wildcards.arch} --method {wildcards.method} --seed {wildcards.seed} {params.flags}"
        " --device {resources.device} --threads {threads} --data data/prepared --out {params.run}"
        " > {log} 2>&1"


# Learning rates for a network and a method, compared on training images held out.
rule tune:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=lambda wildcards: training_code(wildcards)
        + [source("tuning"), source("commands/tune")],
    output:
        f"{RESULTS}/{{scale}}/{{dataset}}/{{arch}}/{{method}}/tuning.json",
    log:
        "logs/{scale}/tune/{dataset}_{arch}_{method}.log",
    benchmark:
        "results/{scale}/benchmarks/tune/{dataset}_{arch}_{method}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        runtime=train_resource("runtime"),
        mem_mb=train_resource("mem_mb"),
        device=config["device"],
        gpu=0 if config["device"] == "cpu" else 1,
    params:
        flags=tune_flags,
        folder=subpath(output[0], parent=True),
    shell:
        "exec python -m associated_learning.commands.tune --dataset {wildcards.dataset}"
        " --arch {wildcards.arch} --method {wildcards.method} {params.flags}"
        " --device {resources.device} --threads {threads} --data data/prepared"
        " --out {params.folder} > {log} 2>&1"
