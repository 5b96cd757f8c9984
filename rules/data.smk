# The official files, and the tensors made of them. Another way of fetching the same bytes must not
# retrain everything. Each preparation compares every byte with the SHA-256 in config/datasets/, and
# that of an official file never changes.
import shlex

FIRST = 1000  # above all that a scale orders: what is ordered first may need it


rule fetch:
    output:
        "data/receipts/{dataset}.json",
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "results/all/benchmarks/fetch/{dataset}.tsv"
    priority: FIRST
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=60,
        mem_mb=1000,
        # No parameter: another mirror is no reason to fetch, and so to train, anew.
        mirrors=shlex.join(f"--mirror={address}" for address in config["mirrors"]),
    # Raw files are no declared outputs: those put there by hand must survive a failed job.
    # Standard error stays on the terminal, where it shows the progress.
    shell:
        "python -m associated_learning download --dataset {wildcards.dataset} --raw data/raw"
        " --receipt {output} --log {log} {resources.mirrors}"


rule prepare:
    input:
        receipt=branch(
            lambda wildcards: config["datasets"][wildcards.dataset]["files"],
            then="data/receipts/{dataset}.json",
        ),
        code=from_workflow(lambda wildcards: closure.prepare_files(wildcards.dataset)),
    output:
        "data/prepared/{dataset}.safetensors",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "results/all/benchmarks/prepare/{dataset}.tsv"
    priority: FIRST
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=15,
        mem_mb=3000,
    params:
        # Not passed on: where they change, the data are prepared anew.
        facts=lambda wildcards: plan.prepared_facts(config, wildcards.dataset),
    shell:
        "python -m associated_learning prepare --dataset {wildcards.dataset} --raw data/raw"
        " --out data/prepared > {log} 2>&1"
