# What the jobs themselves cost, gathered from Snakemake's benchmarks.


rule jobs:
    input:
        # All must be finished, as it is the benchmarks beside it that are read; but a figure that is
        # drawn anew costs what it cost.
        runs=lambda wildcards: plan.run_files(config, wildcards.scale),
        finished=ancient(lambda w: plan.files(config, w.scale, with_costs=False)),
        code=command_code("jobs"),
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
        benchmarks=lambda wildcards: plan.benchmarks(config, wildcards.scale),
        # Where there is one, jobs that ran elsewhere: no input, since it is packed of what is made here.
        archive=lambda wildcards: str(places.archive(wildcards.scale)),
    shell:
        "python -m associated_learning jobs {params.benchmarks} --archive {params.archive:q}"
        " --out {output} > {log} 2>&1"
