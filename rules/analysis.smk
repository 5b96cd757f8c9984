# What is measured in trained networks: class distances and t-SNE coordinates, small files each.


rule distances:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=[source("hidden"), source("distances"), source("commands/distances")],
    output:
        f"{RUN}distances.csv",
    log:
        "logs/{scale}/distances/{dataset}_{arch}_{method}_seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/distances/{dataset}_{arch}_{method}_seed{seed}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=120,
        mem_mb=2000,
    params:
        run=subpath(input.metrics, parent=True),
    shell:
        "python -m associated_learning.commands.distances --run {params.run} --data {input.data}"
        " --out {output} > {log} 2>&1"


rule embed:
    input:
        data="data/prepared/{dataset}.safetensors",
        metrics=f"{RUN}metrics.json",
        weights=f"{RUN}weights.safetensors",
        code=[source("hidden"), source("embedding"), source("commands/embed")],
    output:
        f"{RUN}tsne.safetensors",
    log:
        "logs/{scale}/embed/{dataset}_{arch}_{method}_seed{seed}.log",
    benchmark:
        "results/{scale}/benchmarks/embed/{dataset}_{arch}_{method}_seed{seed}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=240,
        mem_mb=6000,
    params:
        run=subpath(input.metrics, parent=True),
        samples=lambda wildcards: SCALES[wildcards.scale]["tsne_samples"],
    shell:
        "python -m associated_learning.commands.embed --run {params.run} --data {input.data}"
        " --samples {params.samples} --out {output} > {log} 2>&1"
