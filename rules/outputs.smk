# Figures and tables: small files in, small files out, no training.


rule figure_samples:
    input:
        data="data/prepared/{dataset}.safetensors",
        code=[source("plots/samples"), source("plots/style")],
    output:
        **figure_files("samples_{dataset}", "Data", dataset="{dataset}"),
    log:
        "logs/{scale}/figures/samples_{dataset}.log",
    benchmark:
        "results/{scale}/benchmarks/figures/samples_{dataset}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot samples --scale {wildcards.scale}"
        " --out {params.prefix} {input.data} > {log} 2>&1"


rule figure_curves:
    input:
        runs=accuracy_runs,
        code=[source("plots/curves"), source("plots/style"), source("runs")],
    output:
        **figure_files("curves_{dataset}", "Accuracy", dataset="{dataset}"),
    log:
        "logs/{scale}/figures/curves_{dataset}.log",
    benchmark:
        "results/{scale}/benchmarks/figures/curves_{dataset}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".pdf"),
    shell:
        "python -m associated_learning.commands.plot curves --scale {wildcards.scale}"
        " --out {params.prefix} {input.runs} > {log} 2>&1"


rule table_datasets:
    input:
        data=lambda wildcards: expand(
            "data/prepared/{dataset}.safetensors",
            dataset=CONFIG["scales"][wildcards.scale]["datasets"],
        ),
        code=[source("tables/datasets"), source("tables/output")],
    output:
        **table_files("datasets", "Data"),
    log:
        "logs/{scale}/tables/datasets.log",
    benchmark:
        "results/{scale}/benchmarks/tables/datasets.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table datasets --scale {wildcards.scale}"
        " --out {params.prefix} {input.data} > {log} 2>&1"


rule table_accuracy:
    input:
        runs=accuracy_runs,
        code=[source("tables/accuracy"), source("tables/output"), source("runs")],
    output:
        **table_files("accuracy_{dataset}", "Accuracy", dataset="{dataset}"),
    log:
        "logs/{scale}/tables/accuracy_{dataset}.log",
    benchmark:
        "results/{scale}/benchmarks/tables/accuracy_{dataset}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table accuracy --scale {wildcards.scale}"
        " --out {params.prefix} {input.runs} > {log} 2>&1"


rule table_parameters:
    input:
        code=[
            source("tables/parameters"),
            source("tables/output"),
            source("network"),
            *[source(f"architectures/{family}") for family in ("mlp", "cnn", "resnet", "vgg")],
        ],
    output:
        **table_files("parameters", "Method"),
    log:
        "logs/{scale}/tables/parameters.log",
    benchmark:
        "results/{scale}/benchmarks/tables/parameters.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
        cells=parameter_cells,
    shell:
        "python -m associated_learning.commands.table parameters --scale {wildcards.scale}"
        " --out {params.prefix} {params.cells} > {log} 2>&1"


rule table_costs:
    input:
        # All that is measured must be finished; it is the benchmarks beside it that are read.
        finished=lambda wildcards: [
            path for path in scale_outputs(wildcards.scale) if Path(path).stem != "costs"
        ],
        code=[source("tables/costs"), source("tables/output")],
    output:
        **table_files("costs", "Method"),
    log:
        "logs/{scale}/tables/costs.log",
    conda:
        "../envs/environment.yaml"
    params:
        prefix=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python -m associated_learning.commands.table costs --scale {wildcards.scale}"
        " --out {params.prefix} results/{wildcards.scale}/benchmarks > {log} 2>&1"
