# download -> prepare
# Neither data_files.csv nor the code that fetches is an input: a new address or message must not
# retrain everything. Each preparation compares every byte with the table's SHA-256, and that of an
# official file never changes.
import shlex


rule fetch:
    output:
        "data/receipts/{dataset}.json",
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "results/all/benchmarks/fetch/{dataset}.tsv"
    retries: 1
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
        "python -m associated_learning.commands.download --dataset {wildcards.dataset} --raw data/raw"
        " --receipt {output} --log {log} {resources.mirrors}"


rule prepare:
    input:
        receipt=branch(
            lambda wildcards: wildcards.dataset != "digits", then="data/receipts/{dataset}.json"
        ),
        code=[source("datasets"), source("commands/prepare")],
    output:
        "data/prepared/{dataset}.safetensors",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "results/all/benchmarks/prepare/{dataset}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        runtime=15,
        mem_mb=3000,
    shell:
        "python -m associated_learning.commands.prepare --dataset {wildcards.dataset} --raw data/raw"
        " --out data/prepared > {log} 2>&1"
