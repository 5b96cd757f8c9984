# One training: a network, a method, a data set, a seed. Its code is what decides its numbers.


rule train:
    input:
        data="data/prepared/{dataset}.safetensors",
        rate=lambda w: plan.rate(config, w.scale, w.dataset, w.arch, w.method),
        code=from_workflow(lambda wildcards: closure.run_files(wildcards.arch, wildcards.method)),
    output:
        metrics=f"{RUN}metrics.json",
        history=f"{RUN}history.csv",
        weights=f"{RUN}weights.safetensors",
    log:
        "logs/{scale}/train/{dataset}_{arch}_{method}_{variant}seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/train/{dataset}_{arch}_{method}_{variant}seed{seed}.tsv"
    priority: priority(0)
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        runtime=scale_resource("runtime"),
        mem_mb=scale_resource("mem_mb"),
        # Resources, unlike parameters, may change without a new training.
        device=config["device"],
        gpu=0 if config["device"] == "cpu" else 1,
        # Asked for before its files are removed; Snakemake's own reasons are not shown.
        anew=lambda w: places.trained_again(RUN.format_map(dict(w.items()))),
    params:
        flags=lambda w: plan.flags(
            plan.run_settings(config, w.scale, w.dataset, w.arch, w.method, w.variant)
        ),
        # Not passed on: where it changes, the run is another one.
        network=lambda wildcards: registry.network_options(wildcards.arch),
        rate=lambda wildcards, input: f"--rate-of {input.rate}" if input.rate else "",
        run=subpath(output.metrics, parent=True),
    # A killed training goes on from its checkpoint, which lies in the run's folder undeclared. exec: a
    # shell would die of a signal at once, and the job with it, before the checkpoint is written.
    shell:
        "exec python -m associated_learning train --dataset {wildcards.dataset}"
        " --arch {wildcards.arch} --method {wildcards.method} --seed {wildcards.seed} {params.flags}"
        " {params.rate} --device {resources.device} --threads {threads} --data data/prepared --out {params.run}"
        " > {log} 2>&1"


# Learning rates for a network and a method, compared on training images held out.
rule tune:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=from_workflow(lambda wildcards: closure.tuning_files(wildcards.arch, wildcards.method)),
    output:
        f"{RESULTS}/{{scale}}/{{dataset}}/{{arch}}/{{method}}/tuning.json",
    log:
        "logs/{scale}/tune/{dataset}_{arch}_{method}.log",
    benchmark:
        "results/{scale}/benchmarks/tune/{dataset}_{arch}_{method}.tsv"
    priority: priority(1)
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        runtime=scale_resource("runtime"),
        mem_mb=scale_resource("mem_mb"),
        device=config["device"],
        gpu=0 if config["device"] == "cpu" else 1,
    params:
        flags=lambda w: plan.flags(plan.tune_settings(config, w.scale, w.dataset, w.arch, w.method)),
        network=lambda wildcards: registry.network_options(wildcards.arch),
        folder=subpath(output[0], parent=True),
    shell:
        "exec python -m associated_learning tune --dataset {wildcards.dataset}"
        " --arch {wildcards.arch} --method {wildcards.method} {params.flags}"
        " --device {resources.device} --threads {threads} --data data/prepared"
        " --out {params.folder} > {log} 2>&1"
