# What the figures and tables of a scale read besides its runs, and all of it in one small file.


rule overview:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=[source("overview"), source("commands/overview")],
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
        "python -m associated_learning.commands.overview --data {input.data} --out {output}"
        " > {log} 2>&1"


rule count:
    input:
        code=[source(name) for name in ("commands/count", "runs", "network", "training")]
        + sorted(map(str, Path("src/associated_learning/architectures").glob("*.py"))),
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
        cells=parameter_cells,
    shell:
        "python -m associated_learning.commands.count {params.cells} --out {output} > {log} 2>&1"


rule jobs:
    input:
        # All must be finished, as it is the benchmarks beside it that are read; but a figure that is
        # drawn anew costs what it cost.
        runs=lambda wildcards: all_runs(wildcards.scale),
        finished=ancient(lambda wildcards: scale_outputs(wildcards.scale, without=["costs"])),
        code=source("commands/jobs"),
    output:
        "results/{scale}/jobs.csv",
    log:
        "logs/{scale}/jobs.log",
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=5,
        mem_mb=1000,
    params:
        benchmarks=benchmarks,
    shell:
        "python -m associated_learning.commands.jobs {params.benchmarks} --out {output}"
        " > {log} 2>&1"


rule archive:
    input:
        files=archived,
        code=[source("archive"), source("commands/archive")],
    output:
        "archives/{scale}.zip",
    log:
        "logs/{scale}/archive.log",
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=5,
        mem_mb=1000,
    shell:
        "python -m associated_learning.commands.archive pack {output} {input.files}"
        " --folder results > {log} 2>&1"
