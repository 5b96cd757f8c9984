# How fast BP and AL train (thesis 2.2): one job, which trains networks of its own.


rule throughput:
    input:
        data="data/prepared/digits.safetensors",
        code=[
            source(name)
            for name in (
                *("throughput", "commands/throughput", "commands/train", "pipeline", "training"),
                *("network", "optimiser", "images"),
                *("architectures/__init__", "architectures/layers", "architectures/sigmoid"),
            )
        ],
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
        runtime=train_resource("runtime"),
        mem_mb=train_resource("mem_mb"),
    params:
        flags=lambda wildcards: configuration.flags(SCALES[wildcards.scale]["throughput"]),
    shell:
        "python -m associated_learning.commands.throughput {params.flags} --data data/prepared"
        " --out {output} > {log} 2>&1"
