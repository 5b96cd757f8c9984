# Figures and tables: small files in, small files out, no training. What there is says plan.py. Those
# that are there stay until others take their place (see `made`).


rule figure:
    input:
        files=from_workflow(of_output("figures", "inputs")),
        code=from_workflow(
            lambda w: closure.command_files("figure", of_output("figures", "module")(w))
        ),
    output:
        pdf=update("figures/{scale}/{figure}.pdf"),
        png=report(
            update("figures/{scale}/{figure}.png"),
            caption="../report/output.rst",
            category=of_output("figures", "category"),
            labels=of_output("figures", "labels"),
        ),
    log:
        "logs/{scale}/figure/{figure}.log",
    benchmark:
        f"{RESULTS}/{{scale}}/benchmarks/figure/{{figure}}.tsv"
    wildcard_constraints:
        scale="[^/]+",
    conda:
        "../envs/environment.yaml"
    params:
        kind=of_output("figures", "kind"),
        made=made("figures/{scale}/{figure}", "logs/{scale}/figure/{figure}.log"),
        flags=lambda wildcards: plan.output_flags(config, wildcards.scale),
        prefix=subpath(output[0], parent=True),
        # Not passed on: labels and looks, at whose change it is made anew; the rest for the report.
        entries=of_output("figures", "entries"),
        seeds=of_output("figures", "seeds"),
        caption=lambda w: closure.constant(of_output("figures", "module")(w), "CAPTION"),
    shell:
        "date +%s.%N > {log}.made;"
        " python -m associated_learning figure {params.kind} {params.flags} {input.files:q}"
        " --out {params.prefix}/{wildcards.figure} > {log} 2>&1"
        " && echo {params.made} > {log}.made"


rule table:
    input:
        files=from_workflow(of_output("tables", "inputs")),
        code=from_workflow(
            lambda w: closure.command_files("table", of_output("tables", "module")(w))
        ),
    output:
        csv=update("tables/{scale}/{table}.csv"),
        md=update("tables/{scale}/{table}.md"),
        tex=update("tables/{scale}/{table}.tex"),
        html=report(
            update("tables/{scale}/{table}.html"),
            caption="../report/output.rst",
            category=of_output("tables", "category"),
            labels=of_output("tables", "labels"),
        ),
    log:
        "logs/{scale}/table/{table}.log",
    benchmark:
        f"{RESULTS}/{{scale}}/benchmarks/table/{{table}}.tsv"
    wildcard_constraints:
        scale="[^/]+",
    conda:
        "../envs/environment.yaml"
    params:
        kind=of_output("tables", "kind"),
        made=made("tables/{scale}/{table}", "logs/{scale}/table/{table}.log"),
        flags=lambda wildcards: plan.table_flags(config, wildcards.scale),
        prefix=subpath(output[0], parent=True),
        # Not passed on: labels and looks, at whose change it is made anew; the rest for the report.
        entries=of_output("tables", "entries"),
        seeds=of_output("tables", "seeds"),
        caption=lambda w: closure.constant(of_output("tables", "module")(w), "CAPTION"),
    shell:
        "date +%s.%N > {log}.made;"
        " python -m associated_learning table {params.kind} {params.flags} {input.files:q}"
        " --out {params.prefix}/{wildcards.table} > {log} 2>&1"
        " && echo {params.made} > {log}.made"
