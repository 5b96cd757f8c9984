# Figures and tables: small files in, small files out, no training. Which runs feed which, and the
# captions, stand in config/experiments.yaml.


rule figure:
    input:
        runs=run_files("figures"),
        code=[source("plots/{figure}"), source("plots/style"), source("runs")],
    output:
        **figure_files(
            "{figure}_{dataset}",
            output="{figure}",
            dataset="{dataset}",
            **of_experiment("figures"),
        ),
    log:
        "logs/{scale}/figure/{figure}_{dataset}.log",
    benchmark:
        f"{BENCHMARKS}figure/{{figure}}_{{dataset}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot {wildcards.figure} --scale {wildcards.scale}"
        " --out {params.prefix} {input.runs} > {log} 2>&1"


rule table:
    input:
        runs=run_files("tables"),
        code=[
            *[source(f"tables/{name}") for name in ("{table}", "output", "accuracy")],
            source("runs"),
        ],
    output:
        **table_files(
            "{table}_{dataset}",
            output="{table}",
            dataset="{dataset}",
            **of_experiment("tables"),
        ),
    log:
        "logs/{scale}/table/{table}_{dataset}.log",
    benchmark:
        f"{BENCHMARKS}table/{{table}}_{{dataset}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table {wildcards.table} --scale {wildcards.scale}"
        " --out {params.prefix} {input.runs} > {log} 2>&1"


rule arch_figure:
    input:
        runs=run_files("figures", each_arch=True),
        code=[source("plots/{arch_figure}"), source("plots/style"), source("runs")],
    output:
        **figure_files(
            "{arch_figure}_{dataset}_{arch}",
            output="{arch_figure}",
            dataset="{dataset}",
            network="{arch}",
            **of_experiment("figures", each_arch=True),
        ),
    log:
        "logs/{scale}/figure/{arch_figure}_{dataset}_{arch}.log",
    benchmark:
        f"{BENCHMARKS}figure/{{arch_figure}}_{{dataset}}_{{arch}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot {wildcards.arch_figure}"
        " --scale {wildcards.scale} --out {params.prefix} {input.runs} > {log} 2>&1"


rule arch_table:
    input:
        runs=run_files("tables", each_arch=True),
        code=[source("tables/{arch_table}"), source("tables/output"), source("runs")],
    output:
        **table_files(
            "{arch_table}_{dataset}_{arch}",
            output="{arch_table}",
            dataset="{dataset}",
            network="{arch}",
            **of_experiment("tables", each_arch=True),
        ),
    log:
        "logs/{scale}/table/{arch_table}_{dataset}_{arch}.log",
    benchmark:
        f"{BENCHMARKS}table/{{arch_table}}_{{dataset}}_{{arch}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table {wildcards.arch_table}"
        " --scale {wildcards.scale} --out {params.prefix} {input.runs} > {log} 2>&1"


rule samples:
    input:
        data=f"{RESULTS}/{{scale}}/data/{{dataset}}.safetensors",
        code=[source("plots/samples"), source("plots/style"), source("runs")],
    output:
        **figure_files(
            "samples_{dataset}", "6 Method and data", output="samples", dataset="{dataset}"
        ),
    log:
        "logs/{scale}/figure/samples_{dataset}.log",
    benchmark:
        f"{BENCHMARKS}figure/samples_{{dataset}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot samples --scale {wildcards.scale}"
        " --out {params.prefix} {input.data} > {log} 2>&1"


rule datasets:
    input:
        data=lambda wildcards: expand(
            "{folder}/{scale}/data/{dataset}.safetensors",
            folder=RESULTS,
            scale=wildcards.scale,
            dataset=SCALES[wildcards.scale]["datasets"],
        ),
        code=[source("tables/datasets"), source("tables/output"), source("runs")],
    output:
        **table_files("datasets", "6 Method and data", output="datasets"),
    log:
        "logs/{scale}/table/datasets.log",
    benchmark:
        f"{BENCHMARKS}table/datasets.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table datasets --scale {wildcards.scale}"
        " --out {params.prefix} {input.data} > {log} 2>&1"


rule parameters:
    input:
        counts=f"{RESULTS}/{{scale}}/parameters.csv",
        code=[source("tables/parameters"), source("tables/output"), source("runs")],
    output:
        **table_files("parameters", "6 Method and data", output="parameters"),
    log:
        "logs/{scale}/table/parameters.log",
    benchmark:
        f"{BENCHMARKS}table/parameters.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table parameters --scale {wildcards.scale}"
        " --out {params.prefix} {input.counts} > {log} 2>&1"


rule learning_rates:
    input:
        tunings=lambda wildcards: tunings(wildcards.scale),
        code=[source("tables/learning_rates"), source("tables/output"), source("runs")],
    output:
        **table_files("learning_rates", "6 Method and data", output="learning_rates"),
    log:
        "logs/{scale}/table/learning_rates.log",
    benchmark:
        f"{BENCHMARKS}table/learning_rates.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table learning_rates --scale {wildcards.scale}"
        " --out {params.prefix} {input.tunings} > {log} 2>&1"


rule throughput_figure:
    input:
        measured=f"{RESULTS}/{{scale}}/throughput.json",
        code=[source("plots/throughput"), source("plots/style"), source("runs")],
    output:
        **figure_files("throughput", "6 Method and data", output="throughput"),
    log:
        "logs/{scale}/figure/throughput.log",
    benchmark:
        f"{BENCHMARKS}figure/throughput.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot throughput --scale {wildcards.scale}"
        " --out {params.prefix} {input.measured} > {log} 2>&1"


rule throughput_table:
    input:
        measured=f"{RESULTS}/{{scale}}/throughput.json",
        code=[source("tables/throughput"), source("tables/output"), source("runs")],
    output:
        **table_files("throughput", "6 Method and data", output="throughput"),
    log:
        "logs/{scale}/table/throughput.log",
    benchmark:
        f"{BENCHMARKS}table/throughput.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table throughput --scale {wildcards.scale}"
        " --out {params.prefix} {input.measured} > {log} 2>&1"


rule claims:
    input:
        claims="config/claims.yaml",
        tables=lambda wildcards: [
            path
            for path in scale_outputs(wildcards.scale, without=["claims", "costs"])
            if path.endswith(".csv")
        ],
        code=[source(f"tables/{name}") for name in ("claims", "accuracy", "output")]
        + [source("runs")],
    output:
        **table_files("claims", "1 Claims", output="claims"),
    log:
        "logs/{scale}/table/claims.log",
    benchmark:
        f"{BENCHMARKS}table/claims.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table claims --scale {wildcards.scale}"
        " --out {params.prefix} {input.claims} {input.tables} > {log} 2>&1"


rule costs:
    input:
        jobs=f"{RESULTS}/{{scale}}/jobs.csv",
        code=[source("tables/costs"), source("tables/output"), source("runs")],
    output:
        **table_files("costs", "6 Method and data", output="costs"),
    log:
        "logs/{scale}/table/costs.log",
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table costs --scale {wildcards.scale}"
        " --out {params.prefix} {input.jobs} > {log} 2>&1"
