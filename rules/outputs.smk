# Figures and tables: small files in, small files out, no training. What there is says plan.py.


rule figure:
    input:
        files=of_output("figures", "inputs"),
        code=lambda w: closure.command_files("figure", of_output("figures", "module")(w)),
    output:
        pdf="figures/{scale}/{figure}.pdf",
        png=report(
            "figures/{scale}/{figure}.png",
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
        flags=lambda wildcards: plan.output_flags(config, wildcards.scale),
        prefix=subpath(output[0], parent=True),
        # Not passed on: labels and looks, at whose change it is made anew; the rest for the report.
        entries=of_output("figures", "entries"),
        seeds=of_output("figures", "seeds"),
        caption=lambda w: closure.constant(of_output("figures", "module")(w), "CAPTION"),
    shell:
        "python -m associated_learning figure {params.kind} {params.flags} {input.files}"
        " --out {params.prefix}/{wildcards.figure} > {log} 2>&1"


rule table:
    input:
        files=of_output("tables", "inputs"),
        code=lambda w: closure.command_files("table", of_output("tables", "module")(w)),
    output:
        csv="tables/{scale}/{table}.csv",
        md="tables/{scale}/{table}.md",
        tex="tables/{scale}/{table}.tex",
        html=report(
            "tables/{scale}/{table}.html",
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
        flags=lambda wildcards: plan.table_flags(config, wildcards.scale),
        prefix=subpath(output[0], parent=True),
        # Not passed on: labels and looks, at whose change it is made anew; the rest for the report.
        entries=of_output("tables", "entries"),
        seeds=of_output("tables", "seeds"),
        caption=lambda w: closure.constant(of_output("tables", "module")(w), "CAPTION"),
    shell:
        "python -m associated_learning table {params.kind} {params.flags} {input.files}"
        " --out {params.prefix}/{wildcards.table} > {log} 2>&1"
