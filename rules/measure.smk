# What is measured: of data sets, of trained networks, and of networks to be.


rule overview:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=command_code("overview"),
    output:
        "results/{scale}/data/{dataset}.safetensors",
    log:
        "logs/{scale}/overview/{dataset}.log",
    benchmark:
        "results/{scale}/benchmarks/overview/{dataset}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=5,
        mem_mb=1000,
    shell:
        "python -m associated_learning overview --data {input.data} --out {output} > {log} 2>&1"


# Class distances at every layer of a trained network.
rule distances:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=command_code("distances", of_run=True),
    output:
        f"{RUN}distances.csv",
    log:
        "logs/{scale}/distances/{dataset}_{arch}_{method}_{variant}seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/distances/{dataset}_{arch}_{method}_{variant}seed{seed}.tsv"
    priority: priority(2)
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=120,
        mem_mb=2000,
    params:
        run=subpath(input.metrics, parent=True),
    shell:
        "python -m associated_learning distances --run {params.run} --data {input.data}"
        " --out {output} > {log} 2>&1"


# Linear classifiers of every layer of a trained network.
rule probe:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=command_code("probe", of_run=True),
    output:
        f"{RUN}probe.csv",
    log:
        "logs/{scale}/probe/{dataset}_{arch}_{method}_{variant}seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/probe/{dataset}_{arch}_{method}_{variant}seed{seed}.tsv"
    priority: priority(2)
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=240,
        mem_mb=4000,
    params:
        run=subpath(input.metrics, parent=True),
        images=lambda wildcards: plan.probe_images(config, wildcards.scale),
    shell:
        "python -m associated_learning probe --run {params.run} --data {input.data}"
        " --images {params.images} --out {output} > {log} 2>&1"


# Where images leave a trained network at the first component that is sure.
rule exits:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=command_code("exits", of_run=True),
    output:
        f"{RUN}exits.csv",
    log:
        "logs/{scale}/exits/{dataset}_{arch}_{method}_{variant}seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/exits/{dataset}_{arch}_{method}_{variant}seed{seed}.tsv"
    priority: priority(2)
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=120,
        mem_mb=6000,
    params:
        run=subpath(input.metrics, parent=True),
    shell:
        "python -m associated_learning exits --run {params.run} --data {input.data}"
        " --out {output} > {log} 2>&1"


# t-SNE of every layer of a trained network. Maps of the lowest-numbered seed alone are drawn: of others they are not kept. Seeds are numbered from 0.
rule embed:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=command_code("embed", of_run=True),
    output:
        f"{RUN}tsne.safetensors",
    log:
        "logs/{scale}/embed/{dataset}_{arch}_{method}_{variant}seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{dataset}_{arch}_{method}_{variant}seed{seed}.tsv"
    priority: priority(2)
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=240,
        mem_mb=6000,
    params:
        run=subpath(input.metrics, parent=True),
        samples=lambda wildcards: SCALES[wildcards.scale]["tsne_samples"],
        keep=lambda wildcards: "" if wildcards.seed == "0" else " --no-map",
    shell:
        "python -m associated_learning embed --run {params.run} --data {input.data}"
        " --samples {params.samples}{params.keep} --out {output} > {log} 2>&1"


rule count:
    input:
        code=from_workflow(
            lambda wildcards: closure.count_files(plan.parameter_cells(config, wildcards.scale))
        ),
    output:
        "results/{scale}/parameters.csv",
    log:
        "logs/{scale}/count/parameters.log",
    benchmark:
        "results/{scale}/benchmarks/count/parameters.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=5,
        mem_mb=1000,
    params:
        cells=lambda wildcards: plan.parameter_cells(config, wildcards.scale),
        # Not passed on: where it changes, it is counted anew.
        entries=lambda w: plan.counted_entries(config, plan.parameter_cells(config, w.scale)),
    shell:
        "python -m associated_learning count {params.cells} --out {output} > {log} 2>&1"


# How fast BP and AL train (thesis 2.2): one job, which trains networks of its own.
rule throughput:
    input:
        data=lambda w: f"data/prepared/{SCALES[w.scale]['throughput']['dataset']}.safetensors",
        code=from_workflow(
            lambda w: closure.throughput_files(SCALES[w.scale]["throughput"]["archs"])
        ),
    output:
        "results/{scale}/throughput.json",
    log:
        "logs/{scale}/throughput/measured.log",
    benchmark:
        "results/{scale}/benchmarks/throughput/measured.tsv"
    conda:
        "../envs/environment.yaml"
    # All cores, whatever it uses: another job beside it would be measured too.
    threads: lambda wildcards: workflow.cores
    resources:
        runtime=scale_resource("runtime"),
        mem_mb=scale_resource("mem_mb"),
    params:
        flags=lambda wildcards: plan.flags(SCALES[wildcards.scale]["throughput"]),
        networks=lambda w: [
            registry.network_options(arch)
            for arch in SCALES[w.scale]["throughput"]["modelled_archs"]
        ],
    shell:
        "python -m associated_learning throughput {params.flags} --data data/prepared"
        " --out {output} > {log} 2>&1"


# How long a step of each method takes, by which runs in equal time are shortened: one job.
rule steps:
    input:
        data=lambda w: expand(
            "data/prepared/{dataset}.safetensors", dataset=SCALES[w.scale]["datasets"]
        ),
        code=from_workflow(lambda w: closure.steps_files(plan.step_cells(config, w.scale))),
    output:
        "results/{scale}/steps.json",
    log:
        "logs/{scale}/steps/measured.log",
    benchmark:
        "results/{scale}/benchmarks/steps/measured.tsv"
    conda:
        "../envs/environment.yaml"
    # All cores, though one works: another job beside it would slow down one method or another.
    threads: lambda wildcards: workflow.cores
    resources:
        runtime=scale_resource("runtime"),
        mem_mb=scale_resource("mem_mb"),
        device=config["device"],
        gpu=0 if config["device"] == "cpu" else 1,
    params:
        cells=lambda wildcards: plan.step_flags(config, wildcards.scale),
    shell:
        "python -m associated_learning steps {params.cells:q} --device {resources.device}"
        " --data data/prepared --out {output} > {log} 2>&1"
